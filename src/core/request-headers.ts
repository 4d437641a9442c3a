// Which headers of a request can be sent, whatever engine sends it.
import { show } from './problems.ts'

type Headers = Readonly<Record<string, string>>

// RFC 9110, 5.6.2 and 5.5: what a method or header name, and what a header value is made of.
export const isToken = (value: unknown): boolean => typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value)
const isHeaderValue = (value: unknown) =>
  (typeof value === 'string' || typeof value === 'number') && /^[\t\x20-\x7e\x80-\xff]*$/.test(String(value))

/** They say how a connection is used and a body is cut, which is for the engine to say: a second word contradicts it. */
const reserved = ['connection', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade']

/** What is wrong with the headers of a request, in one text for each. @param bodyBytes undefined when not known */
export function headerTroubles(headers: Headers, bodyBytes: number | undefined): string[] {
  return Object.entries(headers).flatMap(([name, value]) => headerTrouble(name, value, bodyBytes) ?? [])
}

function headerTrouble(name: string, value: string, bodyBytes: number | undefined): string | undefined {
  if (!isToken(name) || !isHeaderValue(value)) return `HTTP does not allow the name or the value of ${show(name)}`
  const key = name.toLowerCase()
  if (reserved.includes(key)) return `${show(name)} cannot be set, the connection is not the request's: leave it out`
  if (key !== 'content-length' || String(value) === String(bodyBytes)) return undefined
  return `${show(name)} must be the length of the body, got ${show(value)}: leave it out, it is sent by itself`
}

/** Names in lower case. @throws TypeError for what cannot be sent */
export function sendableHeaders(headers: Headers, bodyBytes: number | undefined): Record<string, string> {
  const [trouble] = headerTroubles(headers, bodyBytes)
  if (trouble) throw new TypeError(trouble)
  return lowerCase(headers)
}

export function lowerCase(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
}
