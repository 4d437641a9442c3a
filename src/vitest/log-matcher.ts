// expect(server).toHaveLogged(pattern): whether something stands in what a server wrote.
import type { MatcherState } from 'vitest'
import { Problems, show } from '../core/problems.ts'
import { redactText } from '../core/redact.ts'
import { formatCount } from '../core/units.ts'
import { Server } from '../processes/server.ts'
import { callSite, pointingTo } from './call-site.ts'
import type { MatcherHost, MatcherTask } from './matchers.ts'

interface Result {
  readonly pass: boolean
  readonly message: () => string
}

const mostShown = 5
const widest = 300

/** What `expect.extend` takes as `toHaveLogged`. */
export function createLogMatcher(host: Pick<MatcherHost, 'inconclusive'>) {
  return function toHaveLogged(this: MatcherState, received: unknown, pattern: unknown): Result {
    const site = callSite()
    return pointingTo(site, () => {
      check(received, pattern)
      const server = received as Server
      const { text, forgotten } = server.written
      const found = matchingLines(text, pattern as RegExp | string)
      const message = () => describe(server, { text, found, pattern: pattern as RegExp | string, isNot: this.isNot })
      if (found.length > 0 || forgotten === 0) return { pass: found.length > 0, message }
      const lost = `${formatCount(forgotten, 'character')} at the beginning of its log were not kept`
      const call: { readonly task: MatcherTask; readonly site: string } = { task: this.task, site }
      host.inconclusive(`inconclusive: ${lost}, and in the rest nothing matches\n${message()}`, call)
      return { pass: !this.isNot, message }
    })
  }
}

function check(received: unknown, pattern: unknown): void {
  const problems = new Problems('toHaveLogged()')
  if (Array.isArray(received) && received[0] instanceof Server) {
    problems.add('expect()', `expected one server, got a list of ${received.length}: give servers[0], or each of them`)
  } else if (!(received instanceof Server)) problems.expected('expect()', 'a server of serve()', received)
  if (!(pattern instanceof RegExp) && (typeof pattern !== 'string' || pattern === '')) {
    problems.expected('pattern', "a regular expression such as /ERROR/, or a text such as 'listening'", pattern)
  }
  problems.throwIfAny()
}

/**
 * The lines in which a pattern is found, each looked at by itself so that `^` and `$` are its ends. A pattern that spans
 * lines is looked for in the whole text, and found once.
 */
export function matchingLines(text: string, pattern: RegExp | string): readonly string[] {
  const lines = text.split(/\r?\n/)
  if (typeof pattern === 'string') {
    const found = lines.filter((line) => line.includes(pattern))
    const sought = plain(pattern)
    return found.length > 0 || !sought.includes('\n') || !plain(text).includes(sought) ? found : sought.split('\n')
  }
  // Global and sticky expressions go on from where they last were.
  const anywhere = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  // What ends the log is no line of its own.
  const whole = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  const found = whole.filter((line) => anywhere.test(line))
  if (found.length > 0) return found
  return (anywhere.exec(text) ?? anywhere.exec(plain(text)))?.[0].split(/\r?\n/) ?? []
}

/** With the line breaks that people write in a pattern. */
function plain(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

interface Search {
  readonly text: string
  readonly found: readonly string[]
  readonly pattern: RegExp | string
  readonly isNot: boolean
}

function describe(server: Server, { text, found, pattern, isNot }: Search): string {
  const expected = `expected server "${server.name}" ${isNot ? 'not ' : ''}to have logged ${show(pattern)}`
  if (found.length > 0) {
    const more = found.length > mostShown ? [`    and ${formatCount(found.length - mostShown, 'more line')}`] : []
    return [
      `${expected}, got ${formatCount(found.length, 'line')}`,
      ...found.slice(0, mostShown).map(shown),
      ...more,
    ].join('\n')
  }
  const lines = text.trimEnd().split('\n').slice(-20)
  const end = text.trim() === '' ? ['  it wrote nothing to its log'] : ['  the end of its log:', ...lines.map(shown)]
  return [expected, ...end].join('\n')
}

/** Without secrets, and not longer than a person reads. */
function shown(line: string): string {
  const text = redactText(line.slice(0, 4 * widest))
  return `    ${text.length > widest ? `${text.slice(0, widest - 3)}...` : text}`
}
