// Takes secrets out of what is shown or kept: header values, user and password in URLs, token-like values.

const mask = '[redacted]'
const secretEndings = [
  ...['token', 'key', 'secret', 'password', 'passwd', 'pwd', 'sig', 'signature', 'session', 'sessionid', 'sid'],
  ...['credential', 'jwt', 'auth', 'authorization', 'cookie'],
]

/** Whether a header, query or field name speaks of a secret: `authorization`, `x-api-key`, `accessToken`, `code`. */
function isSecret(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.some((word) => {
    const one = word.replace(/s$/, '')
    return one === 'code' || secretEndings.some((ending) => one.endsWith(ending))
  })
}

// All quantifiers in front of a delimiter are bounded: text from a server must not make matching slow.
const userinfo = /\/\/[^/?#@\s]{1,256}@/g
const pair = /([^\s=&?#;,"'{}()]{1,64})=([^\s&#;,"'}]+)/g
const field = /(["'])([\w.-]{1,64})\1(\s{0,8}:\s{0,8})(["'])((?:\\.|(?!\4)[^\\\r\n])*)\4?/g
const line = /\b((?:[\w-]{0,40}(?:authorization|cookie|token|key|secret|password))\s{0,8}:\s{0,8})(?!["'\s])[^\r\n]+/gi
const scheme = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi

/** An absolute URL or a path: user and password, and the values of query keys that speak of a secret. */
export function redactUrl(url: string): string {
  return url
    .replace(userinfo, `//${mask}@`)
    .replace(pair, (whole, key: string) => (isSecret(decoded(key)) ? `${key}=${mask}` : whole))
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** Any text, such as an error message or a line of a log: URLs, header lines, JSON fields and bearer tokens in it. */
export function redactText(text: string): string {
  return redactUrl(
    text
      .replace(field, (whole, quote: string, key: string, colon: string) =>
        isSecret(key) ? `${quote}${key}${quote}${colon}"${mask}"` : whole,
      )
      .replace(scheme, `$1 ${mask}`)
      .replace(line, `$1${mask}`),
  )
}

/** The same headers with the values of those that carry secrets taken out. */
export function redactHeaders<Value extends string | readonly string[]>(
  headers: Readonly<Record<string, Value>>,
): Record<string, Value | string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isSecret(name) ? mask : value] as const),
  )
}
