// The body of the answer under way, collected for an `expect` function as far as it fits.
import { Buffer } from 'node:buffer'

const largestBytes = 10 * 2 ** 20

/** Why an answer with a larger body is given up. */
export const answerTooLarge = Object.assign(new Error('the answer is over 10 MiB, too much to show it to expect'), {
  code: 'answer-too-large',
})

export class AnswerBody {
  #parts: Buffer[] = []
  #bytes = 0

  /** Returns whether the body still fits. */
  add(part: Buffer): boolean {
    this.#bytes += part.length
    if (this.#bytes > largestBytes) return false
    this.#parts.push(part)
    return true
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8')
  }

  clear(): void {
    if (this.#bytes === 0) return
    this.#parts = []
    this.#bytes = 0
  }
}
