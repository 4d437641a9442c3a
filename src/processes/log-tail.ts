// Keeps the end of what a server wrote, however much that is.
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { redactText } from '../core/redact.ts'

const limit = 64 * 1024

export class LogTail {
  #text = ''
  #cut = false

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
    this.#text = this.#text.slice(-limit)
    this.#cut = true
  }

  /** The last 64 k characters at most; begins with a whole line where something was cut off. */
  get text(): string {
    if (!this.#cut && this.#text.length <= limit) return this.#text
    const tail = this.#text.slice(-limit)
    return tail.slice(tail.indexOf('\n') + 1)
  }

  /** The last lines, without secrets, under a heading and indented for a message; says so when there are none. */
  excerpt(lines = 20): string {
    const written = redactText(this.text.trimEnd().split('\n').slice(-lines).join('\n'))
    if (written.trim() === '') return '  it wrote nothing to its log'
    return ['  the end of its log:', ...written.split('\n').map((line) => `    ${line}`)].join('\n')
  }
}
