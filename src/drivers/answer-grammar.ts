// What lines of an answer HTTP allows where autocannon's parser takes nearly anything: our client's parser is as strict.
import type { AnswerParser } from './autocannon-client.ts'

// RFC 9112, 4, 5 and 7.1. The first of each line is enough: the parser itself reads the rest.
const statusLine = /^HTTP\/\d\.\d \d{3}(?: |$)/
const headerLine = /^[\w!#$%&'*+.^`|~-]+:/
const chunkSize = /^[\da-f]+(?:;|$)/i
const digits = /^\d+$/

/** Hot path. Whether a whole line may stand where the parser is. */
export function isAllowed(line: string, { state, info }: AnswerParser): boolean {
  switch (state) {
    case 'RESPONSE_LINE':
      return line === '' || statusLine.test(line)
    case 'HEADER':
      return line === '' ? hasOneLength(info.headers) : headerLine.test(line)
    case 'BODY_CHUNKHEAD':
      return chunkSize.test(line)
    case 'BODY_CHUNKTRAILERS':
      return line === '' || headerLine.test(line)
    default:
      return true
  }
}

/** Whether a line that has arrived in part can still become one: garbage may never have an end of line. */
export function canBecomeAllowed(line: string, { state }: AnswerParser): boolean {
  const begun = line.trimEnd()
  if (begun === '') return true
  if (state === 'RESPONSE_LINE') return 'HTTP/'.startsWith(begun.slice(0, 5))
  return state !== 'BODY_CHUNKHEAD' || chunkSize.test(begun)
}

/** RFC 9112, 6.3: where two headers say how long a body is, nobody knows where it ends. */
function hasOneLength(headers: readonly string[]): boolean {
  let lengths = 0
  let isChunked = false
  for (let at = 0; at < headers.length; at += 2) {
    // Only those two names are so long and worth a look in lower case.
    const { length } = headers[at] as string
    if (length !== contentLength.length && length !== transferEncoding.length) continue
    const name = (headers[at] as string).toLowerCase()
    if (name === transferEncoding) isChunked = true
    else if (name === contentLength && (!digits.test(headers[at + 1] as string) || ++lengths > 1)) return false
  }
  return lengths === 0 || !isChunked
}

const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'
