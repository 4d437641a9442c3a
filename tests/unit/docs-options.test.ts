// The tables of the docs name every option, limit and series that there is, and none that there is not.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { HttpOptions } from '../../src/core/http-request.ts'
import { leakOptionNames } from '../../src/core/leak.ts'
import { loadOptionNames } from '../../src/core/load-options.ts'
import { metricKeys, metrics } from '../../src/core/metric.ts'
import { pluginOptionNames, serveOptionNames } from '../../src/core/option-places.ts'
import { usageKinds } from '../../src/core/usage.ts'
import { matcherNames } from '../../src/vitest/matchers.ts'

const requestOptions: Record<keyof HttpOptions, true> = {
  headers: true,
  json: true,
  body: true,
  expect: true,
  name: true,
}

const tables: readonly (readonly [page: string, heading: string, names: readonly string[]])[] = [
  ['docs/options.md', '## load()', loadOptionNames],
  ['docs/options.md', '### leaks', leakOptionNames],
  ['docs/options.md', '## Requests', Object.keys(requestOptions)],
  ['docs/options.md', '## serve()', serveOptionNames],
  ['docs/options.md', '## loadTesting()', pluginOptionNames],
  ['docs/limits.md', '# Limits', [...metricKeys, 'series']],
  ['docs/servers.md', '# What the server was doing', Object.keys(usageKinds)],
]

describe('the table of the docs', () => {
  it.each(tables)('%s, %s, names each once and nothing else', (page, heading, names) => {
    expect(namedIn(tableUnder(heading, read(page))).toSorted()).toEqual(names.toSorted())
  })

  it('of limits says of each what a bare value means', () => {
    const rows = tableUnder('# Limits', read('docs/limits.md'))
    for (const key of metricKeys) {
      const row = rows.find(([cell]) => cell?.includes(`\`${key}\``))
      expect(row?.[3]?.trim(), key).toMatch(new RegExp(`^${metrics[key].relation},? `))
    }
  })

  it('of limits says of each how a matcher asks for it, and the page names every matcher on runs', () => {
    const page = read('docs/limits.md')
    for (const row of tableUnder('# Limits', page)) expect(row[1]).toMatch(/`to[A-Z]|\(#series\)/)
    const named = [...page.matchAll(/`(?:expect\(.*?\)\.)?(to[A-Z]\w+)/g)].map(([, name]) => name)
    expect([...new Set(named)].toSorted()).toEqual(matcherNames.toSorted())
  })
})

function read(page: string): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
}

/** The rows of the first table beneath a heading, cell by cell, without the head. */
function tableUnder(heading: string, page: string): string[][] {
  const lines = page.split('\n')
  const start = lines.indexOf(heading)
  expect(start, `no heading "${heading}"`).toBeGreaterThanOrEqual(0)
  const section = lines.slice(start + 1)
  const first = section.findIndex((line) => /^\|[ :|-]+\|$/.test(line)) + 1
  expect(section.slice(0, first).find((line) => line.startsWith('#'))).toBeUndefined()
  const end = section.findIndex((line, index) => index >= first && !line.startsWith('|'))
  const rows = section.slice(first, end < 0 ? undefined : end)
  return rows.map((row) => row.slice(1, -1).split('|'))
}

/** What stands in backticks in the first column. */
function namedIn(rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
}
