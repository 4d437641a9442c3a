// How Artillery is called and read.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../child.ts'
import type { Sample } from '../comparison.ts'
import type { Order } from '../generators/order.ts'

/** About what it sends a second at most: a closed run of it has a number of requests instead of a duration. */
const requestsPerSecond = 2000
const request = { get: { url: '/' } }

interface Aggregate {
  readonly counters: Readonly<Record<string, number>>
  readonly summaries: Readonly<Record<string, Readonly<Record<'p50' | 'p95' | 'p99' | 'max', number>>>>
}

/** What its start costs is measured apart and taken off: it is much, and says nothing about requests. */
export async function runArtillery({ url, connections, rate, duration }: Order): Promise<Sample> {
  const seconds = Math.round(duration / 1000)
  const boot = await run(url, { phase: { duration: 1, arrivalCount: 1 }, flow: [request] })
  const count = Math.ceil((requestsPerSecond * seconds) / connections)
  const { aggregate, cpuMicros } =
    rate === undefined
      ? await run(url, { phase: { duration: 1, arrivalCount: connections }, flow: [{ loop: [request], count }] })
      : await run(url, { phase: { duration: seconds, arrivalRate: rate }, flow: [request] })
  const requests = aggregate.counters['http.codes.200'] ?? 0
  if (requests !== aggregate.counters['http.requests']) throw new Error('Artillery had errors')
  const times = aggregate.summaries['http.response_time']
  return {
    cpu: (cpuMicros - boot.cpuMicros) / (requests - 1),
    ...(times ? { p50: times.p50, p95: times.p95, p99: times.p99, max: times.max } : {}),
  }
}

async function run(target: string, { phase, flow }: { phase: object; flow: readonly object[] }) {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-load-bench-'))
  try {
    const [script, output] = [join(folder, 'script.json'), join(folder, 'report.json')]
    writeFileSync(script, JSON.stringify({ config: { target, phases: [phase] }, scenarios: [{ flow }] }))
    const quiet = ['env', 'ARTILLERY_DISABLE_TELEMETRY=true']
    const { cpuMicros } = await runTool([...quiet, 'artillery', 'run', '--quiet', '--output', output, script])
    const { aggregate } = JSON.parse(readFileSync(output, 'utf8')) as { aggregate: Aggregate }
    return { aggregate, cpuMicros }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
