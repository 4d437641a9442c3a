// A finished run: frozen data, and readers on top that never say 0 for what was not measured.
import type { Bytes } from './byte-count.ts'
import { LoadTestError } from './errors.ts'
import type { ServerWhy } from './explanation.ts'
import { emptyHistogram, type HistogramData } from './histogram.ts'
import type { LaneData } from './lane.ts'
import type { ServerAllocations, ServerLeak } from './leak.ts'
import type { Limit } from './limit.ts'
import type { OccupancyData } from './occupancy.ts'
import { show } from './problems.ts'
import { type CheckCount, mergeLanes, type StageData } from './recording.ts'
import type { Spacing } from './schedule.ts'
import { type ServerLane, type ServerSlice, serverSlice } from './server-slice.ts'
import { laneNamed, Slice } from './slice.ts'
import { StageSlice } from './stage-slice.ts'
import { mergeRows, type TimelineData, type TimelineRow } from './timeline.ts'
import { type Duration, formatSpan, parseDuration } from './units.ts'
import type { Usage } from './usage.ts'

export type Executor =
  | 'connections'
  | 'constant-vus'
  | 'ramping-vus'
  | 'shared-iterations'
  | 'per-vu-iterations'
  | 'constant-arrival-rate'
  | 'ramping-arrival-rate'

/** How much load was asked for: the numbers of the call, rates per second, times in ms. */
export interface Asked {
  readonly connections?: number
  readonly pipelining?: number
  readonly amount?: number
  readonly vus?: number
  readonly iterations?: number
  readonly batch?: number
  readonly iterationsPerVu?: number
  readonly thinkTime?: { readonly min: number; readonly max: number }
  readonly rate?: number
  readonly arrivals?: Spacing
  readonly stages?: readonly AskedStage[]
  readonly duration?: number
  readonly workers?: number
  /** Where something was left to chance. */
  readonly seed?: number
}

/** A stage by its level at both ends. */
export interface AskedStage {
  readonly name: string
  readonly duration: number
  readonly from: number
  readonly vus?: number
  readonly rate?: number
}

/** Something that happened during the run, ms from the measured start. */
export interface RunEvent {
  readonly at: number
  readonly name: string
  readonly detail?: string
}

/** A run as plain data: what `toJSON()` gives and `Run.from()` takes. Times in ms. */
export interface RunData {
  readonly version: 1
  readonly id: string
  readonly name: string
  /** What was loaded, in words, secrets redacted. */
  readonly target: string
  readonly executor: Executor
  readonly model: 'open' | 'closed'
  readonly asked: Asked
  /** ISO time of the measured start. */
  readonly startedAt: string
  /** Measured time until sending stopped. */
  readonly duration: number
  readonly lanes: readonly LaneData[]
  readonly warmup: { readonly duration: number; readonly lanes: readonly LaneData[] }
  /** The same iterations by the stage in which they began; empty for a run without stages. */
  readonly stages: readonly StageData[]
  /** By server, as far as they could be told apart; absent in a run recorded before that was done. */
  readonly servers?: readonly ServerLane[]
  readonly timeline: TimelineData
  readonly lag: HistogramData
  readonly checks: readonly CheckCount[]
  /** Of a closed run: what its users did with their time. */
  readonly occupancy?: OccupancyData
  /** What connections of ours carried in the measured time; absent where none was ours. */
  readonly bytes?: Bytes
  readonly usage: Usage
  /** What the Node servers did with their time, by their CPU profiles. Absent where none was taken. */
  readonly why?: readonly ServerWhy[]
  /** Who allocated in the Node servers what is still there. Absent where nobody asked. */
  readonly allocations?: readonly ServerAllocations[]
  /** Of each process of a Node server whether it leaks. Absent where that was not asked. */
  readonly leaks?: readonly ServerLeak[]
  readonly events: readonly RunEvent[]
  /** Sentences that a reader of the numbers should know. */
  readonly warnings: readonly string[]
  /** Sentences that say why no verdict can be given on these numbers; empty for a valid run. */
  readonly invalid: readonly string[]
  /** Sentences that say what happened that no number shows, so that a pass cannot stand; a fail does. */
  readonly doubts: readonly string[]
  /** Why the run ended before its plan did. */
  readonly aborted?: string
  /** The `limits` option, judged when the test ends. */
  readonly limits: readonly Limit[]
}

export class Run extends Slice {
  private constructor(data: RunData) {
    super({ name: data.name, run: data, lane: mergeLanes(data.lanes, data.name), duration: data.duration })
    Object.freeze(this)
  }

  /** @throws LoadTestError `invalid-record` when the data is not that of a run of this version */
  static from(json: RunData | string): Run {
    const data: unknown = typeof json === 'string' ? parsed(json) : json
    if (!isRunData(data)) {
      const expected = 'expected what run.toJSON() gives (version 1)'
      throw new LoadTestError('invalid-record', `Run.from(): ${expected}, got ${show(data)}`)
    }
    return new Run(data)
  }

  get id(): string {
    return this.data.id
  }

  get executor(): Executor {
    return this.data.executor
  }

  get asked(): Asked {
    return this.data.asked
  }

  get events(): readonly RunEvent[] {
    return this.data.events
  }

  get aborted(): string | undefined {
    return this.data.aborted
  }

  /** What happened before the measured start, counted apart. */
  get warmup(): Slice {
    const { duration, lanes } = this.data.warmup
    return new Slice({ name: `${this.name} (warm-up)`, run: this.data, lane: mergeLanes(lanes), duration })
  }

  /** A row a second (wider in long runs), by the time at which iterations ended. */
  get timeline(): TimelineData {
    return this.data.timeline
  }

