// The one error class of the library: a code to branch on, a text that says what is wrong, what would be right and the way out.

export type LoadTestErrorCode =
  | 'invalid-options'
  | 'invalid-record'
  | 'host-not-allowed'
  | 'nothing-listens'
  | 'tls-not-verified'
  | 'generator-starved'
  | 'server-failed'
  | 'deadline-passed'
  | 'aborted'
  | 'busy'
  | 'missing-await'
  | 'never-started'
  | 'limit-crossed'
  | 'inconclusive'
  | 'internal'

export class LoadTestError extends Error {
  override readonly name = 'LoadTestError'
  readonly code: LoadTestErrorCode

  constructor(code: LoadTestErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
