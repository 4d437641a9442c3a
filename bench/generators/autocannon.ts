// Bare autocannon: nothing listens to its answers, and it aggregates nothing.
import type { EventEmitter } from 'node:events'
import autocannon from 'autocannon'
import { openWindow, readOrder } from './order.ts'

const { url, connections, warmup, duration } = readOrder()
/** Never reached: its own sampling would set the counter back. */
const never = 1_000_000
// The package's types do not know what a tick tells.
const run: EventEmitter = autocannon(
  { url, connections, duration: never, sampleInt: never * 1000, skipAggregateResult: true },
  // With a callback it returns what its ticks are told on.
  () => {},
)
const first = warmup / 1000
const last = first + duration / 1000
let ticks = 0
let close: ReturnType<typeof openWindow>

// Told once a second: it has counted anyway, so that this costs nothing per request.
run.on('tick', ({ counter }: { counter: number }) => {
  ticks++
  if (ticks === first) close = openWindow(counter)
  else if (ticks === last) close(counter)
})
run.on('reqError', (error) => {
  throw error
})
