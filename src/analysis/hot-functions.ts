// What the main thread of a server did during a CPU profile: idle, collecting, or in which functions.
import {
  type Activity,
  type CpuProfile,
  type Moment,
  median,
  moments,
  type ProfiledFunction,
  type ProfileOptions,
} from './cpu-profile.ts'
import { type Blocker, longestBlock } from './long-blocks.ts'

/** Self time, with that of builtins and of Node's modules that it called; time in other functions of the user's is theirs. */
export interface HotFunction {
  /** `(anonymous)` without one: its place tells it apart. */
  readonly name: string
  readonly url: string
  /** Where it begins in the script that ran, from 0 as V8 counts. */
  readonly line: number
  readonly column: number
  /** The line of that script in which most of the time was spent, from 0; null when most of it was in what it called. */
  readonly hottestLine: number | null
  /** Of the time that was not idle, 0 to 1. */
  readonly share: number
  /** Of all time, 0 to 1. */
  readonly wallShare: number
  readonly ms: number
  /** Of a function in a dependency: the function of the user's that most of this time was spent for. */
  readonly calledFrom: Pick<HotFunction, 'name' | 'url' | 'line' | 'column'> | null
}

/** Shares of all time, 0 to 1: `busy` is what was not idle, and holds `gc`, `program` and `node`. NaN without samples. */
export interface LoopTime {
  /** In ms, without the time of the agent. */
  readonly duration: number
  /** That were not idle. */
  readonly samples: number
  readonly idle: number
  readonly busy: number
  readonly gc: number
  /** Native code outside of any function. */
  readonly program: number
  /** Node's own work: HTTP, sockets, streams, timers. */
  readonly node: number
  /** Most self time first; all of them, guilty or not. */
  readonly hot: readonly HotFunction[]
}

export interface HotFunctions extends LoopTime {
  readonly block: LongestBlock | null
  /** The same of the seconds alone in which the loop was saturated, when there were some: a spike in a calm run. */
  readonly saturated: LoopTime | null
}

/** The function that held the event loop longest. Times in ms. */
export interface LongestBlock extends Omit<Blocker, 'function'> {
  readonly function: HotFunction
}

/** A second as busy as this has no time left: methods of diagnosis take an utilisation of 0.95 for saturation (Clinic.js). */
const saturation = 0.95
/** Fewer of them are start-up and chance. */
const fewestSeconds = 3
const second = 1000
/** In ms. Samples further apart, of loads of many minutes, tell shares of the time, but neither blocks nor busy seconds. */
const widestGap = 10

export function hotFunctions(profile: CpuProfile, options: ProfileOptions = {}): HotFunctions {
  const all = moments(profile, options).filter(({ place }) => place.activity !== 'agent')
  const { loop, functions, times } = loopTime(all)
  const isFine = median(all.map(({ time }) => time)) <= widestGap
  const blocker = isFine ? longestBlock(all) : undefined
  const blocking = blocker && (functions.get(blocker.function) ?? asHot(blocker.function, noSum(), times))
  const saturated = isFine ? saturatedSeconds(all) : []
  return {
    ...loop,
    block: blocker && blocking ? { ...blocker, function: blocking } : null,
    saturated: saturated.length >= fewestSeconds ? loopTime(saturated.flat()).loop : null,
  }
}

function loopTime(all: readonly Moment[]) {
  const busy = all.filter(isBusy)
  const times = { all: timeOf(all), busy: timeOf(busy) }
  const share = (activity: Activity) => timeOf(all.filter(({ place }) => place.activity === activity)) / times.all
  const functions = functionTimes(busy, times)
  const loop: LoopTime = {
    duration: times.all,
    samples: busy.length,
    idle: share('idle'),
    busy: times.busy / times.all,
    gc: share('gc'),
    program: share('program'),
    node: share('node'),
    hot: [...functions.values()].sort((a, b) => b.ms - a.ms),
  }
  return { loop, functions, times }
}

function saturatedSeconds(all: readonly Moment[]): Moment[][] {
  const seconds: Moment[][] = []
  for (const moment of all) {
    const at = Math.floor(moment.at / second)
    seconds[at] ??= []
    seconds[at].push(moment)
  }
  // One that began with a long gap is missing: seconds is sparse.
  return Object.values(seconds).filter((each) => {
    const time = timeOf(each)
    return time >= 0.9 * second && timeOf(each.filter(isBusy)) >= saturation * time
  })
}

function isBusy({ place }: Moment): boolean {
  return place.activity !== 'idle'
}

interface Times {
  readonly all: number
  readonly busy: number
}

interface Sum {
  time: number
  samples: number
  readonly callers: Map<ProfiledFunction, number>
}

const noSum = (): Sum => ({ time: 0, samples: 0, callers: new Map() })

function functionTimes(busy: readonly Moment[], times: Times): Map<ProfiledFunction, HotFunction> {
  const spent = new Map<ProfiledFunction, Sum>()
  for (const { place, time } of busy) {
    if (!place.owner) continue
    const sum = spent.get(place.owner) ?? noSum()
    spent.set(place.owner, sum)
    sum.time += time
    sum.samples++
    const caller = isDependency(place.owner) ? place.stack.findLast((fn) => !isDependency(fn)) : undefined
    if (caller) sum.callers.set(caller, (sum.callers.get(caller) ?? 0) + time)
  }
  return new Map([...spent].map(([fn, sum]) => [fn, asHot(fn, sum, times)]))
}

function isDependency({ frame }: ProfiledFunction): boolean {
  return frame.url.includes('/node_modules/')
}

function asHot(fn: ProfiledFunction, { time, samples, callers }: Sum, times: Times): HotFunction {
  const [caller] = [...callers].sort(([, a], [, b]) => b - a)
  return {
    ...beginningOf(fn),
    hottestLine: hottestLine(fn, samples),
    share: time / times.busy,
    wallShare: time / times.all,
    ms: time,
    calledFrom: caller ? beginningOf(caller[0]) : null,
  }
}

function beginningOf({ frame: { functionName, url, lineNumber, columnNumber } }: ProfiledFunction) {
  return { name: functionName || '(anonymous)', url, line: lineNumber, column: columnNumber }
}

/** Only samples in its own code have a line: where they are the smaller part, the line would mislead. */
function hottestLine({ lines }: ProfiledFunction, samples: number): number | null {
  const own = [...lines.values()].reduce((sum, ticks) => sum + ticks, 0)
  const [hottest] = [...lines].sort(([, a], [, b]) => b - a)
  return hottest && own >= samples / 2 ? hottest[0] - 1 : null
}

function timeOf(moments: readonly Moment[]): number {
  return moments.reduce((sum, { time }) => sum + time, 0)
}
