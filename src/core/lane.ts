// Counts and times the iterations of one series (one request of a list, or the function) while they happen.
import type { ErrorCount, ErrorKind } from './error-kind.ts'
import { emptyHistogram, Histogram, type HistogramData } from './histogram.ts'
import { type Iterations, noIterations } from './iterations.ts'
import type { MarkedMoments } from './marked-moments.ts'
import type { Timeline } from './timeline.ts'

/** A lane as data: `latency` of ok iterations, `censored*` of those known only to have taken at least so long. */
export interface LaneData {
  readonly name: string
  readonly iterations: Iterations
  /** ok iterations that ended before sending stopped, and in the lane of a stage: that ended in the stage, whenever they began. */
  readonly okInTime: number
  /** Those of its own ok iterations that ended before sending stopped, and of a stage: before the stage was over. */
  readonly ownInTime: number
  /** Of the ok iterations that were due in the first third of the stage, or of the run: the sum of their latencies. */
  readonly early: { readonly count: number; readonly sum: number }
  /** ok iterations that were under way at a marked moment: they are in no latency. */
  readonly marked: number
  readonly latency: HistogramData
  readonly serviceTime: HistogramData
  readonly censoredLatency: HistogramData
  readonly censoredServiceTime: HistogramData
  readonly errors: readonly ErrorCount[]
}

/** When an iteration was due, was really sent, and ended: ms on one clock. In a closed model due and sent are one. */
export interface Timing {
  readonly planned: number
  readonly sent: number
}

/** Where iterations of the warm-up go on to be counted that lasted far into the measured time. */
export interface Successor {
  readonly lane: Lane
  /** The measured start. */
  readonly start: number
}

/** Counts the ok iterations of a series by when they ended: a stretch of the time, and what comes after it. */
export class Ending {
  ok = 0
  /** ms on the driver's clock */
  until: number
  readonly next: Ending | undefined

  constructor(until: number, next?: Ending) {
    this.until = until
    this.next = next
  }

  /** Hot path. */
  count(ended: number): void {
    let stretch: Ending = this
    while (ended >= stretch.until && stretch.next) stretch = stretch.next
    stretch.ok++
  }

  /** Sending has stopped: what ends from now on ended in no stretch of the measured time. */
  stop(now: number): void {
    for (let stretch: Ending | undefined = this; stretch?.next; stretch = stretch.next) {
      stretch.until = Math.min(stretch.until, now)
    }
  }
}

interface LaneOptions {
  readonly open: boolean
  /** The stretch of time in which this lane's iterations begin. Default: all of it. */
  readonly ending?: Ending
  /** When the first third of that stretch is over, ms on the driver's clock. Default: never. */
  readonly earlyUntil?: number
  readonly timeline?: Timeline
  readonly moments?: MarkedMoments
  readonly successor?: Successor
}

export class Lane {
  readonly name: string
  readonly iterations: { -readonly [key in keyof Iterations]: number } = { ...noIterations }
  readonly latency = new Histogram()
  readonly #timeline: Timeline | undefined
  readonly #moments: MarkedMoments | undefined
  readonly #successor: Successor | undefined
  /** Undefined in a closed model, where service time is latency. */
  readonly #serviceTime: Histogram | undefined
  readonly #errors = new Map<ErrorKind, { count: number; example: string }>()
  readonly #ending: Ending
  readonly #earlyUntil: number
  readonly #early = { count: 0, sum: 0 }
  #ownInTime = 0
  #marked = 0
  censoredLatency: Histogram | undefined
  #censoredServiceTime: Histogram | undefined

  constructor(
    name: string,
    { open, ending = new Ending(Number.POSITIVE_INFINITY), earlyUntil, timeline, moments, successor }: LaneOptions,
  ) {
    this.name = name
    this.#ending = ending
    this.#earlyUntil = earlyUntil ?? Number.POSITIVE_INFINITY
    this.#timeline = timeline
    this.#moments = moments
    this.#successor = successor
    this.#serviceTime = open ? new Histogram() : undefined
  }

  /** Hot path. @param at when it was due (open) or sent (closed) */
  scheduled(at: number): void {
    this.iterations.scheduled++
    this.#timeline?.due(at)
  }

