// What was read of a run for a limit: a value, or what is possible and why no more is known.
import type { Bounds } from './distribution.ts'

export interface Reading {
  /** The value where both ends are one; otherwise what is possible. NaN when nothing is known. */
  readonly bounds: Bounds
  /** The likeliest value between the bounds, where these are an interval around it. */
  readonly estimate?: number
  /** So much does not show in the time that it was measured over, whatever it is: the upper bound is no less. */
  readonly invisible?: number
  /** Why nothing, or nothing exact, is known; empty when the value is exact. */
  readonly doubt: string
}

export function exactly(value: number, doubt = ''): Reading {
  return { bounds: { lower: value, upper: value }, doubt }
}

export function nothing(doubt: string): Reading {
  return exactly(Number.NaN, doubt)
}

export function isKnown({ bounds }: Reading): boolean {
  return !Number.isNaN(bounds.lower)
}

/** That, or more; of nothing still nothing. */
export function upwards(reading: Reading, doubt: string): Reading {
  const { lower } = reading.bounds
  return isKnown(reading) ? { bounds: { lower, upper: Number.POSITIVE_INFINITY }, doubt } : nothing(doubt)
}

/** Dealt out evenly. */
export function perEach({ bounds, estimate, invisible, doubt }: Reading, count: number): Reading {
  return {
    bounds: { lower: bounds.lower / count, upper: bounds.upper / count },
    ...(estimate === undefined ? {} : { estimate: estimate / count }),
    ...(invisible === undefined ? {} : { invisible: invisible / count }),
    doubt,
  }
}

/** The largest of them, as far as that is known; of none nothing. */
export function largest(readings: readonly Reading[]): Reading {
  const [first, ...others] = readings
  if (first === undefined) return nothing('')
  return others.reduce((a, b) => {
    const more = likeliest(b) > likeliest(a) ? b : a
    const { bounds, invisible, doubt } = b.bounds.upper > a.bounds.upper ? b : a
    return {
      bounds: { lower: Math.max(a.bounds.lower, b.bounds.lower), upper: bounds.upper },
      ...(more.estimate === undefined ? {} : { estimate: more.estimate }),
      ...(invisible === undefined ? {} : { invisible }),
      doubt,
    }
  }, first)
}

function likeliest({ bounds, estimate }: Reading): number {
  return estimate ?? bounds.lower
}
