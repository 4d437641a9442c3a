// Load runs of this process that go on at the same time: none of them measures its target alone.
import { performance } from 'node:perf_hooks'

/** A run beside another, ms of `performance.now()`. */
export interface Neighbour {
  readonly name: string
  readonly from: number
  readonly until: number
}

interface UnderWay {
  readonly name: string
  readonly began: number
  ended: number | undefined
  readonly met: Set<UnderWay>
}

const underWay = new Set<UnderWay>()

export interface LoadUnderWay extends Disposable {
  /** The runs that went on beside this one, from when until when so far. */
  neighbours(): Neighbour[]
}

export function joinLoads(name: string): LoadUnderWay {
  const self: UnderWay = { name, began: performance.now(), ended: undefined, met: new Set(underWay) }
  for (const other of underWay) other.met.add(self)
  underWay.add(self)
  return {
    neighbours: () =>
      [...self.met].map((other) => ({
        name: other.name,
        from: Math.max(self.began, other.began),
        until: other.ended ?? performance.now(),
      })),
    [Symbol.dispose]() {
      self.ended = performance.now()
      underWay.delete(self)
    },
  }
}
