// The longest record that a run can leave: a day, every row another, every list full, every text long.
import type { ErrorKind } from '../../src/core/error-kind.ts'
import { Histogram } from '../../src/core/histogram.ts'
import type { LaneData } from '../../src/core/lane.ts'
import { Run, type RunData } from '../../src/core/run.ts'
import { Timeline } from '../../src/core/timeline.ts'
import { usageKinds } from '../../src/core/usage.ts'
import { judge, type Unit, type Verdict } from '../../src/core/verdict.ts'
import { buildRunData } from './run-builder.ts'

/** What can be long. */
export interface Lengths {
  /** Characters of every name. */
  readonly name: number
  /** Characters of every error, warning and reason. */
  readonly sentence: number
  /** Samples of each server, over all of the day. */
  readonly samples: number
  /** The longest of all times in ms: long ones have more digits, and take longer to read. */
  readonly longest: number
}

const day = 86_400
const kinds: readonly ErrorKind[] = [
  ...(['refused', 'reset', 'closed', 'truncated', 'protocol', 'dns', 'tls', 'http-4xx', 'http-5xx'] as const),
  ...(['unexpected', 'too-large', 'thrown', 'timeout', 'not-allowed', 'generator', 'other'] as const),
]

/** 24 h, 20 requests, 100 stages, 10 servers, 100 checks, all kinds of error, 50 verdicts. */
export function worstRun(lengths: Lengths): { readonly run: Run; readonly verdicts: readonly Verdict[] } {
  const name = (what: string, index = 0) => `${what} ${index} `.padEnd(lengths.name, 'ä1')
  const sentence = (what: string, index = 0) => `${what} ${index} `.padEnd(lengths.sentence, 'é2')
  const errors = kinds.map((kind, index) => ({ kind, count: 1e9 + index, example: sentence(kind) }))
  const lane = manyOf({ name: '', errors }, lengths.longest)
  const lanes = times(20, (index) => ({ ...lane, name: name('GET /', index) }))
  const stages = times(100, (index) => {
    const [start, end] = [index * day * 10, (index + 1) * day * 10]
    // What a request was in a stage is in no record: one lane is as long as twenty.
    return { name: name('stage', index), start, end, from: index / 7, to: index / 3, lanes: [lane], lag: lane.latency }
  })
  const data: RunData = {
    ...buildRunData({ name: name('run'), duration: day * 1000, events: times(20, (index) => eventAt(index)) }),
    target: sentence('target'),
    executor: 'ramping-arrival-rate',
    model: 'open',
    asked: {
      ...{ duration: day * 1000, arrivals: 'poisson', seed: 1, workers: 2 },
      stages: stages.map((stage) => ({ name: stage.name, duration: day * 10, from: stage.from, rate: stage.to })),
    },
    ...{ lanes, stages, lag: lane.latency, aborted: sentence('aborted') },
    timeline: differentRows(lengths.longest),
    checks: times(100, (index) => ({ name: name('check', index), passed: 1e9 + index, failed: 1e9 - index })),
    warnings: times(20, (index) => sentence('warning', index)),
    invalid: times(5, (index) => sentence('invalid', index)),
  }
  const servers = times(10, (index) => ({
    name: name('server', index),
    pid: 4_000_000 + index,
    series: Object.fromEntries(Object.entries(usageKinds).map(([key, { unit }]) => [key, longSeries(unit)])),
    unseen: times(3, (place) => sentence('unseen', place)),
  }))
  const probes = Object.fromEntries(times(20, (index) => [name('probe', index), longSeries('count')]))
  const run = Run.from({ ...data, ...findings(), usage: { ...data.usage, servers, probes } })
  const verdicts = stages.slice(0, 50).map((stage, index) => ({
    ...judge(run.stage(stage.name), { metric: 'p99', relation: 'below', value: index + 1 / 3 }),
    reason: sentence('reason', index),
    notes: [sentence('note', index), sentence('note', index + 1)],
  }))
  return { run, verdicts }

  /** Without `allocations`, which nobody samples beside `leaks`. */
  function findings(): Pick<RunData, 'bytes' | 'servers' | 'why' | 'leaks'> {
    const site = { name: name('function'), file: name('file'), line: 1e5, bytes: 1e9, share: 1 / 3 }
    const sites = times(5, () => site)
    const files = times(3, (index) => name('snapshot', index))
    const spot = {
      ...{ name: name('function'), file: name('file'), line: 1e5, column: 80, hottestLine: 1e5, share: 1 / 3 },
      ...{ wallShare: 1 / 3, ms: 1e6 / 3, calledFrom: null, block: { longest: 1e4 / 3, times: 1e6 } },
    }
    const grown = { name: name('constructor'), count: [1e6, 2e6, 3e6], bytes: [1e9, 2e9, 3e9] }
    return {
      bytes: { sent: 1e12, received: 1e12 },
      servers: times(10, (index) => ({ name: name('server', index), source: 'relay', lane: { ...lane, name: '' } })),
      why: times(10, (index) => ({
        ...{
          server: name('server', index),
          process: 1e7,
          profile: name('profile'),
          loop: 'busy',
          busyShare: 1 / 3,
          gcShare: 1 / 3,
        },
        ...{ saturatedFor: 1e6 / 3, longestBlock: 1e4 / 3, sentence: sentence('why'), hot: times(3, () => spot) },
        remarks: times(3, () => sentence('remark')),
      })),
      leaks: times(10, (index) => ({
        ...{
          server: name('server', index),
          process: 1e7,
          verdict: 'leak',
          reason: sentence('reason'),
          perRequest: 1e6 / 3,
        },
        perHour: { value: 1e9 / 3, lower: 1e9 / 3, upper: 1e9 / 3 },
        ...{ growth: 1e9, window: 1e7, before: 1e9, after: 1e9, sites, files, constructors: times(5, () => grown) },
        heap: longSeries('bytes'),
      })),
    }
  }

  function longSeries(unit: Unit) {
    return {
      unit,
      at: times(lengths.samples, (place) => ((place + 1) * day * 1000) / lengths.samples + 1 / 3),
      values: times(lengths.samples, (place) => 1e10 + place * 4096 + 1 / 7),
    }
  }

  function eventAt(index: number) {
    return { at: index * 1e6 + 1 / 3, name: name('event', index), detail: sentence('detail', index) }
  }
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** Iterations that ended in every way, more than ten thousand millions. */
function manyOf(parts: Pick<LaneData, 'name' | 'errors'>, longest: number): LaneData {
  const [latency, censored] = [histogramOf(longest / 2), histogramOf(longest)]
  const count = 11_111_111_111
  return {
    ...parts,
    iterations: { scheduled: 5 * count, ok: count, failed: count, timedOut: count, unfinished: count, dropped: count },
    okInTime: count,
    ownInTime: 1e9,
    marked: 0,
    early: { count: 1e9, sum: 1e12 },
    latency,
    serviceTime: latency,
    censoredLatency: censored,
    censoredServiceTime: censored,
  }
}

function histogramOf(longest: number) {
  const histogram = new Histogram()
  for (let index = 0; index < 1000; index++) histogram.record((longest * (index + 1)) / 1000)
  const data = histogram.toData()
  histogram.destroy()
  return data
}

function differentRows(longest: number) {
  const timeline = new Timeline(0)
  for (let row = 0; row < 600; row++) {
    for (let index = 0; index < 20; index++) {
      timeline.due(row * 1000 + index)
      timeline.ok(row * 1000 + index, (longest * (row * 20 + index)) / 24_000)
      timeline.timedOut(row * 1000 + index, longest / 2 + (longest * row) / 1200)
      timeline.failed(row * 1000 + index)
    }
  }
  const { rows } = timeline.finish(600_000)
  const scale = ({ due, ok, failed, timedOut }: (typeof rows)[number]) => ({
    ...{ due: due * 1e7, ok: ok * 1e7, failed: failed * 1e7, timedOut: timedOut * 1e7 },
    ...{ unfinished: ok * 1e7, dropped: ok * 1e7 },
  })
  return { width: 256_000, rows: rows.map((row) => ({ ...row, ...scale(row) })) }
}
