// What the times at which requests arrived say about the pace that was kept: arithmetic only.

/** Times in ms. */
export interface Pace {
  /** Per second. */
  readonly rate: number
  /** Behind an even grid of the asked rate that is laid so that nothing is early. */
  readonly late50: number
  readonly late99: number
  readonly lateMax: number
  /** Arrivals in the fullest 10 ms over those in a mean 10 ms. */
  readonly fullest: number
}

export interface Span {
  /** Asked, per second. */
  readonly rate: number
  /** From the first arrival on. */
  readonly from: number
  readonly duration: number
}

const bin = 10

export function paceOf(arrivals: readonly number[], { rate, from, duration }: Span): Pace {
  const start = (arrivals[0] ?? Number.NaN) + from
  const times = arrivals.filter((time) => time >= start && time < start + duration)
  if (times.length === 0) throw new Error('nothing arrived')
  const behind = times.map((time, index) => time - (index * 1000) / rate)
  const earliest = behind.reduce((least, time) => Math.min(least, time))
  const lateness = behind.map((time) => time - earliest).sort((a, b) => a - b)
  const at = (q: number) => lateness[Math.ceil(q * lateness.length) - 1] as number
  return {
    rate: (times.length / duration) * 1000,
    late50: at(0.5),
    late99: at(0.99),
    lateMax: at(1),
    fullest: fullestBin(times, start, duration) / ((times.length * bin) / duration),
  }
}

function fullestBin(times: readonly number[], start: number, duration: number): number {
  const counts = new Array<number>(Math.ceil(duration / bin)).fill(0)
  for (const time of times) {
    const index = Math.floor((time - start) / bin)
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts.reduce((most, count) => Math.max(most, count))
}
