// One stage of a run: a slice that can be cut by request once more.
import { mergeLanes, type StageData } from './recorder.ts'
import type { RunData } from './run.ts'
import { laneNamed, Slice, type Window } from './slice.ts'

export class StageSlice extends Slice {
  readonly #stage: StageData

  constructor(run: RunData, stage: StageData) {
    super(stageParts(run, stage))
    this.#stage = stage
    Object.freeze(this)
  }

  /** The iterations of one request of a list in this stage. Throws `invalid-options` for an unknown name. */
  request(name: string): Slice {
    const lane = laneNamed(name, { lanes: this.#stage.lanes, call: 'run.stage().request()' })
    const { run, start, duration, window } = stageParts(this.data, this.#stage)
    return new Slice({
      name: `${this.name} > ${name}`,
      run,
      lane,
      start,
      duration,
      window: { ...window, okInTime: lane.okInTime },
    })
  }
}

function stageParts(run: RunData, { name, start, end, lanes }: StageData) {
  const lane = mergeLanes(lanes)
  const { width, rows } = run.timeline
  const until = Math.min(end, run.duration)
  const window: Window = {
    rows: rows.slice(Math.floor(start / width), Math.ceil(until / width)),
    okInTime: lane.okInTime,
    backlog: 0,
  }
  return { name: `${run.name} > ${name}`, run, lane, start, duration: until - start, window }
}
