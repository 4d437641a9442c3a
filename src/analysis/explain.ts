// Says why a server was slow from what its main thread did, and names functions only where the evidence suffices.
import { type Explanation, formatShare, type HotSpot, type LoopState } from '../core/explanation.ts'
import { formatMs, formatSpan } from '../core/units.ts'
import { median } from './cpu-profile.ts'
import type { HotFunction, HotFunctions, LongestBlock, LoopTime } from './hot-functions.ts'
import { longBlock } from './long-blocks.ts'
import type { ScriptPosition, SourcePosition } from './source-position.ts'

/** What the agent measured in the same time: more exact than samples where it is there. Times in ms. */
export interface LoopFigures {
  readonly longestBlock?: number
  /** Share of the time that collections held everything up. */
  readonly gcShare?: number
  /** Of all threads and processes of the server: mean, percent of one core. */
  readonly cpu?: number
}

/** What the server did in the same time, all of it in the process that was profiled. Times in ms. */
export interface Work {
  readonly iterations: number
  /** Mean latency. */
  readonly latency: number
}

export interface ExplainOptions {
  readonly work?: Work
  readonly positionOf: (position: ScriptPosition) => SourcePosition
  readonly measured?: LoopFigures
}

/** At four fifths, a request waits four times as long as it is served (M/M/1: u / (1 - u)): from there on CPU is the cause. */
export const busyLoop = 0.8
/** A share of a third of the samples is then known to ± 9 points (binomial, 95 %). */
export const fewestSamples = 100
/** A function with this share of the busy time is worth a look whatever the others have. */
export const standsOutAlone = 0.3
/** With this one it is when it has three times as much as the others, in the middle: even work has no culprit. */
export const standsOutAmong = { share: 0.15, timesMedian: 3 } as const
/** Beside one that stands out, these are named too. */
const alsoNamed = 0.1
const mostNamed = 3
/** Less is noise of sampling, and would lower the median that functions are compared with. */
const countsAsOther = 0.01
/** Clinic.js doctor: a delay of 100 ms, or collections of a tenth of the time, are findings. */
const longPause = 100
const muchGc = 0.1
/** Samples and the agent do not measure the same: the longest of both must be about the same to be the same. */
const sameBlock = 0.8
/** Requests that keep the loop busy for so long, in ms, and for half of their latency, take their time themselves. */
const longWork = 5
const mostOfLatency = 0.5
/** So much more CPU than the main thread was busy, as a share of a core, is not V8's and Node's own work beside it. */
const muchElsewhere = 0.3
/** Between two calls of a function that usually takes long there need not be a sample. */
const sameBlocks = 0.5

/** What the main thread did, and who is to blame for it. A healthy server has a state and a sentence, but no `hot`. */
export function explain(found: HotFunctions, { positionOf, measured = {}, work }: ExplainOptions): Explanation {
  const { busy, duration } = found
  const saturated = busy < busyLoop ? found.saturated : null
  const block = busy < busyLoop && !saturated ? believed(found.block, measured) : null
  const longest = measured.longestBlock ?? block?.longest ?? null
  const gcShare = measured.gcShare ?? (duration > 0 ? found.gc : null)
  const time: LoopTime = saturated ?? found
  const loop = stateOf(time, { block, longest })
  const own = loop === 'idle' && time.samples >= fewestSamples ? ownWork(found, work) : undefined
  const guilty = loop === 'busy' || own ? outstanding(time) : loop === 'blocked' && block ? [block.function] : []
  const placed = guilty.map((fn) => placedSpot(fn, { positionOf, block }))
  const hot = placed.map(({ spot }) => spot)
  const elsewhere = duration > 0 ? (measured.cpu ?? 0) / 100 - busy : 0
  const isElsewhere = elsewhere >= muchElsewhere
  const spent = loop !== 'busy' && !isElsewhere && time.samples >= fewestSamples ? outstanding(time) : []
  const cpu = spent.map((fn) => placedSpot(fn, { positionOf, block: null }).spot)
  return {
    loop,
    busyShare: duration > 0 ? busy : null,
    saturatedFor: saturated?.duration ?? null,
    gcShare,
    longestBlock: longest,
    sentence: sentenceOf(loop, { time, total: duration, hot, longest, gcShare: gcShare ?? 0, isElsewhere, own }),
    hot,
    ...(cpu.length === 0 ? {} : { cpu }),
    remarks: [
      ...(isElsewhere ? [otherThreads(elsewhere)] : []),
      ...new Set(placed.flatMap(({ remark }) => remark ?? [])),
    ],
  }
}

interface OwnWork extends Work {
  /** That each iteration kept the loop busy, in ms. */
  readonly each: number
}

/** Undefined where what was waited for took longer than the work itself. */
function ownWork({ busy, duration }: LoopTime, work: Work | undefined): OwnWork | undefined {
  if (!work || work.iterations === 0) return undefined
  const each = (busy * duration) / work.iterations
  return each >= longWork && each >= mostOfLatency * work.latency ? { ...work, each } : undefined
}

interface Blocks {
  readonly block: LongestBlock | null
  readonly longest: number | null
}

function stateOf({ busy, samples, duration }: LoopTime, { block, longest }: Blocks): LoopState {
  if (!(duration > 0)) return 'unknown'
  if (busy >= busyLoop) return samples >= fewestSamples ? 'busy' : 'unknown'
  return block || (longest ?? 0) >= longPause ? 'blocked' : 'idle'
}

