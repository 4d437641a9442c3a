// What ends a run early.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import { createStopper } from '../../../src/engine/stopper.ts'

const options = { name: 'home', duration: 3000, warmup: 0, gracefulStop: 500 } as const
const plan = planLoad('http://127.0.0.1:3000/', options, defaultSettings)
const impatient = { ...plan, deadline: 200 }

it('does not end a run by itself', () => {
  using stopper = createStopper(plan, [undefined, new AbortController().signal])
  stopper.begin()
  expect(stopper.signal.aborted).toBe(false)
})

it.each([0, 1])('ends it with the reason of signal %i', (index) => {
  const controllers = [new AbortController(), new AbortController()] as const
  using stopper = createStopper(
    plan,
    controllers.map(({ signal }) => signal),
  )
  controllers[index]?.abort('the test timed out')
  expect(stopper.signal.reason).toBe('the test timed out')
})

it('ends it before it began when a signal was aborted before', () => {
  using stopper = createStopper(plan, [AbortSignal.abort('too late')])
  expect(stopper.signal.reason).toBe('too late')
})

it('ends it on demand; the first reason stands', () => {
  using stopper = createStopper(plan, [])
  stopper.stop('a limit was crossed')
  stopper.stop('another')
  expect(stopper.signal.reason).toBe('a limit was crossed')
})

it('ends it when its deadline has passed, and says what the plan was', async () => {
  using stopper = createStopper(impatient, [])
  stopper.begin()
  await aborted(stopper.signal)
  expect(stopper.signal.reason).toMatchObject({
    code: 'deadline-passed',
    message: '"home" had not ended after 0.2 s (warm-up 0 s, load 3 s, graceful stop 0.5 s)',
  })
})

it('counts the deadline from the beginning of the load, and not after the end', async () => {
  const waiting = createStopper(impatient, [])
  const over = createStopper(impatient, [])
  over.begin()
  over[Symbol.dispose]()
  await sleep(60)
  expect([waiting.signal.aborted, over.signal.aborted]).toEqual([false, false])
  waiting[Symbol.dispose]()
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
