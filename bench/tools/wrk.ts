// How wrk is called and read.

import { numberIn, runTool } from '../child.ts'
import type { Sample } from '../comparison.ts'
import type { Order } from '../generators/order.ts'

export async function runWrk({ url, connections, duration }: Order): Promise<Sample> {
  const args = ['-t1', `-c${connections}`, `-d${Math.round(duration / 1000)}s`, '--latency', `${url}/`]
  const { stdout, cpuMicros } = await runTool(['wrk', ...args])
  if (/Non-2xx|Socket errors: (?!connect 0, read 0, write 0)/.test(stdout))
    throw new Error(`wrk had errors:\n${stdout}`)
  const requests = numberIn(stdout, /(\d+) requests in/)
  return {
    cpu: cpuMicros / requests,
    rate: numberIn(stdout, /Requests\/sec:\s*([\d.]+)/),
    p50: milliseconds(stdout, /50%\s+([\d.]+)(us|ms|s)/),
    // It prints no p95.
    p99: milliseconds(stdout, /99%\s+([\d.]+)(us|ms|s)/),
    max: milliseconds(stdout, /Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/),
  }
}

const inMs = { us: 0.001, ms: 1, s: 1000 } as const

function milliseconds(text: string, pattern: RegExp): number {
  const unit = pattern.exec(text)?.[2] as keyof typeof inMs
  return numberIn(text, pattern) * inMs[unit]
}
