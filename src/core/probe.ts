// Numbers of the user's own, asked for while a load run goes on: what may be given as a probe, and what it answers.
import type { Problems } from './problems.ts'
import { usageKinds } from './usage.ts'
import type { Unit } from './verdict.ts'

/** One number, or several by name. */
export type ProbeValue = number | Readonly<Record<string, number>>

/** Asked once a second, for 1 s at most. */
export type ProbeFunction = () => ProbeValue | PromiseLike<ProbeValue>

/** A function, or what `prometheus()` and `redis()` give. */
export type Probe = ProbeFunction | ProbeSource

/** A number with its unit. */
export interface Quantity {
  readonly value: number
  readonly unit: Unit
  /** It was that or more. Default: false. */
  readonly atLeast?: boolean
}

/** What a probe said at one time. */
export interface ProbeReading {
  /** By name; the name `''` is the probe's own. A number that is not known is missing. */
  readonly values: Readonly<Record<string, Quantity>>
  /** What was asked for and is not there. */
  readonly absent?: readonly string[]
  /** What a reader of the numbers should know, in sentences. */
  readonly remarks?: readonly string[]
}

/** Asks once. The signal is aborted when nobody waits for the answer any more. */
export type ProbeReader = (signal: AbortSignal) => Promise<ProbeReading>

/** A kind of probe that remembers what it read before: each run opens it anew. */
export interface ProbeSource {
  /** Read over the network: only where load may go. */
  readonly url?: string
  /** @param address what the host of `url` resolved to, where there is one */
  open(address?: string): ProbeReader
}

/** Adds a problem for everything that is no probe. */
export function checkProbes(probes: unknown, problems: Problems): void {
  if (probes === undefined) return
  if (typeof probes !== 'object' || probes === null || Array.isArray(probes)) {
    problems.expected('probes', 'functions by name such as { queueDepth: () => queue.length }', probes)
    return
  }
  for (const [name, probe] of Object.entries(probes)) {
    const place = `probes.${name}`
    if (!isProbe(probe)) problems.expected(place, 'a function, prometheus(url) or redis(client)', probe)
    if (name.trim() === '') problems.add(place, 'has no name')
    if (Object.hasOwn(usageKinds, name)) {
      problems.add(place, `${name} is what a server's own number is called: call the probe something else`)
    }
    const parent = Object.keys(probes).find((other) => name.startsWith(`${other}.`))
    if (parent !== undefined) problems.add(place, `may be a number of the probe ${parent}: call it something else`)
  }
}

function isProbe(probe: unknown): probe is Probe {
  return typeof probe === 'function' || typeof (probe as ProbeSource | null | undefined)?.open === 'function'
}
