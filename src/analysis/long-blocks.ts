// Which function held the event loop for long at once, read off samples that follow each other.
import { type Moment, median, type ProfiledFunction } from './cpu-profile.ts'

/** A function that, when it runs, usually runs for long. Times in ms. */
export interface Blocker {
  readonly function: ProfiledFunction
  readonly longest: number
  /** How often it held the event loop for `longBlock` or more. */
  readonly times: number
  /** Whether most of its stretches were that long: the busy periods of a queue of short calls are not. */
  readonly usual: boolean
}

/** In ms. Limits of fast services begin at about 50 ms; collections and compilation end below 30 ms. */
export const longBlock = 30

/** Fewer samples in a row are chance. */
const fewestSamples = 3
/** A caller is on the stack as long as what it calls: of stretches that are about as long, the innermost is named. */
const aboutAsLong = 0.8
/** Of the time of a function must lie in long stretches. */
const mostTime = 0.5

interface Long {
  readonly length: number
  readonly depth: number
  /** Rounds. */
  readonly begin: number
  readonly end: number
  /** Of the same block as the one before. */
  readonly isMore: boolean
}

/** Of one function, in ms. A stretch is open while its function is on the stack in sample after sample. */
interface Stretches {
  open: number
  /** Of the open one. */
  samples: number
  /** In which the function was on the stack last, and how many stood below it. */
  round: number
  depth: number
  /** The round after it, if its caller was still there: one sample without it may be V8 putting faster code in its place. */
  missed: number
  /** Whether the block that it belongs to has been counted. */
  isCounted: boolean
  total: number
  /** Those of `longBlock` or more. */
  readonly long: Long[]
  readonly lengths: number[]
}

/** The innermost function of the longest stretch; undefined when none was long. */
export function longestBlock(moments: readonly Moment[]): Blocker | undefined {
  const found = stretchesOf(moments)
  const blockers = [...found].flatMap(([fn, { long, total, lengths }]) => {
    const [longest] = long.toSorted((a, b) => b.length - a.length)
    if (!longest || long.reduce((sum, { length }) => sum + length, 0) < mostTime * total) return []
    const usual = median(lengths) >= longBlock
    const times = long.filter(({ isMore }) => !isMore).length
    return [{ longest, long, blocker: { function: fn, longest: longest.length, times, usual } }]
  })
  const [outer] = blockers.sort((a, b) => b.longest.length - a.longest.length)
  if (!outer) return undefined
  const { length, begin, end } = outer.longest
  // In that one: what it called may have taken longest another time.
  const alike = blockers.flatMap(({ blocker, long }) => {
    const inside = long.filter((other) => other.begin <= end && other.end >= begin)
    return inside.filter((other) => other.length >= aboutAsLong * length).map(({ depth }) => ({ depth, blocker }))
  })
  return alike.reduce((a, b) => (b.depth > a.depth ? b : a)).blocker
}

/** How long each function stayed on the stack without a break, call by call as far as samples can tell. */
function stretchesOf(moments: readonly Moment[]): Map<ProfiledFunction, Stretches> {
  const found = new Map<ProfiledFunction, Stretches>()
  let before: readonly ProfiledFunction[] = []
  let round = 0
  let between = 0
  let skipped = false
  for (const { place, seen } of moments) {
    // A collection interrupts a function but does not end it; nor does one sample that V8 could not read.
    if (place.activity === 'gc' || (place.activity === 'program' && !skipped)) {
      skipped ||= place.activity === 'program'
      between += seen
      continue
    }
    round++
    place.stack.forEach((fn, depth) => {
      const stretches = found.get(fn) ?? noStretches()
      found.set(fn, stretches)
      stretches.open += seen + (stretches.samples > 0 ? between : 0)
      stretches.samples++
      stretches.round = round
      stretches.depth = depth
    })
    for (const [depth, fn] of before.entries()) {
      end(found.get(fn), { round, isHeld: place.stack.includes(before[depth - 1] ?? fn) })
    }
    before = place.stack
    between = 0
    skipped = false
  }
  for (const fn of before) end(found.get(fn), { round: round + 1, isHeld: false })
  return found
}

function noStretches(): Stretches {
  return { open: 0, samples: 0, round: 0, depth: 0, missed: -1, isCounted: false, total: 0, long: [], lengths: [] }
}

interface Absence {
  /** In which it is not on the stack, for the first time since it was. */
  readonly round: number
  /** Whether its caller is. */
  readonly isHeld: boolean
}

function end(stretches: Stretches | undefined, { round, isHeld }: Absence): void {
  if (!stretches || stretches.round === round) return
  const { open, samples, depth, round: last } = stretches
  const begin = last - samples + 1
  const isLong = open >= longBlock && samples >= fewestSamples
  const isMore = begin === stretches.missed + 1 && stretches.isCounted
  stretches.lengths.push(open)
  stretches.total += open
  if (isLong) stretches.long.push({ length: open, depth, begin, end: last, isMore })
  stretches.isCounted = isLong || isMore
  stretches.missed = isHeld ? round : -1
  stretches.open = 0
  stretches.samples = 0
}
