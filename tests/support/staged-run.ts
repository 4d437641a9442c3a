// Builds runs with stages of 2 s from arrays of samples.
import { emptyHistogram } from '../../src/core/histogram.ts'
import type { LaneData } from '../../src/core/lane.ts'
import { mergeLanes } from '../../src/core/recording.ts'
import { Run } from '../../src/core/run.ts'
import { buildRunData, type LaneParts, type RunParts } from './run-builder.ts'

interface StageParts {
  readonly name: string
  /** Levels at its beginning and its end. */
  readonly level: readonly [number, number]
  /** What was due or sent in it, by request; the same ones in each stage. */
  readonly requests: Readonly<Record<string, LaneParts>>
}

interface StagedParts extends Omit<RunParts, 'stages' | 'requests' | 'asked'> {
  readonly unit: 'vus' | 'rate'
  readonly stages: readonly StageParts[]
  readonly arrivals?: 'poisson'
}

const width = 2000

export function buildStagedRun({ unit, stages: given, arrivals, ...parts }: StagedParts): Run {
  const stages = given.map(({ name, level: [from, to], requests }, index) => ({
    ...{ name, start: index * width, end: (index + 1) * width, from, to },
    lanes: buildRunData({ requests }).lanes,
    lag: emptyHistogram,
  }))
  const all = given.length * width
  const asked = stages.map(({ name, from, to }) => ({ name, duration: width, from, [unit]: to }))
  return Run.from({
    ...buildRunData({ duration: all, ...parts }),
    ...(unit === 'rate'
      ? { executor: 'ramping-arrival-rate', model: 'open' }
      : { executor: 'ramping-vus', model: 'closed' }),
    asked: { duration: all, stages: asked, ...(arrivals && { arrivals, seed: 1 }) },
    lanes: (stages[0]?.lanes ?? []).map((_, lane) => mergeLanes(stages.map((stage) => stage.lanes[lane] as LaneData))),
    stages,
  })
}
