// Keeps what a server wrote: its end at hand, and of all of it as much as memory allows.
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { redactText } from '../core/redact.ts'
import type { WrittenLog } from './written-log.ts'

const limit = 64 * 1024
/** Characters, which take a byte each unless some are not Latin. */
const mostKept = 16 * 1024 * 1024

export class LogTail {
  #text = ''
  /** What was written before, in the pieces in which it was moved here. */
  #earlier: string[] = []
  #kept = 0
  #forgotten = 0
  readonly #mostKept: number

  /** @param most characters that are kept at least, where so many were written; at most some 100,000 more */
  constructor(most = mostKept) {
    this.#mostKept = most
  }

  /** Follows a stream to its end. A character cut in two by the stream is put together again. */
  follow(stream: Readable): void {
    const decoder = new StringDecoder('utf8')
    stream.on('data', (chunk: Buffer) => this.append(decoder.write(chunk)))
    // A pipe that breaks with its process is that process's end, which is reported elsewhere.
    stream.on('error', () => {})
  }

  append(text: string): void {
    this.#text += text
    // Cutting at twice the limit only makes appending cheap for a server that never stops talking.
    if (this.#text.length <= 2 * limit) return
    this.#keep(this.#text.slice(0, -limit))
    this.#text = this.#text.slice(-limit)
  }

  get written(): WrittenLog {
    return { text: [...this.#earlier, this.#text].join(''), forgotten: this.#forgotten }
  }

  /** How many characters are kept. */
  get size(): number {
    return this.#kept + this.#text.length
  }

  /** The last 64 k characters at most; begins with a whole line where something was cut off. */
  get text(): string {
    if (this.#earlier.length === 0 && this.#text.length <= limit) return this.#text
    const tail = this.#text.slice(-limit)
    return tail.slice(tail.indexOf('\n') + 1)
  }

  /** The last lines, without secrets, under a heading and indented for a message; says so when there are none. */
  excerpt(lines = 20): string {
    const written = redactText(this.text.trimEnd().split('\n').slice(-lines).join('\n'))
    if (written.trim() === '') return '  it wrote nothing to its log'
    return ['  the end of its log:', ...written.split('\n').map((line) => `    ${line}`)].join('\n')
  }

  #keep(piece: string): void {
    this.#earlier.push(piece)
    this.#kept += piece.length
    while (this.#kept > this.#mostKept && this.#earlier.length > 1) {
      const oldest = this.#earlier.shift() as string
      this.#kept -= oldest.length
      this.#forgotten += oldest.length
    }
  }
}

/** The logs of the lives that a server had before. */
export class EarlierLogs {
  #logs: LogTail[] = []
  #forgotten = 0

  /** The oldest are given up where all together are too long. */
  add(log: LogTail): void {
    this.#logs.push(log)
    while (this.#logs.length > 1 && this.#logs.reduce((sum, { size }) => sum + size, 0) > mostKept) {
      const { size, written } = this.#logs.shift() as LogTail
      this.#forgotten += size + written.forgotten
    }
  }

  /** Together with the log of the present life. */
  before(log: LogTail): WrittenLog {
    const all = [...this.#logs, log].map(({ written }) => written)
    return {
      text: all.map(({ text }) => text).join(''),
      forgotten: all.reduce((sum, { forgotten }) => sum + forgotten, this.#forgotten),
    }
  }
}
