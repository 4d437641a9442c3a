// What happened when: at most 600 rows from a second wide, all widths doubled whenever they are full.
import { emptyHistogram, Histogram, type HistogramData, mergeHistograms } from './histogram.ts'
import { Standstills } from './standstill.ts'

export interface TimelineRow {
  /** Iterations that were due in this row (open) or sent (closed). */
  readonly due: number
  /** Iterations that ended in this row, by how; `dropped` ones were due in it. */
  readonly ok: number
  readonly failed: number
  readonly timedOut: number
  readonly unfinished: number
  readonly dropped: number
  readonly latency: HistogramData
  readonly censoredLatency: HistogramData
}

/** Row n covers n * width to (n + 1) * width ms from the measured start. The last row may be shorter. */
export interface TimelineData {
  readonly width: number
  readonly rows: readonly TimelineRow[]
}

const mostRows = 600
const noCounts = { due: 0, ok: 0, failed: 0, timedOut: 0, unfinished: 0, dropped: 0 }

export class Timeline {
  /** When work was under way and nothing completed. */
  readonly standstills: Standstills
  readonly #start: number
  #width = 1000
  #rows: TimelineRow[] = []
  /** The same rows in pairs, as far as they are merged: one pair per row, because 300 at once would halt the load. */
  #pairs: TimelineRow[] = []
  #counts = { ...noCounts }
  /** By row: what is due may lie in a row behind or ahead of the one under way. */
  #due: number[] = []
  readonly #latency = new Histogram()
  #censoredLatency: Histogram | undefined
  /** When the row under way ends, on the caller's clock. */
  #rowEnds: number

  /** @param start the measured start, ms on the caller's clock */
  constructor(start: number) {
    this.#start = start
    this.standstills = new Standstills(start)
    this.#rowEnds = start + this.#width
  }

  /** Hot path. */
  due(at: number): void {
    const row = Math.floor((at - this.#start) / this.#width)
    this.#due[row] = (this.#due[row] ?? 0) + 1
    this.standstills.began(at)
  }

  /** Hot path. */
  ok(at: number, latency: number): void {
    if (at >= this.#rowEnds) this.#advance(at)
    this.#counts.ok++
    this.standstills.completed(at)
    this.#latency.record(latency)
  }

  /** At a marked moment. */
  okUntimed(at: number): void {
    this.#advance(at)
    this.#counts.ok++
    this.standstills.completed(at)
  }

  failed(at: number): void {
    this.#advance(at)
    this.#counts.failed++
    this.standstills.completed(at)
  }

  timedOut(at: number, latency: number): void {
    this.#advance(at)
    this.#counts.timedOut++
    this.standstills.givenUp(at)
    this.#censor(latency)
  }

  unfinished(at: number, latency: number): void {
    this.#advance(at)
    this.#counts.unfinished++
    this.standstills.givenUp(at)
    this.#censor(latency)
  }

  /** At a marked moment. */
  unfinishedUntimed(at: number): void {
    this.#advance(at)
    this.#counts.unfinished++
    this.standstills.givenUp(at)
  }

  dropped(at: number): void {
    this.#advance(at)
    this.#counts.dropped++
    this.standstills.givenUp(at)
  }

  /** @param end the end of the measured time: rows reach at least to there */
  finish(end: number): TimelineData {
    while (this.#rowEnds < end) this.#advance(this.#rowEnds)
    this.#close()
    this.#latency.destroy()
    this.#censoredLatency?.destroy()
    return { width: this.#width, rows: this.#rows.map((row, index) => ({ ...row, due: this.#due[index] ?? 0 })) }
  }

  #censor(latency: number): void {
    this.#censoredLatency ??= new Histogram()
    this.#censoredLatency.record(latency)
  }

  /** Closes rows until `at` falls into the one under way; quiet rows in between are rows too. */
  #advance(at: number): void {
    while (at >= this.#rowEnds) {
      this.#close()
      if (this.#rows.length === mostRows) {
        this.#width *= 2
        this.#rows = this.#pairs
        this.#pairs = []
        this.#due = Array.from(
          { length: Math.ceil(this.#due.length / 2) },
          (_, row) => (this.#due[row * 2] ?? 0) + (this.#due[row * 2 + 1] ?? 0),
        )
      }
      this.#rowEnds = this.#start + (this.#rows.length + 1) * this.#width
    }
  }

  #close(): void {
    this.#rows.push({
      ...this.#counts,
      latency: this.#latency.toData(),
      censoredLatency: this.#censoredLatency?.toData() ?? emptyHistogram,
    })
    const first = this.#pairs.length * 2
    if (this.#rows.length > mostRows / 2) this.#pairs.push(mergeRows(this.#rows.slice(first, first + 2)))
    this.#counts = { ...noCounts }
    this.#latency.reset()
    this.#censoredLatency?.reset()
  }
}

function pairs(rows: readonly TimelineRow[]): TimelineRow[] {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, index) =>
    mergeRows(rows.slice(index * 2, index * 2 + 2)),
  )
}

export function mergeRows(rows: readonly TimelineRow[]): TimelineRow {
  const sum = (key: keyof typeof noCounts) => rows.reduce((total, row) => total + row[key], 0)
  return {
    due: sum('due'),
    ok: sum('ok'),
    failed: sum('failed'),
    timedOut: sum('timedOut'),
    unfinished: sum('unfinished'),
    dropped: sum('dropped'),
    latency: mergeHistograms(rows.map((row) => row.latency)),
    censoredLatency: mergeHistograms(rows.map((row) => row.censoredLatency)),
  }
}

/** Timelines of several shards of one run: same start, possibly different widths. */
export function mergeTimelines(parts: readonly TimelineData[]): TimelineData {
  const width = Math.max(...parts.map((part) => part.width))
  const aligned = parts.map((part) => {
    let { rows } = part
    for (let at = part.width; at < width; at *= 2) rows = pairs(rows)
    return rows
  })
  const length = Math.max(...aligned.map((rows) => rows.length))
  const rows = Array.from({ length }, (_, index) =>
    mergeRows(aligned.flatMap((part) => (part[index] ? [part[index]] : []))),
  )
  return { width, rows }
}
