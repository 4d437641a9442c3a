// Where options belong, for whoever gave one to another call.
import { requestKeys } from './http-request.ts'
import { leakOptionNames } from './leak.ts'
import { loadOptionNames } from './load-options.ts'
import { metricKeys } from './metric.ts'
import { usageKinds } from './usage.ts'

export const serveOptionNames = [
  ...['ready', 'readyTimeout', 'env', 'cwd', 'port', 'name', 'relay', 'instances', 'signal'],
] as const
export const pluginOptionNames = [
  ...['name', 'include', 'setupFiles', 'globalSetup', 'run', 'baseUrl', 'allowHosts', 'maxErrorRate', 'inconclusive'],
  'outputDir',
] as const

interface Place {
  readonly names: readonly string[]
  readonly belongs: (name: string) => string
}

const places: readonly Place[] = [
  { names: serveOptionNames, belongs: () => 'belongs to serve()' },
  { names: loadOptionNames, belongs: () => 'belongs to load()' },
  { names: pluginOptionNames, belongs: () => 'belongs to loadTesting() in vitest.config.ts' },
  { names: leakOptionNames, belongs: (name) => `belongs into leaks: { ${name}: ... }` },
  { names: metricKeys, belongs: (name) => `belongs into limits: { ${name}: ... }` },
  { names: ['series'], belongs: () => "belongs into limits: { series: { 'pool.waiting': { max: 0 } } }" },
  { names: Object.keys(usageKinds), belongs: (name) => `belongs into limits: { series: { ${name}: { max: ... } } }` },
  { names: ['method'], belongs: () => 'belongs to the request: http.post(url), http.put(url) and so on' },
  { names: requestKeys, belongs: (name) => `belongs to the request: http.post(url, { ${name}: ... })` },
  { names: ['strict'], belongs: () => 'belongs to toMeet(limits, { strict: true })' },
]

/** Undefined where no call knows it. */
export function whereItBelongs(name: string): string | undefined {
  return places.find(({ names }) => names.includes(name))?.belongs(name)
}
