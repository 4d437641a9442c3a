// Every item is on exactly one page, and the last page says that it is the last.
import { describe, expect, it } from 'vitest'
import { pageAsked, pageOf } from '../src/paging.ts'

/** What a store gives: one more than asked for, if there is one. */
function rowsOf(ids: readonly number[], { after, limit }: { after: number; limit: number }) {
  return ids
    .filter((id) => id > after)
    .slice(0, limit + 1)
    .map((id) => ({ id }))
}

describe('pageOf', () => {
  it.each([
    [0, 3],
    [1, 3],
    [3, 3],
    [4, 3],
    [7, 3],
    [5, 1],
  ])('goes through %i items in pages of %i', (count, limit) => {
    const ids = Array.from({ length: count }, (_, at) => at * 2 + 1)
    const seen: number[] = []
    let pages = 0
    for (let after: number | null = 0; after !== null; pages++) {
      const asked: { after: number; limit: number } = { after, limit }
      const { items, next } = pageOf(rowsOf(ids, asked), asked)
      seen.push(...items.map(({ id }) => id))
      after = next
    }
    expect(seen).toEqual(ids)
    expect(pages).toBe(Math.max(1, Math.ceil(count / limit)))
  })
})

describe('pageAsked', () => {
  it('reads numbers', () => {
    expect(pageAsked({ after: '17', limit: '20' })).toEqual({ after: 17, limit: 20 })
  })
})
