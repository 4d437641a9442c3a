// How the process of a server ended.

export interface ServerExit {
  readonly code: number | null
  readonly signal: string | null
  /** In ms of `performance.now()` of the process that started it. */
  readonly at: number
}
