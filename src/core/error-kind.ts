// The closed list of ways an iteration can fail, and one example of each.

export type ErrorKind =
  /** Nobody accepted the connection. */
  | 'refused'
  /** The connection was reset before the answer was whole. */
  | 'reset'
  /** The connection was closed in order before any byte of the answer. */
  | 'closed'
  /** The answer ended before its announced end. */
  | 'truncated'
  /** What came back is not HTTP. */
  | 'protocol'
  | 'dns'
  | 'tls'
  | 'http-4xx'
  | 'http-5xx'
  /** Answered, but not as `expect` demands. */
  | 'unexpected'
  /** The answer is over 10 MiB, too much to be shown to an `expect` function. */
  | 'too-large'
  /** The function threw, or a body, header or expect function did. */
  | 'thrown'
  | 'timeout'
  /** The address is not one that load may go to. */
  | 'not-allowed'
  /** The generator ran out of file descriptors or ports: its fault, not the server's. */
  | 'generator'
  | 'other'

/** `example` is the first of its kind in words, secrets redacted. */
export interface ErrorCount {
  readonly kind: ErrorKind
  readonly count: number
  readonly example: string
}
