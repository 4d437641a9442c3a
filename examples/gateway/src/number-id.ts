// The ids of clients and projects, as they stand in paths.

export type NumberId = { readonly id: string }

/** The schema of a path with `:id` in it. */
export const numberId = { type: 'object', properties: { id: { type: 'string', pattern: '^[1-9]\\d{0,8}$' } } }
