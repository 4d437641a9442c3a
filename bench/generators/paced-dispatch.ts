// Bare undici at a rate: every millisecond all that is due, each on a free client.
import { performance } from 'node:perf_hooks'
import { setInterval } from 'node:timers'
import { DispatchSender } from './dispatch-sender.ts'
import { readOrder, reportWindow } from './order.ts'

/** With all of them busy what is due waits for the next tick: one late tick must not open thousands. */
const mostClients = 1000

const order = readOrder()
const perMs = (order.rate as number) / 1000
const start = performance.now()
const free: DispatchSender[] = []
let clients = 0
let sent = 0
let count = 0

const answered = (sender: DispatchSender) => {
  count++
  free.push(sender)
}

setInterval(() => {
  const due = Math.floor((performance.now() - start) * perMs)
  while (sent < due && (free.length > 0 || clients < mostClients)) {
    const sender = free.pop() ?? grow()
    sender.send()
    sent++
  }
}, 1)
await reportWindow(order, () => count)

function grow(): DispatchSender {
  clients++
  return new DispatchSender(order.url, answered)
}
