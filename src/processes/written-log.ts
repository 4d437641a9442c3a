// All that is still known of what a server wrote.

export interface WrittenLog {
  readonly text: string
  /** How many characters were written before that and are lost. */
  readonly forgotten: number
}
