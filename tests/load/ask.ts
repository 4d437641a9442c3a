// One call of the API inside a function: JSON there and back; what is no 2xx throws, so that its iteration fails.

export interface Call {
  readonly method?: string
  readonly json?: unknown
  readonly token?: string
  readonly signal?: AbortSignal
}

export function ask<Answer>(url: string, call?: Call): Promise<Answer>
/** With a status in `or` that is right too, and gives undefined. */
export function ask<Answer>(url: string, call: Call & { readonly or: number }): Promise<Answer | undefined>
export async function ask(url: string, { method, json, token, or, signal }: Call & { or?: number } = {}) {
  const answer = await fetch(url, {
    method: method ?? (json === undefined ? 'GET' : 'POST'),
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(signal && { signal }),
  })
  const text = await answer.text()
  if (answer.status === or) return undefined
  if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
