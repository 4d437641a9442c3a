// One stage of a run: a slice that can be cut by request once more.
import type { LaneData } from './lane.ts'
import { mergeLanes, type StageData } from './recording.ts'
import type { RunData } from './run.ts'
import { laneNamed, Slice, type SliceParts } from './slice.ts'
import { meanLevel } from './stage.ts'

export class StageSlice extends Slice {
  readonly #stage: StageData

  constructor(run: RunData, stage: StageData) {
    super(partsOf(run, stage, { name: `${run.name} > ${stage.name}`, lane: mergeLanes(stage.lanes) }))
    this.#stage = stage
    Object.freeze(this)
  }

  /** The iterations of one request of a list in this stage. Throws `invalid-options` for an unknown name. */
  request(name: string): Slice {
    const lane = laneNamed(name, { lanes: this.#stage.lanes, call: 'run.stage().request()' })
    const parts = partsOf(this.data, this.#stage, { name: `${this.name} > ${name}`, lane })
    return new Slice({ ...parts, isShare: this.#stage.lanes.length > 1 })
  }
}

function partsOf(
  run: RunData,
  { start, end, lanes, lag }: StageData,
  { name, lane }: Pick<SliceParts, 'name' | 'lane'>,
): SliceParts {
  const { width, rows } = run.timeline
  const until = Math.min(end, run.duration)
  const { okInTime, ownInTime, early } = lane
  return {
    ...{ name, run, lane, lag, start, duration: until - start },
    window: {
      rows: rows.slice(Math.floor(start / width), Math.ceil(until / width)),
      okInTime,
      backlog: 0,
      own: { ownInTime, early, askedOfEach: askedOfEach(run, { start, until, lanes }) },
    },
  }
}

interface Arrived {
  readonly start: number
  readonly until: number
  readonly lanes: readonly LaneData[]
}

function askedOfEach({ asked, stages }: RunData, { start, until, lanes }: Arrived): number {
  const due = lanes.reduce((sum, { iterations }) => sum + iterations.scheduled, 0)
  if (asked.arrivals !== 'poisson' || due === 0) return 1
  return (meanLevel(stages, start, until) * (until - start)) / 1000 / due
}
