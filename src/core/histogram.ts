// A mergeable histogram of times: milliseconds in, microseconds kept, three significant digits, 1 us to 1 h.
import { build, decodeFromCompressedBase64, initWebAssemblySync, type WasmHistogram } from 'hdr-histogram-js'

initWebAssemblySync()

const highestMicros = 3_600_000_000

/**
 * A histogram as data: HdrHistogram V2 compressed base64 beside what its buckets only approximate. Times in ms. Without
 * samples (`count` 0) the rest means nothing.
 */
export interface HistogramData {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly hdr: string
}

export const emptyHistogram: HistogramData = Object.freeze({ count: 0, sum: 0, min: 0, max: 0, hdr: '' })

export class Histogram {
  readonly #hdr = build({
    useWebAssembly: true,
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestMicros,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
  }) as WasmHistogram
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Hot path: one call per sample. A time below 0 (two clocks that disagree) is kept as 0, one above 1 h as 1 h. */
  record(ms: number): void {
    const time = Math.max(ms, 0)
    const micros = Math.round(time * 1000)
    this.#hdr.recordValue(Math.min(micros, highestMicros))
    this.#count++
    this.#sum += time
    if (time < this.#min) this.#min = time
    if (time > this.#max) this.#max = time
  }

  add(data: HistogramData): void {
    if (data.count === 0) return
    const other = decodeFromCompressedBase64(data.hdr, 32, true) as WasmHistogram
    this.#add(other, data)
    other.destroy()
  }

  /** The same without the detour over data, which takes many times as long. */
  addLive(other: Histogram): void {
    this.#add(other.#hdr, { count: other.#count, sum: other.#sum, min: other.#min, max: other.#max })
  }

  toData(): HistogramData {
    if (this.#count === 0) return emptyHistogram
    const hdr = this.#hdr.encodeIntoCompressedBase64()
    return { count: this.#count, sum: this.#sum, min: this.#min, max: this.#max, hdr }
  }

  reset(): void {
    this.#hdr.reset()
    this.#count = 0
    this.#sum = 0
    this.#min = Number.POSITIVE_INFINITY
    this.#max = 0
  }

  #add(hdr: WasmHistogram, { count, sum, min, max }: Omit<HistogramData, 'hdr'>): void {
    if (count === 0) return
    this.#hdr.add(hdr)
    this.#count += count
    this.#sum += sum
    this.#min = Math.min(this.#min, min)
    this.#max = Math.max(this.#max, max)
  }

  /** WebAssembly memory is not garbage collected: whoever makes a histogram destroys it. */
  destroy(): void {
    this.#hdr.destroy()
  }
}

export function mergeHistograms(parts: readonly HistogramData[]): HistogramData {
  const filled = parts.filter((part) => part.count > 0)
  if (filled.length <= 1) return filled[0] ?? emptyHistogram
  const sum = new Histogram()
  for (const part of filled) sum.add(part)
  const data = sum.toData()
  sum.destroy()
  return data
}

/** Of histograms that are still being filled. */
export function mergeLive(parts: readonly Histogram[]): HistogramData {
  const sum = new Histogram()
  for (const part of parts) sum.addLive(part)
  const data = sum.toData()
  sum.destroy()
  return data
}
