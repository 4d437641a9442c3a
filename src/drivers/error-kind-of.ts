// Tells from an error of a socket, of TLS or of an HTTP client what kind of failure it was.
import type { ErrorKind } from '../core/error-kind.ts'

const kinds: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  EHOSTDOWN: 'refused',
  ENETUNREACH: 'refused',
  ENOENT: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  ERR_STREAM_WRITE_AFTER_END: 'closed',
  ERR_STREAM_PREMATURE_CLOSE: 'truncated',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  EMFILE: 'generator',
  ENFILE: 'generator',
  ENOBUFS: 'generator',
  ENOMEM: 'generator',
  EADDRNOTAVAIL: 'generator',
  EADDRINUSE: 'generator',
  EPROTO: 'tls',
  'host-not-allowed': 'not-allowed',
  'answer-too-large': 'too-large',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_SOCKET: 'closed',
  UND_ERR_PRX_TLS: 'tls',
}

const tls =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_|SUBJECT_ISSUER_|AKID_)/

/**
 * The kind of failure that an error stands for; what wraps it (`cause`, several addresses tried) is looked through.
 * `timeout` is counted as timed out, not as failed. An error of undici's that says `closed` is `truncated` once a byte
 * of the answer has been seen: the error itself cannot tell.
 */
export function errorKindOf(error: unknown): ErrorKind {
  if (!(error instanceof Error)) return 'other'
  const { name, code, message, cause } = error as Error & { code?: unknown }
  // undici 7 leaves the code of its parser's errors undefined.
  if (name === 'HTTPParserError') return 'protocol'
  if (typeof code === 'string') {
    if (code === 'UND_ERR_SOCKET' && message.startsWith('bad ')) return 'protocol'
    const kind = kinds[code]
    if (kind) return kind
    if (code.startsWith('HPE_')) return 'protocol'
    if (tls.test(code)) return 'tls'
  }
  if (cause !== undefined) return errorKindOf(cause)
  return error instanceof AggregateError && error.errors.length > 0 ? errorKindOf(error.errors[0]) : 'other'
}
