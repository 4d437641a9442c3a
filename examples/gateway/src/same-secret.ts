// Compares secrets in a time that does not tell how much of a guess was right.
import { timingSafeEqual } from 'node:crypto'

export function sameSecret(given: string, expected: string): boolean {
  const left = Buffer.from(given)
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}
