// What the servers of a group are called.
import { expect, it } from 'vitest'
import { instanceName } from '../../../src/processes/server-group.ts'

it('calls instances by letters, and by two where one is not enough', () => {
  expect([0, 1, 25, 26, 27, 51, 52, 63].map((index) => instanceName(index))).toEqual([
    ...['a', 'b', 'z', 'aa', 'ab', 'az', 'ba', 'bl'],
  ])
  expect(instanceName(1, 'api')).toBe('api-b')
  expect(new Set(Array.from({ length: 1000 }, (_, index) => instanceName(index))).size).toBe(1000)
})
