// What connections carried in the measured time, and not before it.
import { expect, it } from 'vitest'
import { addBytes, ByteCount } from '../../../src/core/byte-count.ts'

it('is what they carried between begin and end, whenever they were opened and closed', () => {
  const bytes = new ByteCount()
  const old = { bytesRead: 100, bytesWritten: 10 }
  const young = { bytesRead: 0, bytesWritten: 0 }
  bytes.add(old)
  bytes.begin()
  Object.assign(old, { bytesRead: 150, bytesWritten: 15 })
  bytes.remove(old)
  bytes.remove(old)
  bytes.add(young)
  Object.assign(young, { bytesRead: 7, bytesWritten: 3 })
  bytes.end()
  Object.assign(young, { bytesRead: 1000, bytesWritten: 1000 })
  expect(bytes.measured).toEqual({ sent: 8, received: 57 })
})

it('is not known where nothing was opened', () => {
  expect(new ByteCount().measured).toBeUndefined()
  expect(addBytes([{ sent: 1, received: 2 }, undefined])).toBeUndefined()
  expect(
    addBytes([
      { sent: 1, received: 2 },
      { sent: 3, received: 4 },
    ]),
  ).toEqual({ sent: 4, received: 6 })
})
