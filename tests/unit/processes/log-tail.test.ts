// How much of a log is kept.
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { LogTail } from '../../../src/processes/log-tail.ts'

it('keeps everything of a short log', () => {
  const log = new LogTail()
  log.append('one\n')
  log.append('two')
  expect(log.text).toBe('one\ntwo')
  expect(log.excerpt()).toBe('  the end of its log:\n    one\n    two')
})

it('keeps the end of a long one, in whole lines and bounded memory', () => {
  const log = new LogTail()
  for (let line = 0; line < 50_000; line++) log.append(`line ${line}\n`)
  expect(log.text.length).toBeLessThanOrEqual(64 * 1024)
  expect(log.text.length).toBeGreaterThan(60 * 1024)
  expect(log.text).toMatch(/^line \d+\n/)
  expect(log.text.endsWith('line 49999\n')).toBe(true)
  expect(log.excerpt(2)).toBe('  the end of its log:\n    line 49998\n    line 49999')
})

it('keeps the end of a single endless line', () => {
  const log = new LogTail()
  log.append('x'.repeat(500_000))
  expect(log.text).toBe('x'.repeat(64 * 1024))
})

it('says so when nothing was written', () => {
  expect(new LogTail().excerpt()).toBe('  it wrote nothing to its log')
})

it('shows no secret outside of this process', () => {
  const log = new LogTail()
  log.append('boot password=hunter2 Authorization: Bearer ab\nto postgres://u:p@h/db\n{"token":"ab","n":1}\n')
  expect(log.text).toContain('hunter2')
  expect(log.excerpt()).toBe(
    [
      '  the end of its log:',
      '    boot password=[redacted] Authorization: [redacted]',
      '    to postgres://[redacted]@h/db',
      '    {"token":"[redacted]","n":1}',
    ].join('\n'),
  )
})

it('puts a character together that the stream cut in two', async () => {
  const log = new LogTail()
  const euro = Buffer.from('1 €')
  const stream = Readable.from([euro.subarray(0, 3), euro.subarray(3)], { objectMode: false })
  log.follow(stream)
  await new Promise((resolve) => stream.once('end', resolve))
  expect(log.text).toBe('1 €')
})