  /** The iterations of one request of a list by its name, `'GET /users'`. Throws `invalid-options` for an unknown name. */
  request(name: string): Slice {
    const { data, duration } = this
    const lane = laneNamed(name, { lanes: data.lanes, call: 'run.request()' })
    return new Slice({ name: `${this.name} > ${name}`, run: data, lane, duration, isShare: data.lanes.length > 1 })
  }

  /**
   * What was due (open) or sent (closed) in a stage by its name; its throughput counts what ended in the stage. Throws
   * `invalid-options` for an unknown name, and for a stage that was never come to because the run ended before.
   */
  stage(name: string): StageSlice {
    const stage = this.data.stages.find((candidate) => candidate.name === name)
    const known = this.data.stages.map((candidate) => `'${candidate.name}'`).join(', ')
    if (!stage) {
      const expected = known === '' ? 'a run with stages' : `one of ${known}`
      throw new LoadTestError('invalid-options', `run.stage(): expected ${expected}, got ${show(name)}`)
    }
    if (stage.start >= this.duration) {
      const when = `the run ended after ${formatSpan(this.duration)}, before its stage '${name}'`
      throw new LoadTestError('invalid-options', `run.stage(): ${when}${this.aborted ? `: ${this.aborted}` : ''}`)
    }
    return new StageSlice(this.data, stage)
  }

  /**
   * What one server had of the load, by the server's name: its requests, and what it used. Of a server behind a relay
   * (`serve(command, { relay: true })`) they are all HTTP requests that came through it in the measured time, and its
   * latency begins when they came; of others the iterations whose requests went straight to it. Throws `invalid-options`
   * for an unknown name, and where nobody knows which requests were its own.
   */
  server(name: string): ServerSlice {
    return serverSlice(this.data, name)
  }

  /**
   * What ended between two times from the measured start. Snaps outwards to timeline rows (a second wide, wider in runs
   * of more than 10 minutes), which its name says. What was drained after the measured time belongs to no window. Throws
   * `invalid-options` for times outside the run.
   */
  window(from: Duration, to: Duration): Slice {
    const { width, rows } = this.data.timeline
    const [start, end] = [parseDuration(from), parseDuration(to)]
    // Sending stops up to a tick after the time asked for: that is no row of its own.
    const measured = Math.min(this.duration, this.asked.duration ?? this.duration)
    const inSeconds = [from, to].filter((time) => typeof time === 'number' && time > 0 && time < shortestWindow)
    if (inSeconds.length > 0) {
      const hint = `numbers are ms: write '${inSeconds[0]}s' for seconds`
      throw new LoadTestError('invalid-options', `run.window(): ${hint}, got ${show(from)}, ${show(to)}`)
    }
    if (start === undefined || end === undefined || start >= end || start >= measured) {
      const expected = `two times inside the run, which lasted ${formatSpan(measured)}, the earlier first`
      throw new LoadTestError('invalid-options', `run.window(): expected ${expected}, got ${show(from)}, ${show(to)}`)
    }
    const first = Math.floor(start / width)
    const last = Math.ceil(Math.min(end, measured) / width)
    const row = mergeRows(rows.slice(first, last))
    const until = Math.min(last * width, measured)
    const name = `${this.name} > ${formatSpan(first * width)} to ${formatSpan(until)}`
    // Rows before the last are full of what ended in time; drained iterations may share the last one.
    const okInTime = this.data.lanes.reduce((sum, lane) => sum + lane.okInTime, 0)
    const okBefore = rows.slice(0, first).reduce((sum, { ok }) => sum + ok, 0)
    const backlog = Math.max(0, underWay(rows.slice(0, last)) - underWay(rows.slice(0, first)))
    return new Slice({
      name,
      run: this.data,
      lane: laneOf(row, { name, backlog, closed: this.model === 'closed' }),
      start: first * width,
      duration: until - first * width,
      window: { rows: rows.slice(first, last), okInTime: Math.min(row.ok, okInTime - okBefore), backlog },
    })
  }

  toJSON(): RunData {
    return this.data
  }
}

/** How many iterations have begun in these rows and not ended. */
function underWay(rows: readonly TimelineRow[]): number {
  return rows.reduce((sum, row) => sum + row.due - ended(row), 0)
}

function ended({ ok, failed, timedOut, unfinished, dropped }: TimelineRow): number {
  return ok + failed + timedOut + unfinished + dropped
}

/** Rows know neither errors nor, in an open run, service times. A growing backlog is what the window left unfinished. */
function laneOf(
  row: TimelineRow,
  { name, backlog, closed }: { readonly name: string; readonly backlog: number; readonly closed: boolean },
): LaneData {
  const { latency, censoredLatency, due: _, ...counts } = row
  return {
    name,
    iterations: { ...counts, unfinished: counts.unfinished + backlog, scheduled: ended(row) + backlog },
    okInTime: counts.ok,
    ownInTime: counts.ok,
    early: { count: 0, sum: 0 },
    marked: 0,
    latency,
    censoredLatency,
    serviceTime: closed ? latency : emptyHistogram,
    censoredServiceTime: closed ? censoredLatency : emptyHistogram,
    errors: [],
  }
}

/** Fewer ms are no window that anybody means. */
const shortestWindow = 100

const parts = [
  'warmup',
  'stages',
  'timeline',
  'lag',
  'checks',
  'usage',
  'events',
  'warnings',
  'invalid',
  'doubts',
  'limits',
] as const

function isRunData(data: unknown): data is RunData {
  if (typeof data !== 'object' || data === null) return false
  const { version, lanes, ...rest } = data as Partial<RunData>
  return version === 1 && Array.isArray(lanes) && parts.every((part) => typeof rest[part] === 'object')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
