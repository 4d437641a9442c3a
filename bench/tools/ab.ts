// How ApacheBench is called and read.

import { numberIn, runTool } from '../child.ts'
import type { Sample } from '../comparison.ts'
import type { Order } from '../generators/order.ts'

export async function runAb({ url, connections, duration }: Order): Promise<Sample> {
  // A time alone ends after 50,000 requests.
  const args = ['-q', '-k', '-c', String(connections), '-t', String(Math.round(duration / 1000)), '-n', '100000000']
  const { stdout, cpuMicros } = await runTool(['ab', ...args, `${url}/`])
  const requests = numberIn(stdout, /Complete requests:\s+(\d+)/)
  if (/Non-2xx/.test(stdout) || numberIn(stdout, /Keep-Alive requests:\s+(\d+)/) < requests)
    throw new Error(`ab had errors:\n${stdout}`)
  return {
    cpu: cpuMicros / requests,
    rate: numberIn(stdout, /Requests per second:\s+([\d.]+)/),
    p50: numberIn(stdout, /50%\s+(\d+)/),
    p95: numberIn(stdout, /95%\s+(\d+)/),
    p99: numberIn(stdout, /99%\s+(\d+)/),
    max: numberIn(stdout, /100%\s+(\d+)/),
  }
}
