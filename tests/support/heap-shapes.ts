// Heaps after forced collections as servers have them: healthy ones that grow for a while, and leaks; simulated, seeded.

/** Live bytes at a time, as a share of what the idle server holds; the time as a share of the run that was planned. */
type Shape = (time: number) => number

/** Draws one server of a kind. */
export type Draw = (random: () => number) => Shape

export interface Noise {
  /** Standard deviation as a share of the heap. */
  readonly share: number
  /** How much of the deviation is still there at the next sample (an AR(1) process). */
  readonly kept: number
}

export interface HeapSamples {
  readonly at: readonly number[]
  readonly bytes: readonly number[]
  readonly requests: readonly number[]
}

/** None of these leaks. A cache is full before 90 % of the run: one that fills until its end looks like a leak to anybody. */
export const healthy = {
  flat: () => () => 1,
  /** Keys drawn from a set: the fuller the cache, the rarer a miss. */
  'cache of popular keys': (random) => {
    const size = between(random, 0.2, 3)
    const constant = between(random, 0.02, 0.25)
    return (time) => 1 + size * (1 - Math.exp(-time / constant))
  },
  /** Every key new: it fills evenly, then each entry replaces another. */
  'cache of unique keys': (random) => {
    const size = between(random, 0.2, 3)
    const full = between(random, 0.05, 0.9)
    return (time) => 1 + size * Math.min(1, time / full)
  },
  /** Code and feedback of functions as they get warm; some of it is thrown away again. */
  'JIT warm-up': (random) => {
    const size = between(random, 0.05, 0.3)
    const constant = between(random, 0.03, 0.2)
    const flushed = between(random, 0.35, 1)
    const less = between(random, 0, 0.03)
    return (time) => 1 + size * (1 - Math.exp(-time / constant)) - (time > flushed ? less : 0)
  },
  /** As many buffers as there were ever requests at once. */
  'buffer pool': (random) => {
    const each = between(random, 0.005, 0.03)
    const tops: { readonly time: number; readonly most: number }[] = []
    // A peak in 1,000 moments of the planned run, and in as many of each extension.
    for (let moment = 0, most = 0; moment < 8000; moment++) {
      const inFlight = Math.round(20 + 4 * normal(random))
      if (inFlight > most) {
        most = inFlight
        tops.push({ time: moment / 1000, most })
      }
    }
    return (time) => 1 + each * (tops.findLast((top) => top.time <= time)?.most ?? 0)
  },
  /** Batches that are collected and sent. */
  'sawtooth of batches': (random) => {
    const size = between(random, 0.02, 0.3)
    const period = between(random, 0.03, 0.25)
    const phase = random()
    return (time) => 1 + size * ((time / period + phase) % 1)
  },
} satisfies Record<string, Draw>

/** @param growth of the settled heap, as a share, over the part of the run that is judged */
export const leaks = {
  'an object per request': (random) => grown(random, (time) => time),
  /** The array behind them is enlarged by half each time. */
  listeners: (random) => grown(random, (time, seed) => 0.8 * time + 0.2 * capacity(time, 1.5, seed)),
  /** A hash table doubles. */
  'closures in a Map': (random) => grown(random, (time, seed) => 0.7 * time + 0.3 * capacity(time, 2, seed)),
  /** In steps: each tick of an interval sets as many. */
  timers: (random) => grown(random, (time) => Math.floor(time * 50) / 50),
  /** Few and large, at any time: 200 over the run. */
  sockets: (random) => {
    const times: number[] = []
    for (let time = 0; time < 8; time += -Math.log(1 - random()) / 200) times.push(time)
    return grown(random, (time) => times.filter((each) => each <= time).length / 200)
  },
} satisfies Record<string, (random: () => number) => (growth: number) => Shape>

/** Beside the leak the server warms up as healthy ones do. Before the judged part a leak has grown for 3/7 of it. */
function grown(random: () => number, course: (time: number, seed: number) => number) {
  const warm = between(random, 0.02, 0.2)
  const constant = between(random, 0.02, 0.1)
  const seed = random()
  return (growth: number): Shape => {
    // Level at 0.3 is 1 + warm + 0.3 c; it grows by 0.7 c, which shall be `growth` of it.
    const rate = (growth * (1 + warm)) / (0.7 - 0.3 * growth)
    return (time) => 1 + warm * (1 - Math.exp(-time / constant)) + rate * course(time, seed)
  }
}

/** What a growing table has room for; where between two sizes it stands at the start is drawn. */
function capacity(time: number, factor: number, seed: number): number {
  const scale = 0.05 * factor ** seed
  return time <= 0 ? 0 : scale * factor ** Math.ceil(Math.log(time / scale) / Math.log(factor))
}

interface Sampling {
  /** Of the idle server. */
  readonly bytes: number
  readonly every: number
  readonly noise: Noise
  /** In the run as planned; more are taken when it is extended. */
  readonly planned: number
}

/** The samples of a server as long as anybody wants to look: `take(n)` gives the first n. */
export function sampled(shape: Shape, random: () => number, { bytes, every, noise, planned }: Sampling) {
  const all: { at: number; bytes: number }[] = []
  let deviation = normal(random)
  return (count: number): HeapSamples => {
    while (all.length < count) {
      const at = (all.length + between(random, -0.1, 0.1)) * every
      const level = shape(Math.max(0, at / ((planned - 1) * every)))
      all.push({ at, bytes: Math.round(bytes * level * (1 + noise.share * deviation)) })
      deviation = noise.kept * deviation + Math.sqrt(1 - noise.kept ** 2) * normal(random)
    }
    const taken = all.slice(0, count)
    return {
      at: taken.map(({ at }) => at),
      bytes: taken.map(({ bytes }) => bytes),
      requests: taken.map(({ at }) => Math.max(0, Math.round(at / 5))),
    }
  }
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function between(random: () => number, least: number, most: number): number {
  return least + (most - least) * random()
}