  /** Hot path. */
  ok(timing: Timing, ended: number): void {
    const heir = this.#successor && this.#handOver(timing, ended)
    if (heir) {
      heir.ok(timing, ended)
      return
    }
    this.iterations.ok++
    this.#ending.count(ended)
    if (ended < this.#ending.until) this.#ownInTime++
    if (this.#isMarked(timing.planned)) {
      this.#marked++
      this.#timeline?.okUntimed(ended)
      return
    }
    const latency = ended - timing.planned
    if (timing.planned < this.#earlyUntil) {
      this.#early.count++
      this.#early.sum += latency
    }
    this.latency.record(latency)
    this.#serviceTime?.record(ended - timing.sent)
    this.#timeline?.ok(ended, latency)
  }

  /** @param example names the first of its kind; secrets already redacted. Called only when the kind is new. */
  failed(kind: ErrorKind, example: () => string, ended: number): void {
    this.iterations.failed++
    this.#count(kind, example)
    this.#timeline?.failed(ended)
  }

  timedOut(timing: Timing, example: () => string, ended: number): void {
    const heir = this.#handOver(timing, ended)
    if (heir) {
      heir.timedOut(timing, example, ended)
      return
    }
    if (this.#isMarked(timing.planned)) {
      this.#givenUp(ended)
      return
    }
    this.iterations.timedOut++
    this.#count('timeout', example)
    this.#censor(timing, ended)
    this.#timeline?.timedOut(ended, ended - timing.planned)
  }

  unfinished(timing: Timing, ended: number): void {
    const heir = this.#handOver(timing, ended)
    if (heir) {
      heir.unfinished(timing, ended)
      return
    }
    if (this.#isMarked(timing.planned)) {
      this.#givenUp(ended)
      return
    }
    this.iterations.unfinished++
    this.#censor(timing, ended)
    this.#timeline?.unfinished(ended, ended - timing.planned)
  }

  /** @param at when it was due */
  dropped(at: number): void {
    if (this.#isMarked(at)) {
      this.#givenUp(at)
      return
    }
    this.iterations.dropped++
    this.#timeline?.dropped(at)
  }

  /** So far. */
  get okInTime(): number {
    return this.#ending.ok
  }

  /** The lane is used up afterwards. */
  finish(): LaneData {
    const latency = this.latency.toData()
    const data = {
      name: this.name,
      iterations: { ...this.iterations },
      okInTime: this.okInTime,
      ownInTime: this.#ownInTime,
      early: { ...this.#early },
      marked: this.#marked,
      latency,
      serviceTime: this.#serviceTime?.toData() ?? latency,
      censoredLatency: this.censoredLatency?.toData() ?? emptyHistogram,
      censoredServiceTime: this.#censoredServiceTime?.toData() ?? emptyHistogram,
      errors: [...this.#errors].map(([kind, { count, example }]) => ({ kind, count, example })),
    }
    for (const used of [this.latency, this.#serviceTime, this.censoredLatency, this.#censoredServiceTime])
      used?.destroy()
    return data
  }

  /**
   * In a closed run the measured time begins with an iteration of each user under way. It belongs to the time in which it
   * spent the more of its own: otherwise a user that hangs from the warm-up on would be in no number.
   */
  #handOver({ sent }: Timing, ended: number): Lane | undefined {
    if (!this.#successor) return undefined
    const { lane, start } = this.#successor
    if (ended - start <= start - sent) return undefined
    this.iterations.scheduled--
    lane.scheduled(start)
    return lane
  }

  #isMarked(planned: number): boolean {
    return this.#moments !== undefined && planned < this.#moments.until
  }

  /** Nobody knows how it would have ended, or when, had the server not been held up on purpose. */
  #givenUp(ended: number): void {
    this.iterations.unfinished++
    this.#timeline?.unfinishedUntimed(ended)
  }

  #censor({ planned, sent }: Timing, ended: number): void {
    this.censoredLatency ??= new Histogram()
    this.#censoredServiceTime ??= new Histogram()
    this.censoredLatency.record(ended - planned)
    this.#censoredServiceTime.record(ended - sent)
  }

  #count(kind: ErrorKind, example: () => string): void {
    const known = this.#errors.get(kind)
    if (known) known.count++
    else this.#errors.set(kind, { count: 1, example: example() })
  }
}