/**
 * A function blocks when its calls usually take long and did so again and again, or when a single pause was long and the agent
 * saw one like it. Where the agent saw no long block, a row of short calls looked like one.
 */
function believed(block: LongestBlock | null, { longestBlock }: LoopFigures): LongestBlock | null {
  if (!block) return null
  const { longest, times, usual } = block
  if (longestBlock !== undefined && longestBlock < longBlock) return null
  const isLike = (share: number) => longestBlock !== undefined && longestBlock >= share * longest
  const isAgain = usual && (times >= 3 || longest >= longPause) && (longestBlock === undefined || isLike(sameBlocks))
  const isSeen = longest >= longPause && isLike(sameBlock)
  return isAgain || isSeen ? { ...block, longest: Math.min(longest, longestBlock ?? longest) } : null
}

/** The functions that have far more of the busy time than others. */
function outstanding({ hot }: LoopTime): HotFunction[] {
  const [first] = hot
  if (!first) return []
  const others = hot.slice(1).filter(({ share }) => share >= countsAsOther)
  const { share, timesMedian } = standsOutAmong
  const isAmong = first.share >= share && first.share >= timesMedian * (median(others.map(({ share }) => share)) || 0)
  if (!isAmong && first.share < standsOutAlone) return []
  return hot.filter(({ share }) => share >= alsoNamed).slice(0, mostNamed)
}

interface Placing {
  readonly positionOf: ExplainOptions['positionOf']
  readonly block: LongestBlock | null
}

function placedSpot(fn: HotFunction, { positionOf, block }: Placing): { spot: HotSpot; remark: string | undefined } {
  const { url, share, wallShare, ms, calledFrom } = fn
  const { file, line, column, name, remark } = positionOf({ url, line: fn.line, column: fn.column, name: fn.name })
  const caller = calledFrom && { ...calledFrom, ...positionOf(calledFrom) }
  const spot = {
    name: name ?? fn.name,
    file,
    line,
    column,
    hottestLine: hottestLine(fn, { file, positionOf }),
    share,
    wallShare,
    ms,
    calledFrom: caller && { name: caller.name, file: caller.file, line: caller.line },
    block: block?.function === fn ? { longest: block.longest, times: block.times } : null,
  }
  return { spot, remark }
}

interface Mapping {
  readonly file: string
  readonly positionOf: ExplainOptions['positionOf']
}

/** V8 tells lines of the script alone: null where one is mapped into another file, moved by a bundler, or to several lines. */
function hottestLine(
  { url, hottestLine, line: first, column }: HotFunction,
  { file, positionOf }: Mapping,
): number | null {
  if (hottestLine === null) return null
  const found = positionOf({ url, line: hottestLine, from: hottestLine === first ? column : 0 })
  return found.file === file && !found.isLastOfSeveral ? found.line : null
}

interface Finding {
  readonly time: LoopTime
  /** Of the profile, of which `time` may be a part. */
  readonly total: number
  readonly hot: readonly HotSpot[]
  readonly longest: number | null
  readonly gcShare: number
  readonly isElsewhere: boolean
  readonly own: OwnWork | undefined
}

function otherThreads(share: number): string {
  return `its other threads and processes used ${Math.round(share * 100)} % of a core beside that: worker threads, the thread pool (crypto, zlib, files), collections beside it, children`
}

function sentenceOf(loop: LoopState, { time, total, hot, longest, gcShare, isElsewhere, own }: Finding): string {
  const { idle, busy, duration } = time
  const gc = gcShare >= muchGc ? `; garbage collection took ${formatShare(gcShare)} of the time` : ''
  const [first] = hot
  if (loop === 'unknown') return 'the CPU profile has too few samples to tell what the time was spent on'
  if (loop === 'busy') {
    const spread = `no function stands out${spreadOver(time)}`
    const when =
      duration < total ? `for ${formatSpan(duration)} of ${formatSpan(total)}` : `${formatShare(busy)} of the time`
    return `the event loop was busy ${when}, so requests waited for each other: ${
      first ? `${formatShare(first.share)} of that time went into ${first.name}` : spread
    }${gc}`
  }
  if (loop === 'blocked') {
    const held = first
      ? `${first.name} held the event loop for up to ${formatMs(first.block?.longest ?? 0)} at once`
      : undefined
    const stood = `the event loop took ${formatMs(longest ?? 0)} for a turn, in no function that stands out`
    return `${held ?? stood}, and everything else waited; it was idle ${formatShare(idle)} of the time${gc}`
  }
  if (own) {
    const into = first ? `, ${formatShare(first.share)} of that in ${first.name}` : ''
    return `the event loop was idle ${formatShare(idle)} of the time, so requests hardly waited for each other: each kept it busy for ${formatMs(own.each)} of the ${formatMs(own.latency)} that it took${into}${gc}`
  }
  const where = isElsewhere
    ? 'in its other threads and processes, or in what it waited for'
    : 'outside of JavaScript (database, network, disk, a pool that waits)'
  return `the event loop was idle ${formatShare(idle)} of the time: the time went by ${where}${gc}`
}

/** Node's and native work, where it is the larger part: nobody's function. */
function spreadOver({ node, program, busy }: LoopTime): string {
  if (node + program < busy / 2) return ''
  return `, ${formatShare((node + program) / busy)} of that time is Node's own work for HTTP, sockets and timers`
}
