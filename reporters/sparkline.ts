// A series as a line of small bars, from 0 to its peak.

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One bar for each stretch of the values, as high as its highest; at most `width` of them. Empty without values. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length)
  const peak = Math.max(0, ...values)
  const stretches = Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => Math.floor((edge * values.length) / count))
    return Math.max(...values.slice(from, to))
  })
  return stretches.map((value) => bars[peak > 0 ? Math.round((Math.max(0, value) / peak) * 7) : 0]).join('')
}
