// What people forget.

import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { load } from 'vitest-load'

const pause = () => setTimeout(5)
const short = { vus: 2, duration: 300 }

it('a matcher without await', () => {
  expect(load(pause, short)).toHaveNoErrors()
})

it('a run without await', async () => {
  load(pause, { ...short, name: 'never' })
})

it('a run under way', async () => {
  load(pause, { ...short, duration: '20s' }).then(() => {})
})

it('several things', async () => {
  load(pause, { ...short, name: 'one' })
  load(pause, { ...short, name: 'two' })
})

it('nothing but its own mistake', async () => {
  load(pause, short)
  throw new Error('its own mistake')
})

it.concurrent('that load runs would measure each other', async () => {
  await load(pause, short)
})

it('how options are written', async () => {
  await load(pause, { ...short, duration: '10 secs', warmup: -1 })
})
