// How k6 is called and read.
import { fileURLToPath } from 'node:url'
import { runTool } from '../child.ts'
import type { Sample } from '../comparison.ts'
import type { Order } from '../generators/order.ts'

const script = fileURLToPath(new URL('./k6-script.js', import.meta.url))

/** What its start costs is measured apart and taken off: it is much, and says nothing about requests. */
export async function runK6({ url, connections, rate, duration }: Order): Promise<Sample> {
  const seconds = duration / 1000
  const boot = await run({ URL: url, ONCE: '1' })
  const { figures, cpuMicros } = await run({
    URL: url,
    CONNECTIONS: String(connections),
    SECONDS: String(seconds),
    ...(rate === undefined ? {} : { RATE: String(rate) }),
  })
  const { requests = 0, failed = 0, ...times } = figures
  if (failed > 0) throw new Error(`k6 had ${failed} errors`)
  return { cpu: (cpuMicros - boot.cpuMicros) / (requests - 1), rate: requests / seconds, ...times }
}

async function run(env: Readonly<Record<string, string>>) {
  const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const { stdout, cpuMicros } = await runTool(['k6', 'run', '--quiet', '--no-usage-report', ...settings, script])
  return { figures: JSON.parse(stdout.slice(stdout.indexOf('{'))) as Sample, cpuMicros }
}
