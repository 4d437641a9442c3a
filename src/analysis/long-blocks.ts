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
}

/** Of one function, in ms. A stretch is open while its function is on the stack in sample after sample. */
interface Stretches {
  open: number
  /** Of the open one. */
  samples: number
  begin: number
  /** In which the function was on the stack last, and how many stood below it. */
  end: number
  depth: number
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
    return [{ longest, long, blocker: { function: fn, longest: longest.length, times: long.length, usual } }]
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
  /** Not in the last sample though their caller was, and for how long: V8 may have put faster code in their place. */
  let missed = new Map<ProfiledFunction, number>()
  let round = 0
  let between = 0
  let skipped = false
  for (const { place, time } of moments) {
    // A collection interrupts a function but does not end it; nor does one sample that V8 could not read.
    if (place.activity === 'gc' || (place.activity === 'program' && !skipped)) {
      skipped ||= place.activity === 'program'
      between += time
      continue
    }
    round++
    for (const [depth, fn] of place.stack.entries()) {
      const stretches = found.get(fn) ?? noStretches()
      found.set(fn, stretches)
      goOn(stretches, { round, depth, time, between: between + (missed.get(fn) ?? 0) })
    }
    const gone = before.filter((fn) => !place.stack.includes(fn))
    const held = new Set(gone.filter((fn) => isHeld(fn, before, place.stack)))
    for (const fn of [...gone, ...missed.keys()]) {
      if (!held.has(fn) && !place.stack.includes(fn)) end(found.get(fn))
    }
    missed = new Map([...held].map((fn) => [fn, between + time]))
    before = place.stack
    between = 0
    skipped = false
  }
  for (const fn of [...before, ...missed.keys()]) end(found.get(fn))
  return found
}

/** Whether what called it is still there. */
function isHeld(fn: ProfiledFunction, before: readonly ProfiledFunction[], now: readonly ProfiledFunction[]): boolean {
  const caller = before[before.indexOf(fn) - 1]
  return caller !== undefined && now.includes(caller)
}

function noStretches(): Stretches {
  return { open: 0, samples: 0, begin: 0, end: 0, depth: 0, total: 0, long: [], lengths: [] }
}

interface Sample {
  readonly round: number
  readonly depth: number
  readonly time: number
  /** Since the function was seen last, if its stretch is open. */
  readonly between: number
}

function goOn(stretches: Stretches, { round, depth, time, between }: Sample): void {
  if (stretches.samples === 0) stretches.begin = round
  stretches.open += time + (stretches.samples > 0 ? between : 0)
  stretches.samples++
  stretches.end = round
  stretches.depth = depth
}

function end(stretches: Stretches | undefined): void {
  if (!stretches || stretches.samples === 0) return
  const { open: length, samples, depth, begin, end } = stretches
  stretches.lengths.push(length)
  stretches.total += length
  if (length >= longBlock && samples >= fewestSamples) stretches.long.push({ length, depth, begin, end })
  stretches.open = 0
  stretches.samples = 0
}
