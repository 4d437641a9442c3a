// Whether the function that makes a server slow is named, and nobody is accused where a server is well.
import { fileURLToPath } from 'node:url'
import type { ServerWhy } from '../../src/core/explanation.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import type { Line } from './verify.ts'

const server = fileURLToPath(new URL('../support/servers/serve-slow.ts', import.meta.url))
const guilty: Readonly<Record<string, { readonly load: LoadOptions; readonly culprit: RegExp }>> = {
  '/template': { load: { vus: 8 }, culprit: /^renderRows serve-slow.ts:\d+$/ },
  '/json': { load: { vus: 8 }, culprit: /^copyOrders serve-slow.ts:\d+$/ },
  '/hash': { load: { rate: 100 }, culprit: /^hashPassword serve-slow.ts:\d+$/ },
}
const healthy: Readonly<Record<string, LoadOptions>> = {
  '/wait': { rate: 200 },
  '/plain': { rate: 200 },
  '/little': { rate: 100 },
}
const guiltyRuns = 10
const healthyRuns = 20
const duration = 3000

async function explanationOf(path: string, options: LoadOptions): Promise<ServerWhy | undefined> {
  await using app = await serve(['node', server], { name: 'app' })
  const run = await load(`${app.url}${path}`, { duration, warmup: 500, ...options })
  return run.data.why?.[0]
}

function named(why: ServerWhy | undefined): string {
  const [first] = why?.hot ?? []
  return first ? `${first.name} ${first.file.split('/').at(-1)}:${first.line}` : (why?.loop ?? 'nothing')
}

export const whyLines: readonly Line[] = [
  {
    name: 'why-guilty',
    promise: `the function that makes a route slow is named first, with its TypeScript file and line, in ${guiltyRuns} of ${guiltyRuns} runs of each`,
    async measure() {
      const told: Record<string, string[]> = {}
      for (let run = 0; run < guiltyRuns; run++) {
        for (const [path, { load: options }] of Object.entries(guilty)) {
          told[path] = [...(told[path] ?? []), named(await explanationOf(path, options))]
        }
      }
      const right = (path: string) => told[path]?.filter((name) => guilty[path]?.culprit.test(name)).length ?? 0
      return {
        holds: Object.keys(guilty).every((path) => right(path) === guiltyRuns),
        figures: Object.keys(guilty)
          .map((path) => `${path}: ${right(path)} of ${guiltyRuns} (${[...new Set(told[path])].join(', ')})`)
          .join('; '),
      }
    },
  },
  {
    name: 'why-healthy',
    promise: `a healthy server is accused of nothing in ${healthyRuns} of ${healthyRuns} runs of each kind`,
    async measure() {
      const accused: string[] = []
      for (let run = 0; run < healthyRuns; run++) {
        for (const [path, options] of Object.entries(healthy)) {
          const why = await explanationOf(path, options)
          if (!why || why.hot.length > 0) accused.push(`${path} ${named(why)}`)
        }
      }
      const all = healthyRuns * Object.keys(healthy).length
      return { holds: accused.length === 0, figures: `${accused.length} of ${all} accused ${accused.join(', ')}` }
    },
  },
]
