// Who allocated what is still alive, in trees of known sizes and in a real profile.
import { Session } from 'node:inspector/promises'
import { describe, expect, it } from 'vitest'
import { allocationSites, type HeapProfile, type HeapProfileNode } from '../../../src/analysis/allocation-sites.ts'

/** `name@url:line` and bytes; the column says how long the name is. */
function node(place: string, selfSize: number, ...children: HeapProfileNode[]): HeapProfileNode {
  const [, functionName = '', url = '', line = '-1'] = /^([^@]*)@?(.*?):?(\d*)$/.exec(place) ?? []
  return {
    callFrame: { functionName, url, lineNumber: Number(line || -1), columnNumber: functionName.length },
    selfSize,
    children,
  }
}

const profileOf = (...children: HeapProfileNode[]): HeapProfile => ({ head: node('(root)', 0, ...children) })
const app = 'file:///srv/app.js'

describe('allocationSites()', () => {
  it('names the functions with the most live bytes, and where they begin', () => {
    const profile = profileOf(
      node(`handle@${app}:10`, 100, node(`remember@${app}:20`, 300)),
      node(`start@${app}:1`, 400),
    )
    expect(allocationSites(profile)).toEqual([
      { name: 'start', url: app, line: 1, column: 5, bytes: 400, share: 0.5 },
      { name: 'remember', url: app, line: 20, column: 8, bytes: 300, share: 0.375 },
      { name: 'handle', url: app, line: 10, column: 6, bytes: 100, share: 0.125 },
    ])
  })

  it('adds up one function on several paths, and tells those of the same name apart', () => {
    const remember = (bytes: number) => node(`remember@${app}:20`, bytes)
    const profile = profileOf(
      node(`a@${app}:1`, 0, remember(10)),
      node(`b@${app}:2`, 0, remember(30), node(`remember@${app}:50`, 5)),
    )
    expect(allocationSites(profile).map(({ name, line, bytes }) => [name, line, bytes])).toEqual([
      ['remember', 20, 40],
      ['remember', 50, 5],
    ])
  })

  it('tells functions on the same line apart', () => {
    const profile = profileOf(node(`first@${app}:1`, 1), node(`other one@${app}:1`, 2))
    expect(allocationSites(profile).map(({ name, bytes }) => [name, bytes])).toEqual([
      ['other one', 2],
      ['first', 1],
    ])
  })

  it('gives builtins and modules of Node to who called them', () => {
    const profile = profileOf(
      node(
        'emit@node:events:500',
        7,
        node(
          `handle@${app}:10`,
          1,
          node('push', 20),
          node('on@node:events:600', 30, node('addListener@node:events:5', 40)),
        ),
      ),
    )
    expect(allocationSites(profile)).toMatchObject([{ name: 'handle', bytes: 91, share: 91 / 98 }])
  })

  it('takes dependencies for functions of their own', () => {
    const library = 'file:///srv/node_modules/library/index.js'
    const profile = profileOf(node(`handle@${app}:10`, 1, node(`cache@${library}:3`, 9)))
    expect(allocationSites(profile).map(({ url }) => url)).toEqual([library, app])
  })

  it('leaves out who watches, with all that it called', () => {
    const agent = 'file:///srv/agent/'
    const profile = profileOf(node(`handle@${app}:10`, 1, node(`sample@${agent}index.js:3`, 9, node('push', 90))))
    const sites = allocationSites(profile, { agent: [agent] })
    expect(sites).toMatchObject([{ name: 'handle', bytes: 1, share: 0.01 }])
  })

  it('calls a function without a name anonymous, and shows as many as asked for', () => {
    const profile = profileOf(...[1, 2, 3, 4, 5, 6, 7].map((line) => node(`@${app}:${line}`, line)))
    expect(allocationSites(profile).map(({ name, bytes }) => `${name} ${bytes}`)).toEqual(
      [7, 6, 5, 4, 3].map((bytes) => `(anonymous) ${bytes}`),
    )
    expect(allocationSites(profile, { most: 1 })).toHaveLength(1)
  })

  it('knows nothing from an empty profile', () => {
    expect(allocationSites(profileOf())).toEqual([])
    expect(allocationSites(profileOf(node(`handle@${app}:10`, 0)))).toEqual([])
  })

  it('follows a recursion of any depth', () => {
    let tree = node('push', 1)
    for (let depth = 0; depth < 100_000; depth++) tree = node(`walk@${app}:3`, 1, tree)
    expect(allocationSites({ head: tree })).toMatchObject([{ name: 'walk', bytes: 100_001, share: 1 }])
  })

  it('finds who kept what in a real profile, not who threw more away', async () => {
    using session = connected()
    await session.inspector.post('HeapProfiler.startSampling', { samplingInterval: 4096 })
    const kept = keepAll(20_000)
    const thrown = throwAway(200_000)
    await session.inspector.post('HeapProfiler.collectGarbage')
    const { profile } = await session.inspector.post('HeapProfiler.stopSampling')
    const [first, ...others] = allocationSites(profile as HeapProfile)
    expect(first?.name).toBe('keepAll')
    expect(first?.url).toContain('allocation-sites.test.ts')
    expect(first?.share).toBeGreaterThan(0.5)
    expect(others.filter(({ name, share }) => name === 'throwAway' && share > 0.1)).toEqual([])
    expect([kept.length, thrown]).toEqual([20_000, 200_000])
  })
})

function connected() {
  const inspector = new Session()
  inspector.connect()
  return { inspector, [Symbol.dispose]: () => inspector.disconnect() }
}

/** Through a builtin: what `JSON.parse` makes is this function's. */
function keepAll(count: number): unknown[] {
  const kept: unknown[] = []
  for (let index = 0; index < count; index++) kept.push(JSON.parse(`{"number":${index},"lines":[1,2,3,4,5,6,7,8]}`))
  return kept
}

function throwAway(count: number): number {
  let length = 0
  for (let index = 0; index < count; index++) length += JSON.parse(`[${index}]`).length
  return length
}
