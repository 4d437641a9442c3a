// The same request gives the same picture; progress goes up; an end that is asked for comes at once.
import { describe, expect, it } from 'vitest'
import { type ImageWorkOptions, UnreadableImage, workOnImage } from '../src/image-work.ts'

const image = { source: 'harbour.png', width: 16, height: 8, passes: 3 }

function work(change: Partial<typeof image> = {}, options: Partial<ImageWorkOptions> = {}) {
  const { signal } = new AbortController()
  return workOnImage({ ...image, ...change }, { attempt: 1, signal, onProgress: async () => {}, ...options })
}

describe('workOnImage', () => {
  it('gives the same picture each time, and another one for another request', async () => {
    const first = await work()
    expect(first).toEqual({ bytes: 128, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await work()).toEqual(first)
    const others = await Promise.all([work({ source: 'b' }), work({ passes: 4 }), work({ width: 8, height: 16 })])
    expect(new Set([first, ...others].map(({ sha256 }) => sha256)).size).toBe(4)
  })

  it.each([
    [3, [33, 66]],
    [1, []],
    [200, [10, 20, 30, 40, 50, 60, 70, 80, 90]],
  ])('tells how far it is with %i passes', async (passes, expected) => {
    const told: number[] = []
    await work({ passes }, { onProgress: async (percent) => told.push(percent) })
    expect(told).toEqual(expected)
  })

  it('ends when it is told to', async () => {
    const leaving = new AbortController()
    const told: number[] = []
    const onProgress = async (percent: number) => {
      told.push(percent)
      leaving.abort(new Error('leaving'))
    }
    await expect(work({ passes: 10 }, { signal: leaving.signal, onProgress })).rejects.toThrow('leaving')
    expect(told).toEqual([10])
  })

  it('cannot read what is broken, and what is flaky at once only', async () => {
    await expect(work({ source: 'broken.png' }, { attempt: 3 })).rejects.toThrow(UnreadableImage)
    await expect(work({ source: 'flaky.png' })).rejects.toThrow("cannot read the image 'flaky.png'")
    await expect(work({ source: 'flaky.png' }, { attempt: 2 })).resolves.toHaveProperty('sha256')
  })
})
