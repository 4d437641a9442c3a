// A stretch of a run whose level (users, or iterations per second) is constant or changes evenly.
import { type Problems, show } from './problems.ts'
import { type Duration, meantAsSeconds, parseDuration, shortestNumber } from './units.ts'

/** The level goes evenly from that of the stage before (0 for the first), or from `from`, to `vus` or `rate`. */
export interface Stage {
  /** Virtual users at the end of the stage. */
  readonly vus?: number
  /** Iterations per `per` of the run (a second) at the end of the stage. */
  readonly rate?: number
  /** The level at its beginning: the same number as `vus` or `rate` holds it. Default: where the stage before ended, or 0. */
  readonly from?: number
  readonly duration: Duration
  /** What `run.stage(name)` finds it by. Default: `stage 1`, `stage 2`, ... */
  readonly name?: string
}

/** A stage with its place: ms from the measured start, level in users, connections or iterations per second. */
export interface StagePlan {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly from: number
  readonly to: number
}

export type StageUnit = 'vus' | 'rate'

const stageNames: readonly (keyof Stage)[] = ['vus', 'rate', 'from', 'duration', 'name']
/** Each keeps histograms of its own. */
const mostStages = 100

interface StageContext {
  /** What a stage's `rate` is for, in ms. */
  readonly per: number
  readonly problems: Problems
}

/** What the stages are of; `vus` when they do not say. */
export function unitOf(stages: readonly Stage[]): StageUnit {
  return Array.isArray(stages) && stages.some((stage) => stage?.rate !== undefined) ? 'rate' : 'vus'
}

export function planStages(stages: readonly Stage[], { per, problems }: StageContext): StagePlan[] {
  if (!Array.isArray(stages) || stages.length === 0) {
    problems.expected('stages', "a list of stages such as [{ vus: 10, duration: '5s' }]", stages)
    return [{ name: 'stage 1', start: 0, end: 1, from: 1, to: 1 }]
  }
  if (stages.length > mostStages) problems.add('stages', `${stages.length} stages are too many: at most ${mostStages}`)
  const unit = unitOf(stages)
  const perSecond = unit === 'rate' ? 1000 / per : 1
  const planned: StagePlan[] = []
  for (const [index, stage] of stages.entries()) {
    const before = planned.at(-1)
    const read = readStage(stage, { place: `stages[${index}]`, unit, problems })
    planned.push({
      name: read.name ?? `stage ${index + 1}`,
      start: before?.end ?? 0,
      end: (before?.end ?? 0) + read.duration,
      from: read.from === undefined ? (before?.to ?? 0) : read.from * perSecond,
      to: read.to * perSecond,
    })
  }
  checkNames(planned, problems)
  if (peakLevel(planned) === 0) problems.add('stages', `no stage has any ${unit}: nothing would be sent`)
  return planned
}

function readStage(
  stage: Stage,
  { place, unit, problems }: { readonly place: string; readonly unit: StageUnit; readonly problems: Problems },
) {
  if (Array.isArray(stage)) {
    problems.add(place, 'is a list of stages itself: spread it, as in stages: [...steps({ ... })]')
    return { to: 1, from: 1, duration: 1, name: undefined }
  }
  if (typeof stage !== 'object' || stage === null) {
    problems.expected(place, `an object such as { ${unit}: 10, duration: '5s' }`, stage)
    return { to: 1, from: 1, duration: 1, name: undefined }
  }
  problems.unknownKeys(stage, stageNames, { place: `${place}.` })
  const other = unit === 'rate' ? 'vus' : 'rate'
  if (stage[other] !== undefined) {
    problems.add(`${place}.${other}`, 'all stages are of vus, or all of rate')
    return { to: 1, from: 1, duration: 1, name: undefined }
  }
  const level = (key: 'from' | StageUnit) => {
    const value = stage[key]
    const fits = unit === 'vus' ? Number.isInteger(value) : Number.isFinite(value)
    if (typeof value === 'number' && fits && value >= 0) return value
    const wanted = unit === 'vus' ? 'a whole number of users, 0 or more' : 'iterations per second, 0 or more'
    problems.expected(`${place}.${key}`, wanted, value)
    return 1
  }
  const duration = parseDuration(stage.duration)
  if (typeof stage.duration === 'number' && stage.duration > 0 && stage.duration < shortestNumber) {
    problems.add(`${place}.duration`, meantAsSeconds(stage.duration))
  }
  if (!duration) problems.expected(`${place}.duration`, "a time above 0 such as 10000 or '10s'", stage.duration)
  if (stage.name !== undefined && (typeof stage.name !== 'string' || stage.name === '')) {
    problems.expected(`${place}.name`, 'a text', stage.name)
  }
  const from = stage.from === undefined ? undefined : level('from')
  return { to: level(unit), from, duration: duration || 1, name: stage.name }
}

function checkNames(planned: readonly StagePlan[], problems: Problems): void {
  const names = planned.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined)
    problems.add('stages', `two of them are called ${show(twice)}: run.stage() could not tell them apart`)
}

/** One level from beginning to end. */
export function steady(level: number, duration: number): StagePlan[] {
  return [{ name: 'stage 1', start: 0, end: duration, from: level, to: level }]
}

/** The level at a time from the measured start, in the warm-up that of the beginning. */
export function levelAt(stages: readonly StagePlan[], at: number): number {
  const first = stages[0] as StagePlan
  if (at <= 0) return first.from
  let index = 0
  while (index < stages.length - 1 && at >= (stages[index] as StagePlan).end) index++
  const { start, end, from, to } = stages[index] as StagePlan
  return from + ((to - from) * Math.min(at - start, end - start)) / (end - start)
}

export function peakLevel(stages: readonly StagePlan[]): number {
  return Math.max(...stages.map(({ from, to }) => Math.max(from, to)))
}

/** On average between two times. */
export function meanLevel(stages: readonly StagePlan[], from: number, until: number): number {
  const area = stages.reduce((sum, { start, end, from: first, to: last }) => {
    const [begin, finish] = [Math.max(from, start), Math.min(until, end)]
    if (finish <= begin) return sum
    const middle = ((begin + finish) / 2 - start) / (end - start)
    return sum + (first + (last - first) * middle) * (finish - begin)
  }, 0)
  return area / (until - from)
}
