// Keeps the texts of a record short, whatever users, servers and errors have written.

/** In characters. */
const mostOfName = 300
/** What is said of a run once. */
const mostOfSentence = 2000
/** What is said of it again and again, with a name or two in it. */
const mostOfRemark = 600
/** By key; all other texts are names. */
const mostOf = new Map([
  ...inAll(['target', 'example', 'detail', 'aborted', 'warnings', 'invalid', 'reasons'], mostOfSentence),
  ...inAll(['subject', 'reason', 'notes'], mostOfRemark),
])

/** A copy of plain data. Of a text that is too long the middle is left out: errors begin, and logs end, with what counts. */
export function shortTexts<Value>(record: Value): Value {
  return shortened(record, mostOfName) as Value
}

function shortened(value: unknown, most: number): unknown {
  if (typeof value === 'string') return cut(value, most)
  if (Array.isArray(value)) return value.map((part) => shortened(part, most))
  if (typeof value !== 'object' || value === null) return value
  const parts = Object.entries(value).map(([key, part]) => {
    return [key, shortened(part, mostOf.get(key) ?? mostOfName)]
  })
  return Object.fromEntries(parts)
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const gap = ` [... ${text.length.toLocaleString('en-US')} characters ...] `
  const kept = Math.floor((most - gap.length) / 2)
  // Half of a character that is made of two would not survive every reader.
  return `${text.slice(0, kept)}${gap}${text.slice(-kept)}`.toWellFormed()
}

function inAll(keys: readonly string[], most: number): (readonly [string, number])[] {
  return keys.map((key) => [key, most])
}
