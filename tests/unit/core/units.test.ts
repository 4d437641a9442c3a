// What counts as a duration or a size, and how numbers are written for people.
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatMs,
  formatNumber,
  formatShare,
  formatSpan,
  parseDuration,
  parseSize,
} from '../../../src/core/units.ts'

describe('parseDuration', () => {
  it.each([
    [0, 0],
    [250.5, 250.5],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2min', 120_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 30 S ', 30_000],
    ['0s', 0],
  ])('reads %j as %d ms', (given, ms) => {
    expect(parseDuration(given)).toBe(ms)
  })

  it.each([
    [''],
    ['s'],
    ['30'],
    ['10 secs'],
    ['-5s'],
    ['1e3s'],
    ['1h30m'],
    ['.5s'],
    ['5 constructor'],
    [`${'9'.repeat(400)}s`],
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [null],
    [undefined],
    [true],
    [{}],
    [['30s']],
    [10n],
  ])('does not take %s for a duration', (given) => {
    expect(parseDuration(given)).toBeUndefined()
  })
})

describe('parseSize', () => {
  it.each([
    [1024, 1024],
    ['0b', 0],
    ['1kB', 1000],
    ['300MB', 300_000_000],
    ['1.5 GB', 1_500_000_000],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['2gib', 2_147_483_648],
  ])('reads %j as %d bytes', (given, bytes) => {
    expect(parseSize(given)).toBe(bytes)
  })

  it.each([['300'], ['300 megs'], ['30s'], [-1], [Number.NaN], [null]])('does not take %s for a size', (given) => {
    expect(parseSize(given)).toBeUndefined()
  })
})

describe('numbers for people', () => {
  it.each([
    [0, '0 ms'],
    [0.001, '0.001 ms'],
    [0.42, '0.42 ms'],
    [7, '7 ms'],
    [12.34, '12.3 ms'],
    [184.4, '184 ms'],
    [1204.4, '1,204 ms'],
    [12_345, '12.3 s'],
    [Number.NaN, '-'],
    [Number.POSITIVE_INFINITY, 'unlimited'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text)
  })

  it.each([
    [0, '0'],
    [-5.25, '-5.25'],
    [99.4, '99.4'],
    [199.4, '199'],
    [1_234_567.8, '1,234,568'],
    [Number.NaN, '-'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [312_000, '312 kB'],
    [312_400_000, '312 MB'],
    [1_250_000_000, '1.25 GB'],
    [Number.NaN, '-'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0, '0 %'],
    [0.000_001, '<0.01 %'],
    [0.0123, '1.23 %'],
    [0.5, '50 %'],
    [0.999_99, '>99.99 %'],
    [1, '100 %'],
    [Number.NaN, '-'],
  ])('writes a share of %d as %s: what is not quite all or nothing never reads so', (share, text) => {
    expect(formatShare(share)).toBe(text)
  })

  it('counts nouns', () => {
    expect([0, 1, 2, 12_000].map((count) => formatCount(count, 'request'))).toEqual([
      '0 requests',
      '1 request',
      '2 requests',
      '12,000 requests',
    ])
  })
})

describe('formatSpan()', () => {
  it.each([
    [400, '0.4 s'],
    [30_000, '30 s'],
    [90_000, '90 s'],
    [150_000, '2.5 min'],
    [7_200_000, '2 h'],
  ])('%i ms reads %s', (ms, expected) => {
    expect(formatSpan(ms)).toBe(expected)
  })
})
