// What servers and the generator used of the machine during a run.

/** Times in ms from the measured start; CPU in percent of one core over the time since the sample before. */
export interface UsageSample {
  readonly at: number
  readonly cpuPercent: number
  readonly rssBytes: number
}

/** One server with its process tree. Only samples inside the measured time; none means: nothing is known. */
export interface ServerUsage {
  readonly name: string
  readonly pid: number
  readonly samples: readonly UsageSample[]
}

/** Whether the generator could keep up, read in the thread that sent the load. Times in ms. */
export interface GeneratorUsage {
  /** Of the generator's process. */
  readonly samples: readonly UsageSample[]
  /** How late timers of its event loop were. */
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Share of the time in which its event loop was busy, 0 to 1. */
  readonly utilization: number
  /** It ran on the same event loop as the server under test: each stall hides the other's. */
  readonly sharesLoop: boolean
  /** For how long the machine or its process was suspended; absent in a run recorded before that was watched. */
  readonly suspended?: number
}

/** When the machine or the generator's process stood still. Times in ms. */
export interface Suspensions {
  readonly count: number
  /** All together. */
  readonly total: number
  /** When the first began, from the measured start; 0 without any. */
  readonly first: number
}

export interface Usage {
  readonly servers: readonly ServerUsage[]
  readonly generator: GeneratorUsage
}

export interface Summary {
  readonly mean: number
  readonly max: number
}

/** Mean and peak of a series; undefined without samples, because nothing known is not 0. */
export function summarize(samples: readonly UsageSample[], key: 'cpuPercent' | 'rssBytes'): Summary | undefined {
  if (samples.length === 0) return undefined
  const values = samples.map((sample) => sample[key])
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, max: Math.max(...values) }
}

const mostSamples = 600

/** At most 600 samples: neighbours are joined, mean CPU and peak memory, until they fit. */
export function fitSamples(samples: readonly UsageSample[]): readonly UsageSample[] {
  return samples.length <= mostSamples ? samples : fitSamples(joinPairs(samples))
}

function joinPairs(samples: readonly UsageSample[]): UsageSample[] {
  return Array.from({ length: Math.ceil(samples.length / 2) }, (_, index) => {
    const [first, second] = samples.slice(index * 2, index * 2 + 2) as [UsageSample, UsageSample | undefined]
    if (!second) return first
    return {
      at: second.at,
      cpuPercent: (first.cpuPercent + second.cpuPercent) / 2,
      rssBytes: Math.max(first.rssBytes, second.rssBytes),
    }
  })
}
