// Numbers in reports carry their unit and never invent a 0.
import { describe, expect, it } from 'vitest'
import { formatQuantity } from '../../../reporters/quantity.ts'

describe('formatQuantity()', () => {
  it.each([
    [184, 'ms', '184 ms'],
    [312_000_000, 'bytes', '312 MB'],
    [98.4, 'percent', '98 %'],
    [0.0032, 'share', '0.32 %'],
    [198.74, 'per second', '198.7/s'],
    [8123.4, 'per second', '8,123/s'],
    [1 / 60, 'per second', '0.017/s'],
    [12_000, 'count', '12,000'],
    [null, 'ms', '-'],
  ] as const)('%s %s reads %s', (value, unit, expected) => {
    expect(formatQuantity(value, unit)).toBe(expected)
  })
})
