// What a generator is told to do, and the window in which it measures itself.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Times in ms. */
export interface Order {
  readonly url: string
  readonly connections: number
  /** Per second; without it as many as possible. */
  readonly rate?: number
  readonly warmup: number
  readonly duration: number
}

export function readOrder<Given = Order>(): Given {
  return JSON.parse(process.argv[2] ?? '') as Given
}

/** Prints the figures as the last line, and ends whatever is still under way. */
export function report(figures: Readonly<Record<string, number>>): never {
  console.log(JSON.stringify(figures))
  process.exit()
}

/** CPU time of all threads from now on. @param before what was done until now @returns reports it, told what was done then */
export function openWindow(before: number): (count: number) => never {
  const start = performance.now()
  const cpu = process.cpuUsage()
  return (count) => {
    const { user, system } = process.cpuUsage(cpu)
    const done = count - before
    report({ cpu: (user + system) / done, rate: (done / (performance.now() - start)) * 1000 })
  }
}

export async function reportWindow({ warmup, duration }: Order, count: () => number): Promise<never> {
  await sleep(warmup)
  const close = openWindow(count())
  await sleep(duration)
  return close(count())
}
