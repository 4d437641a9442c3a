// The least that measuring an empty function can cost: users who await it between two clock reads and record the time.
import { performance } from 'node:perf_hooks'
import { Histogram } from '../../src/core/histogram.ts'
import { readOrder, report } from './order.ts'

const { vus, warmup, duration } = readOrder<{ vus: number; warmup: number; duration: number }>()
const histogram = new Histogram()
const empty = async () => {}
let count = 0

await allUntil(performance.now() + warmup)
const before = count
const cpu = process.cpuUsage()
await allUntil(performance.now() + duration)
const { user, system } = process.cpuUsage(cpu)
report({ nanos: ((user + system) / (count - before)) * 1000 })

async function allUntil(end: number): Promise<void> {
  await Promise.all(Array.from({ length: vus }, () => userUntil(end)))
}

async function userUntil(end: number): Promise<void> {
  for (let ended = 0; ended < end; count++) {
    const sent = performance.now()
    await empty()
    ended = performance.now()
    histogram.record(ended - sent)
  }
}
