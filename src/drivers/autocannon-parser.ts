// A new parser for every connection: autocannon keeps one for all, so that one cut answer would spoil the next.
import { canBecomeAllowed, isAllowed } from './answer-grammar.ts'
import { type AnswerHead, type AnswerParser, type AutocannonClient, parserClassOf } from './autocannon-client.ts'

/** What is told of the answers of one connection; nothing any more once the client has another parser. */
export interface AnswerListener {
  /** Bytes have arrived and are about to be parsed. */
  arriving(): void
  /** Returns whether the answer ends here, whatever its headers say of a body. */
  head(head: AnswerHead): boolean
  body(bytes: Buffer): void
  complete(): void
  /** @param bytes what arrived last, which is not HTTP */
  broken(bytes: Buffer): void
}

export function listenToAnswers(client: AutocannonClient, listener: AnswerListener): AnswerParser {
  const Parser = parserClassOf(client)
  const parser = new Parser(Parser.RESPONSE)
  const isCurrent = () => client.parser === parser
  parser[Parser.kOnHeadersComplete] = (head: AnswerHead) => isCurrent() && listener.head(head)
  parser[Parser.kOnBody] = (bytes: Buffer, start: number, length: number) => {
    if (isCurrent()) listener.body(bytes.subarray(start, start + length))
  }
  parser[Parser.kOnMessageComplete] = () => {
    if (isCurrent()) listener.complete()
  }
  const { consumeLine, execute } = parser
  parser.consumeLine = () => {
    const line = consumeLine.call(parser)
    if (line !== undefined && !isAllowed(line, parser)) throw new SyntaxError('not HTTP')
    return line
  }
  parser.execute = (chunk) => {
    listener.arriving()
    const parsed = execute.call(parser, chunk)
    if (isCurrent() && (parsed instanceof Error || !canBecomeAllowed(parser.line, parser))) listener.broken(chunk)
    return parsed
  }
  return parser
}

/** 1xx but 101: the answer is still to come. */
export function isInterim({ statusCode }: AnswerHead): boolean {
  return statusCode < 200 && statusCode !== 101
}

/** Whatever length it speaks of: that is what the body would have had. */
export function hasNoBody({ statusCode }: AnswerHead): boolean {
  return statusCode === 204 || statusCode === 304
}

/** @param connection the `connection` headers of the answer, in lower case */
export function keepsAlive(head: AnswerHead, method: string, connection: string): boolean {
  if (head.statusCode === 101) return false
  // The parser takes an answer without a length for one that ends with the connection, but HEAD's has no body.
  return head.shouldKeepAlive || (method === 'HEAD' && head.versionMinor > 0 && !connection.includes('close'))
}

/** Names in lower case; a list where a header was given more than once. */
export function headersOf({ headers }: AnswerHead): Record<string, string | readonly string[]> {
  const found: Record<string, string | readonly string[]> = {}
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] as string).toLowerCase()
    const value = headers[at + 1] as string
    found[name] = Object.hasOwn(found, name) ? [found[name] as string, value].flat() : value
  }
  return found
}

/** The first 64 bytes, what is not printable as `\x00`. */
export function bytesInWords(bytes: Buffer): string {
  const shown = bytes.toString('latin1', 0, 64)
  return shown.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
