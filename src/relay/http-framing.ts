// Finds where the messages of one direction of an HTTP/1.1 connection begin and end, without keeping their bodies.

/** What follows a head: so many bytes, chunks, everything until the end of the connection; no HTTP any more; no HTTP at all. */
export type Body = number | 'chunked' | 'until close' | 'tunnel' | 'broken'

/** Times as given to `push()`. */
export interface MessageListener {
  /** The first byte of a message. */
  begun(at: number): void
  /** Its first line and its headers, in lower case from the second line on. Says what follows. */
  head(firstLine: string, headers: string): Body
  /** The last byte of a message. */
  done(at: number): void
  /** What comes is not HTTP/1.1: nothing more is told. */
  broken(at: number): void
}

const longestHead = 65_536
const longestLine = 16_384
const [CR, LF] = [13, 10]

type State = 'start' | 'head' | 'bytes' | 'chunk size' | 'chunk' | 'trailers' | 'until close' | 'off'

export class HttpFraming {
  readonly #listener: MessageListener
  #state: State = 'start'
  /** Of a body or a chunk, so many bytes are still to come. */
  #left = 0
  /** A head or a line that has come in part. */
  #text = ''

  constructor(listener: MessageListener) {
    this.#listener = listener
  }

  /** Between two messages, nothing of the next has come. */
  get isIdle(): boolean {
    return this.#state === 'start' || this.#state === 'off'
  }

  /** Hot path. */
  push(chunk: Buffer, at: number): void {
    let position = 0
    while (position < chunk.length && this.#state !== 'off') position = this.#step(chunk, position, at)
  }

  /** The connection ends in order: whole is what lasts until then. Whether a message was. */
  end(at: number): boolean {
    if (this.#state !== 'until close') return false
    this.#done(at)
    return true
  }

  /** What comes now is not HTTP and of no interest. */
  stop(): void {
    this.#state = 'off'
    this.#text = ''
  }

  /** The next byte begins a message. */
  restart(): void {
    this.#state = 'start'
  }

  #step(chunk: Buffer, position: number, at: number): number {
    switch (this.#state) {
      case 'start':
        return this.#start(chunk, position, at)
      case 'head':
        return this.#head(chunk, position, at)
      case 'chunk size':
      case 'trailers':
        return this.#line(chunk, position, at)
      case 'until close':
        return chunk.length
      default:
        return this.#skip(chunk, position, at)
    }
  }

  /** RFC 9112, 2.2: empty lines before a message are to be ignored. */
  #start(chunk: Buffer, position: number, at: number): number {
    const byte = chunk[position] as number
    if (byte === CR || byte === LF) return position + 1
    // Neither a method nor a version begins with one, the first byte of TLS does.
    if (byte <= 32 || byte >= 127) {
      this.#break(at)
      return chunk.length
    }
    this.#state = 'head'
    this.#listener.begun(at)
    return position
  }

  #head(chunk: Buffer, position: number, at: number): number {
    const before = this.#text.length
    const whole = before === 0 ? chunk.indexOf('\r\n\r\n', position, 'latin1') : -1
    if (whole >= 0) {
      const text = chunk.toString('latin1', position, whole)
      // A server that ends its lines with LF alone may have ended its head long before.
      if (!text.includes('\n\n')) return this.#headRead(text, whole + 4, at)
    }
    const text = this.#text + chunk.toString('latin1', position, position + longestHead)
    const end = /\r?\n\r?\n/.exec(text)
    if (end) return this.#headRead(text.slice(0, end.index), position + end.index + end[0].length - before, at)
    this.#text = text
    if (text.length >= longestHead) this.#break(at)
    return chunk.length
  }

  #headRead(text: string, next: number, at: number): number {
    this.#text = ''
    const firstEnd = text.indexOf('\n')
    const firstLine = (firstEnd < 0 ? text : text.slice(0, firstEnd)).trimEnd()
    const body = this.#listener.head(firstLine, firstEnd < 0 ? '' : text.slice(firstEnd).toLowerCase())
    if (body === 0) this.#done(at)
    else if (body === 'chunked') this.#state = 'chunk size'
    else if (body === 'until close') this.#state = 'until close'
    else if (body === 'broken') this.#break(at)
    else if (body === 'tunnel') {
      this.#listener.done(at)
      this.stop()
    } else {
      this.#left = body
      this.#state = 'bytes'
    }
    return next
  }

  #skip(chunk: Buffer, position: number, at: number): number {
    const taken = Math.min(this.#left, chunk.length - position)
    this.#left -= taken
    if (this.#left === 0) {
      if (this.#state === 'bytes') this.#done(at)
      else this.#state = 'chunk size'
    }
    return position + taken
  }

  #line(chunk: Buffer, position: number, at: number): number {
    const end = chunk.indexOf(LF, position)
    const text = this.#text + chunk.toString('latin1', position, end < 0 ? position + longestLine : end)
    if (end < 0) {
      this.#text = text
      if (text.length >= longestLine) this.#break(at)
      return chunk.length
    }
    this.#text = ''
    const line = text.trim()
    if (this.#state === 'chunk size') this.#chunkSize(line, at)
    else if (line === '') this.#done(at)
    return end + 1
  }

  #chunkSize(line: string, at: number): void {
    const [, digits] = /^([\da-f]{1,13})[ \t]*(?:;|$)/i.exec(line) ?? []
    if (digits === undefined) {
      this.#break(at)
      return
    }
    const size = Number.parseInt(digits, 16)
    this.#state = size === 0 ? 'trailers' : 'chunk'
    // With the CR and LF behind it.
    this.#left = size + 2
  }

  #done(at: number): void {
    this.#state = 'start'
    this.#listener.done(at)
  }

  #break(at: number): void {
    this.stop()
    this.#listener.broken(at)
  }
}

/** RFC 9112, 6: how long the body is, by the headers alone; undefined where they do not say. */
export function bodyOf(headers: string): Body | undefined {
  const coding = headerOf(headers, 'transfer-encoding')
  if (coding !== undefined) return coding.endsWith('chunked') ? 'chunked' : undefined
  const length = headerOf(headers, 'content-length')
  if (length === undefined) return undefined
  return /^\d{1,15}$/.test(length) ? Number(length) : 'broken'
}

/** @param headers as `head()` is given them */
export function headerOf(headers: string, name: string): string | undefined {
  const mark = `\n${name}:`
  const at = headers.indexOf(mark)
  if (at < 0) return undefined
  const end = headers.indexOf('\n', at + mark.length)
  return headers.slice(at + mark.length, end < 0 ? undefined : end).trim()
}
