// What every executor was asked for, in words.
import { describe, expect, it } from 'vitest'
import { askedStages, askedWords, formatLevel, levelWords, wayWords } from '../../../src/core/asked-words.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { ramp, spike, steps } from '../../../src/core/load-shape.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'

const askedOf = (options: LoadOptions) => planLoad('http://127.0.0.1:3000/', options, defaultSettings).asked

describe('askedWords()', () => {
  it.each<[LoadOptions, string]>([
    [{}, '10 connections for 10 s'],
    [{ connections: 1, duration: '3s' }, '1 connection for 3 s'],
    [{ connections: 50, pipelining: 1 }, '50 connections for 10 s'],
    [{ connections: 50, pipelining: 4 }, '50 connections x 4 pipelined for 10 s'],
    [{ connections: 50, amount: 10_000 }, '50 connections, 10,000 requests in all'],
    [{ vus: 20, duration: '2m' }, '20 users for 2 min'],
    [{ vus: 1, duration: 500 }, '1 user for 0.5 s'],
    [{ vus: 20, iterations: 1000, batch: 50 }, '20 users, 1,000 iterations in all, in batches of 50'],
    [{ vus: 5, iterationsPerVu: 20 }, '5 users, 20 iterations each'],
    [{ vus: 5, thinkTime: { min: 1, max: 2 }, seed: 7 }, '5 users for 10 s, thinking 1 ms to 2 ms, seed 7'],
    [{ vus: 5, thinkTime: '1s' }, '5 users for 10 s, thinking 1,000 ms'],
    [{ rate: 200, duration: '30s' }, '200/s for 30 s'],
    [{ rate: 1, per: '1m', duration: '5m' }, '0.017/s for 5 min'],
    [{ rate: 50, arrivals: 'poisson', seed: 3 }, '50/s for 10 s, at random (poisson, seed 3)'],
    [{ stages: [{ vus: 500, duration: '10s' }] }, '0 -> 500 users in 10 s'],
    [{ stages: spike({ vus: 500, duration: '10s' }) }, '0 -> 500 -> 0 users in 30 s'],
    [{ stages: [{ vus: 1, from: 1, duration: '10s' }] }, '1 user for 10 s'],
    [{ stages: [{ vus: 8, from: 8, duration: '10s' }] }, '8 users for 10 s'],
    [
      { stages: ramp({ rate: [10, 100], each: '60s' }), arrivals: 'poisson' },
      '10 -> 100/s in 60 s, at random (poisson, seed 1)',
    ],
    [{ stages: steps({ rate: [1, 2, 3, 4, 5, 6], each: '1s' }) }, '1 -> 2 -> 3 -> 4 -> 5 -> 6/s in 6 s'],
    [{ stages: ramp({ vus: [1, 2, 3, 4, 5, 900, 1], each: '1s' }) }, '1 … 900 … 1 users in 6 s'],
  ])('%j reads %s', (options, words) => {
    expect(askedWords(askedOf(options))).toBe(words)
  })

  it('tells how many threads sent', () => {
    expect(askedWords({ rate: 200, duration: 1000, workers: 2 })).toBe('200/s for 1 s, 2 threads')
    expect(askedWords({ rate: 200, duration: 1000, workers: 1 })).toBe('200/s for 1 s')
  })
})

it('levels are told with their unit', () => {
  expect(levelWords({ from: 10, to: 100 }, 'closed')).toBe('10 -> 100 users')
  expect(levelWords({ from: 1, to: 1 }, 'closed')).toBe('1 user')
  expect(levelWords({ from: 0, to: 1 }, 'closed')).toBe('0 -> 1 users')
  expect(levelWords({ from: 12.5, to: 12.5 }, 'open')).toBe('12.5/s')
})

it('a long way is told by its first, highest and last level', () => {
  expect(wayWords([0, 1, 1, 2, 2, 3, 3, 4, 4, 5])).toBe('0 -> 1 -> 2 -> 3 -> 4 -> 5')
  expect(wayWords([0, 1, 2, 3, 9, 4, 5])).toBe('0 … 9 … 5')
  expect(wayWords([0, 1, 2, 3, 4, 5, 6])).toBe('0 … 6')
  expect(wayWords([6, 5, 4, 3, 2, 1, 0])).toBe('6 … 0')
})

it.each([
  [0, '0'],
  [0.0166667, '0.017'],
  [0.0000116, '0.000012'],
  [0.5, '0.5'],
  [33.3333, '33.3'],
  [1234.5, '1,235'],
])('a level of %d reads %s', (level, text) => {
  expect(formatLevel(level)).toBe(text)
})

it('stages that were asked for get their places back', () => {
  const options: LoadOptions = {
    stages: [
      { rate: 60, duration: '2s', name: 'up' },
      { rate: 0, from: 180, duration: '3s' },
    ],
    per: '1m',
  }
  const plan = planLoad('http://127.0.0.1:3000/', options, defaultSettings)
  expect(askedStages(plan.asked)).toEqual(plan.stages)
  expect(askedStages({})).toEqual([])
})
