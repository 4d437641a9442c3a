// Pages of a list that is ordered by id: what was asked for, and where the next page begins.

export type PageAsked = { readonly after: number; readonly limit: number }
export type Page<Item> = { readonly items: readonly Item[]; readonly next: number | null }

/** The schema of a query string that asks for a page. */
export const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after: { type: 'string', pattern: '^\\d{1,9}$', default: '0' },
    limit: { type: 'string', pattern: '^([1-9]\\d?|100)$', default: '20' },
  },
}

export type PageQuery = { readonly after: string; readonly limit: string }

export function pageAsked({ after, limit }: PageQuery): PageAsked {
  return { after: Number(after), limit: Number(limit) }
}

/** @param rows one more than the page may hold, if there are that many: so the end is known without counting */
export function pageOf<Item extends { readonly id: number }>(rows: readonly Item[], { limit }: PageAsked): Page<Item> {
  const items = rows.slice(0, limit)
  const next = rows.length > limit ? (items.at(-1)?.id ?? null) : null
  return { items, next }
}
