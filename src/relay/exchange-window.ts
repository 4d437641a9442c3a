// The stretch of time in which exchanges are counted; when it begins and is given up is told to all threads at once.

/** Crosses threads. Times in ms; `duration` as planned. */
export interface ExchangeWindow {
  readonly id: number
  /** When it began and when it was given up, on the machine's monotonic clock, each with a flag that it is known. */
  readonly moments: SharedArrayBuffer
  readonly duration: number
  /** So long after the beginning a client that leaves has no patience to lose: its run is over. */
  readonly over: number
}

export type Moment = 'begun' | 'given up'

const places = { begun: 0, 'given up': 1 } as const

export function createWindow(id: number, times: Pick<ExchangeWindow, 'duration' | 'over'>): ExchangeWindow {
  return { id, moments: new SharedArrayBuffer(24), ...times }
}

/** Whatever is sent after this call finds it known. @param at on the machine's monotonic clock, ms */
export function mark({ moments }: ExchangeWindow, moment: Moment, at: number): void {
  new Float64Array(moments, 8, 2)[places[moment]] = at
  // An atomic store is also a fence: who sees the flag sees the time.
  Atomics.store(new Int32Array(moments, 0, 2), places[moment], 1)
}

/** Reads a moment of a window; undefined until it is known. */
export function readerOf({ moments }: ExchangeWindow, moment: Moment): () => number | undefined {
  const [flags, times] = [new Int32Array(moments, 0, 2), new Float64Array(moments, 8, 2)]
  const place = places[moment]
  return () => (Atomics.load(flags, place) === 1 ? times[place] : undefined)
}
