// The machine-wide lock between real processes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { holdMachineLock } from '../../src/engine/machine-lock.ts'

process.env.VITEST_LOAD_LOCK = `vitest-load-lock-test-${process.pid}`

// Takes the lock, says so, and lets go of it or ends when told to.
const script = `
  import { holdMachineLock } from ${JSON.stringify(new URL('../../src/engine/machine-lock.ts', import.meta.url).href)}
  const lock = await holdMachineLock({ onWait: (pid) => console.log('waits for ' + pid) })
  console.log('holds')
  process.stdin.once('data', () => {
    lock[Symbol.dispose]()
    console.log('released')
    process.stdin.once('data', () => process.exit())
  })
`
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

interface OtherProcess {
  readonly pid: number
  /** The next line that it prints. */
  says(): Promise<string>
  tell(): void
  kill(): void
}

function otherProcess(): OtherProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid as number,
    says: async () => (await lines.next()).value ?? '',
    tell: () => child.stdin.write('\n'),
    kill: () => child.kill('SIGKILL'),
  }
}

async function holder(): Promise<OtherProcess> {
  const other = otherProcess()
  expect(await other.says()).toBe('holds')
  return other
}

/** Asks for the lock here, and tells whether it was got. */
function ask(options: { readonly signal?: AbortSignal } = {}) {
  const pids: string[] = []
  const waiting = Promise.withResolvers<string>()
  const onWait = (pid: string) => {
    pids.push(pid)
    waiting.resolve(pid)
  }
  const asked = { got: false, pids, waiting: waiting.promise, lock: holdMachineLock({ ...options, onWait }) }
  asked.lock.then(
    () => {
      asked.got = true
    },
    () => {},
  )
  return asked
}

it('is got at once when nobody holds it, again and again', async () => {
  for (let round = 0; round < 3; round++) {
    const { pids, lock } = ask()
    ;(await lock)[Symbol.dispose]()
    expect(pids).toEqual([])
  }
})

it('waits until the other process lets go, and says once for whom', async () => {
  const other = await holder()
  const here = ask()
  expect(await here.waiting).toBe(String(other.pid))
  await sleep(50)
  expect(here.got).toBe(false)
  other.tell()
  expect(await other.says()).toBe('released')
  const lock = await here.lock
  expect(here.pids).toEqual([String(other.pid)])

  const third = otherProcess()
  expect(await third.says()).toBe(`waits for ${process.pid}`)
  lock[Symbol.dispose]()
  expect(await third.says()).toBe('holds')
})

it('waits until the other process is killed', async () => {
  const other = await holder()
  const here = ask()
  await here.waiting
  other.kill()
  ;(await here.lock)[Symbol.dispose]()
})

it('goes to one of several that wait, then to the next', async () => {
  const other = await holder()
  const waiting = [otherProcess(), otherProcess()]
  for (const next of waiting) expect(await next.says()).toBe(`waits for ${other.pid}`)
  other.kill()
  const got = waiting.map(async (next) => ({ next, said: await next.says() }))
  const first = await Promise.race(got)
  expect(first.said).toBe('holds')
  first.next.kill()
  expect((await Promise.all(got)).map(({ said }) => said)).toEqual(['holds', 'holds'])
})

it('is given up by who is aborted while waiting, and only by them', async () => {
  const other = await holder()
  const controller = new AbortController()
  const impatient = ask({ signal: controller.signal })
  const patient = ask()
  await Promise.all([impatient.waiting, patient.waiting])
  controller.abort(new Error('the test timed out'))
  await expect(impatient.lock).rejects.toMatchObject({
    name: 'LoadTestError',
    code: 'aborted',
    message: 'load(): stopped before anything was sent: the test timed out',
  })
  expect(patient.got).toBe(false)
  other.kill()
  ;(await patient.lock)[Symbol.dispose]()
})

it('is not waited for by who is aborted before', async () => {
  await expect(holdMachineLock({ signal: AbortSignal.abort('no') })).rejects.toMatchObject({ code: 'aborted' })
})

it('is shared inside a process, until the last one lets go', async () => {
  const [first, second] = await Promise.all([holdMachineLock(), holdMachineLock()])
  const third = ask()
  await third.lock
  expect(third.pids).toEqual([])
  const other = otherProcess()
  expect(await other.says()).toBe(`waits for ${process.pid}`)
  let got = false
  const said = other.says().then((line) => {
    got = true
    return line
  })
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  ;(await third.lock)[Symbol.dispose]()
  await sleep(50)
  expect(got).toBe(false)
  second[Symbol.dispose]()
  expect(await said).toBe('holds')
})

it('can be taken again in the moment it was let go', async () => {
  const lock = await holdMachineLock()
  lock[Symbol.dispose]()
  const again = ask()
  ;(await again.lock)[Symbol.dispose]()
  expect(again.pids).toEqual([])
})
