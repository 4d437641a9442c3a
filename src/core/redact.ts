// Takes secrets out of what is shown or kept: header values, user and password in URLs, token-like values.

const mask = '[redacted]'
const secretEndings = [
  ...['token', 'key', 'secret', 'password', 'passwd', 'pwd', 'sig', 'signature', 'session', 'sessionid', 'sid'],
  ...['credential', 'jwt', 'auth', 'authorization', 'cookie'],
]

/** Whether a header, query or field name speaks of a secret: `authorization`, `x-api-key`, `accessToken`. */
function isSecret(name: string): boolean {
  return wordsOf(name).some((word) => {
    const one = word.replace(/s$/, '')
    return secretEndings.some((ending) => one.endsWith(ending))
  })
}

/** Queries and forms carry OAuth's `code` as well; elsewhere a code is a status or the name of an error. */
function isSecretKey(key: string): boolean {
  return isSecret(key) || wordsOf(key).includes('code')
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}

// All quantifiers in front of a delimiter are bounded: text from a server must not make matching slow.
const userinfo = /\/\/[^/?#\s]{1,256}@/g
const scheme = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi
const pair = /([^\s=&?#;,"'{}()]{1,64})=/g
const flag = /(?<![\w-])--?([\w-]{1,64})\s{1,8}(?!-)/g
// JSON, JavaScript and header lines; in JSON inside of JSON each quote has its backslashes.
const quotedField = /\\{0,15}(["'])([\w.-]{1,64})\\{0,15}\1\s{0,8}:\s{0,8}/g
const field = /([\w-]{1,64})\s{0,8}:\s{0,8}/g
// To the quote with the same backslashes before it: twice as many and one more are a backslash or a quote inside.
const quoted = /(\\{0,15})(["'])(?:\1\\\1\\|\1\1\\\2|(?!\1\2)[^\r\n])*(?:\1\2)?/y
const quotedOr = (plain: RegExp): RegExp => new RegExp(`${quoted.source}|${plain.source}`, 'y')

const pairValue = quotedOr(/[^\s&#;,"'}]+/)
const flagValue = quotedOr(/\S+/)
const quotedFieldValue = quotedOr(/\[[^\]\r\n]*\]?|[\w.+-]+/)
const fieldValue = quotedOr(/[^\r\n]+/)

interface Place {
  /** Up to where its value begins. */
  readonly before: RegExp
  readonly name: (match: RegExpExecArray) => string
  readonly secret?: (name: string) => boolean
  /** Sticky. */
  readonly value: RegExp
}

const nameFirst = (match: RegExpExecArray): string => match[1] as string
const pairs: Place = { before: pair, name: (match) => decoded(nameFirst(match)), secret: isSecretKey, value: pairValue }
const flags: Place = { before: flag, name: nameFirst, value: flagValue }
const quotedFields: Place = { before: quotedField, name: (match) => match[2] as string, value: quotedFieldValue }
const fields: Place = { before: field, name: nameFirst, value: fieldValue }

/** A value that is no secret is looked through in its turn: it may hold names and values of its own. */
function redactPlace(text: string, { before, name, secret = isSecret, value }: Place): string {
  let shown = ''
  let done = 0
  for (const match of text.matchAll(before)) {
    if (match.index < done || !secret(name(match))) continue
    value.lastIndex = match.index + match[0].length
    const found = value.exec(text)
    if (!found) continue
    const [, backslashes = '', quote = ''] = found
    shown += text.slice(done, found.index) + backslashes + quote + mask + backslashes + quote
    done = found.index + found[0].length
  }
  return shown + text.slice(done)
}

/** An absolute URL or a path: user and password, and the values of query keys that speak of a secret. */
export function redactUrl(url: string): string {
  return redactPlace(url.replace(userinfo, `//${mask}@`), pairs)
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/**
 * Any text, such as an error message, a line of a log or a command: URLs, header lines, JSON fields, options of
 * commands and bearer tokens in it.
 */
export function redactText(text: string): string {
  const places = [quotedFields, fields, flags]
  return redactUrl(places.reduce(redactPlace, text.replace(scheme, `$1 ${mask}`)))
}

/** The value of a header, a variable or an option: nothing of it is shown when its name speaks of a secret. */
export function redactValue(name: string, value: string): string {
  return isSecret(name) ? mask : redactText(value)
}
