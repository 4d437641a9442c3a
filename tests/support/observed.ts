// What an observation says of a run beside which nothing was there to be seen.
import type { Observed } from '../../src/engine/observation.ts'

export const nothingObserved: Observed = {
  servers: { servers: [], events: [], warnings: [], ended: [] },
  probes: { series: {}, warnings: [] },
  exchanges: { servers: [], warnings: [] },
  why: [],
  allocations: undefined,
  leaks: undefined,
  files: [],
}
