// What is found in a log, and what is said where it is not.
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { EarlierLogs, LogTail } from '../../../src/processes/log-tail.ts'
import { matchingLines } from '../../../src/vitest/log-matcher.ts'

const log = 'boot\nERROR: one\r\nfine\n  at x (a.ts:5)\nwarn: ERROR two\n'

it.each<[RegExp | string, readonly string[]]>([
  ['ERROR', ['ERROR: one', 'warn: ERROR two']],
  [/error/i, ['ERROR: one', 'warn: ERROR two']],
  [/^ERROR/, ['ERROR: one']],
  [/one$/, ['ERROR: one']],
  [/ERROR/g, ['ERROR: one', 'warn: ERROR two']],
  [/boot/y, ['boot']],
  [/fine\n\s+at x/, ['fine', '  at x']],
  ['fine\n  at', ['fine', '  at']],
  ['one\nfine', ['one', 'fine']],
  ['one\r\nfine', ['one', 'fine']],
  [/one\nfine/, ['one', 'fine']],
  [/one\r\nfine/, ['one', 'fine']],
  [/Database locked/, []],
  ['error', []],
  [/^$/, []],
])('%s finds %j', (pattern, lines) => {
  expect(matchingLines(log, pattern)).toEqual(lines)
})

it('an expression is left as it was', () => {
  const pattern = /ERROR/g
  matchingLines(log, pattern)
  expect(pattern.lastIndex).toBe(0)
})

it('a log is kept beyond its end, in its order', async () => {
  const tail = new LogTail()
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`)
  const stream = Readable.from(
    lines.map((line) => Buffer.from(line)),
    { objectMode: false },
  )
  tail.follow(stream)
  await new Promise((resolve) => stream.once('end', resolve))
  expect(tail.written).toEqual({ text: lines.join(''), forgotten: 0 })
  expect(tail.text.length).toBeLessThanOrEqual(64 * 1024)
  expect(tail.size).toBe(lines.join('').length)
})

it('what is too much is forgotten from its beginning, and counted', () => {
  const tail = new LogTail(300_000)
  const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`)
  for (const line of lines) tail.append(line)
  const all = lines.join('')
  const { text, forgotten } = tail.written
  expect(all.slice(forgotten)).toBe(text)
  expect(text.length).toBeGreaterThan(300_000)
  expect(text.length).toBeLessThan(600_000)
})

it('earlier lives stand before the present one, the oldest given up where they are too many', () => {
  const life = (letter: string, count: number) => {
    const tail = new LogTail()
    tail.append(letter.repeat(count))
    return tail
  }
  const earlier = new EarlierLogs()
  earlier.add(life('a', 3))
  earlier.add(life('b', 2))
  expect(earlier.before(life('c', 1))).toEqual({ text: 'aaabbc', forgotten: 0 })
  earlier.add(life('d', 17e6))
  const { text, forgotten } = earlier.before(life('c', 1))
  expect([text.length, text.at(0), forgotten]).toEqual([17e6 + 1, 'd', 5])
})
