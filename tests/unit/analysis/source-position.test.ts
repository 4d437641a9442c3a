// Where a position in a script stands in the source it was made of.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, it } from 'vitest'
import { type ScriptPosition, type SourcePosition, sourcePositions } from '../../../src/analysis/source-position.ts'

const root = 'file:///home/me/shop'

/** Maps line 2 of the script, from column 4 on, to line 11, column 3 of its source, and names it there. All from 1. */
const mappings = ';GAUEA'
const mapOf = (fields: object = {}) =>
  JSON.stringify({ version: 3, sources: ['../src/a.ts'], names: ['render'], mappings, ...fields })
const inline = (map: string) => `data:application/json;charset=utf-8;base64,${Buffer.from(map).toString('base64')}`
const script = `${root}/dist/a.js`
const here: ScriptPosition = { url: script, line: 1, column: 8 }

function positionOf(
  position: ScriptPosition,
  files: Readonly<Record<string, string>> = {},
  named?: string,
): SourcePosition {
  return sourcePositions({ root, sourceMapOf: () => named, read: (url) => files[url] })(position)
}

describe('a script without a source map', () => {
  it.each([
    ['below the root', `${root}/src/a.ts`, 'src/a.ts'],
    ['outside of it', 'file:///srv/other/a.ts', '/srv/other/a.ts'],
    ['in a folder whose name begins alike', 'file:///home/me/shop-two/a.ts', '/home/me/shop-two/a.ts'],
    ['of a dependency', `${root}/node_modules/fastify/lib/reply.js`, 'node_modules/fastify/lib/reply.js'],
    ['of a dependency elsewhere', 'file:///srv/node_modules/a/b.js', 'node_modules/a/b.js'],
    ['of a dependency in a store', `${root}/node_modules/.pnpm/a@1/node_modules/a/b.js`, 'node_modules/a/b.js'],
    ['with blanks and umlauts', `${root}/src/b%20%C3%A4.ts`, 'src/b ä.ts'],
    ['with a percent sign that encodes nothing', `${root}/src/100%.ts`, 'src/100%.ts'],
    ['loaded with a query', `${root}/src/a.ts?t=12`, 'src/a.ts'],
    ['on Windows', 'file:///C:/shop/a.ts', 'C:/shop/a.ts'],
    ['that is no file', 'evalmachine.<anonymous>', 'evalmachine.<anonymous>'],
    ['that is WebAssembly', 'wasm://wasm/ab12', 'wasm://wasm/ab12'],
  ])('%s', (_, url, file) => {
    expect(positionOf({ url, line: 4, column: 2 })).toEqual({ file, line: 5, column: 3 })
  })

  it('is not made of a whole program in its URL', () => {
    const { file } = positionOf({ url: `data:text/javascript,${'x'.repeat(500)}`, line: 0 })
    expect(file).toMatch(/^data:text\/javascript,x+…$/)
    expect(file.length).toBe(80)
  })
})

describe('a source map', () => {
  const mapped = { file: 'src/a.ts', line: 11, column: 3 }

  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['that the script names', 'a.js.map', { [`${script}.map`]: mapOf() }, 'src/a.ts'],
    ['that lies beside it, unnamed', undefined, { [`${script}.map`]: mapOf() }, 'src/a.ts'],
    ['in another folder', '../maps/deep/x.map', { [`${root}/maps/deep/x.map`]: mapOf() }, 'maps/src/a.ts'],
    ['at an address of its own', `${root}/maps/x.map`, { [`${root}/maps/x.map`]: mapOf() }, 'src/a.ts'],
    ['inside of the script', inline(mapOf()), {}, 'src/a.ts'],
    ['inside of it, percent-encoded', `data:application/json,${encodeURIComponent(mapOf())}`, {}, 'src/a.ts'],
    ['with a guard against scripts', 'a.js.map', { [`${script}.map`]: `)]}'\n${mapOf()}` }, 'src/a.ts'],
    ['with a source root', inline(mapOf({ sourceRoot: '/home/me/shop/lib', sources: ['b.ts'] })), {}, 'lib/b.ts'],
    ['with a relative source root', inline(mapOf({ sourceRoot: '../lib/', sources: ['b.ts'] })), {}, 'lib/b.ts'],
    ['with sources as paths', inline(mapOf({ sources: ['/home/me/shop/src/b c#1.ts'] })), {}, 'src/b c#1.ts'],
    ['with sources as paths of Windows', inline(mapOf({ sources: ['C:\\shop\\src\\b.ts'] })), {}, 'C:/shop/src/b.ts'],
    ['with sources as URLs', inline(mapOf({ sources: [`${root}/src/b.ts`] })), {}, 'src/b.ts'],
    ['of webpack', inline(mapOf({ sources: ['webpack://shop/./src/b.ts'] })), {}, 'src/b.ts'],
    [
      'in sections',
      inline(JSON.stringify({ version: 3, sections: [{ offset: { line: 0, column: 0 }, map: JSON.parse(mapOf()) }] })),
      {},
      'src/a.ts',
    ],
    ['with letters beyond ASCII', inline(mapOf({ sources: ['../src/ä€.ts'] })), {}, 'src/ä€.ts'],
  ])('%s', (_, named, files, file) => {
    expect(positionOf(here, files, named)).toEqual({ ...mapped, file })
  })

  it('is read once', () => {
    const asked: string[] = []
    const read = (url: string) => {
      asked.push(url)
      return mapOf()
    }
    const find = sourcePositions({ root, sourceMapOf: () => undefined, read })
    expect([find(here), find({ ...here, column: 9 })]).toEqual([mapped, mapped])
    expect(asked).toEqual([`${script}.map`])
  })

  it('is not looked for beside a source', () => {
    const read = (url: string) => expect.fail(`read ${url}`)
    expect(sourcePositions({ root, sourceMapOf: () => undefined, read })({ ...here, url: `${root}/a.ts` }).line).toBe(2)
  })

  it('tells of a whole line, and of what stands before its first mapping', () => {
    expect(positionOf({ url: script, line: 1 }, {}, inline(mapOf()))).toEqual(mapped)
    expect(positionOf({ url: script, line: 1, column: 0 }, {}, inline(mapOf()))).toEqual(mapped)
  })

  it('says where a line of the script is several of the source, which compilers print as one', () => {
    // From column 8 on it is line 12 of the source, from 12 on line 12 still.
    const printed = inline(mapOf({ mappings: `${mappings},IACC,IAAC` }))
    const last = { file: 'src/a.ts', line: 12, column: 5 }
    expect(positionOf({ url: script, line: 1 }, {}, printed)).toEqual({ ...last, isLastOfSeveral: true })
    expect(positionOf({ url: script, line: 1, from: 5 }, {}, printed)).toEqual(last)
    expect(positionOf({ url: script, line: 1, column: 13 }, {}, printed)).toEqual(last)
    const bundled = inline(mapOf({ sources: ['../src/a.ts', '../src/b.ts'], mappings: `${mappings},ICAA` }))
    expect(positionOf({ url: script, line: 1 }, {}, bundled)).toMatchObject({ file: 'src/b.ts', isLastOfSeveral: true })
  })

  it('knows what the source calls a function that a bundler renamed', () => {
    const named = inline(mapOf())
    // function t(...): the name is mapped at column 3, the parameters begin at 4.
    expect(positionOf({ url: script, line: 1, column: 4, name: 't' }, {}, named).name).toBe('render')
    expect(positionOf({ url: script, line: 1, column: 9, name: 't' }, {}, named).name).toBeUndefined()
    expect(positionOf({ url: script, line: 1, column: 4 }, {}, named).name).toBeUndefined()
  })
})

describe('a source map that does not help leaves the position as it is and says so', () => {
  const unmapped = { file: 'dist/a.js', line: 2, column: 9 }
  it.each([
    ['missing', 'a.js.map', {}, 'its source map is missing: dist/a.js.map'],
    ['on the network', 'https://example.com/a.js.map', {}, 'its source map is missing: https://example.com/a.js.map'],
    ['not JSON', 'a.js.map', { [`${script}.map`]: '<html>' }, 'its source map cannot be read: dist/a.js.map ('],
    ['null', inline('null'), {}, 'its source map cannot be read: inside of the script ('],
    ['without mappings', inline('{"version":3,"sources":["a.ts"]}'), {}, 'cannot be read: inside of the script ('],
    ['not in base64', 'data:application/json;base64,%%%', {}, 'its source map cannot be read: inside of the script ('],
    [
      'of other lines',
      inline(mapOf({ mappings: 'AAAA' })),
      {},
      'the source map of dist/a.js says nothing about line 2',
    ],
    ['full of garbage', inline(mapOf({ mappings: ';!?§$%' })), {}, 'inside of the script (its mappings are no base64)'],
    ['of nothing', inline(mapOf({ mappings: '' })), {}, 'the source map of dist/a.js says nothing about line 2'],
  ])('%s', (_, named, files, remark) => {
    expect(positionOf(here, files, named)).toEqual({ ...unmapped, remark: expect.stringContaining(remark) })
  })
})

it('finds every function of a real file in what a compiler made of it', () => {
  const url = new URL('../../support/profiled/shop.ts', import.meta.url)
  const source = readFileSync(url, 'utf8')
  const output = stripTypeScriptTypes(source, { mode: 'transform', sourceMap: true, sourceUrl: url.href })
  const lines = output.split('\n')
  const [, named] = /sourceMappingURL=(\S+)/.exec(output) ?? []
  const find = sourcePositions({ root: new URL('.', url).href, sourceMapOf: () => named, read: () => undefined })
  const found = lines.flatMap((text, line) => {
    const [, name] = /function (\w+)\(/.exec(text) ?? []
    if (!name) return []
    const position = find({ url: `${url.href}.js`, line, column: text.indexOf('(', text.indexOf(name)) })
    return [{ name, moved: position.line !== line + 1, text: source.split('\n')[position.line - 1] ?? '' }]
  })
  expect(found.length).toBeGreaterThan(6)
  expect(found.every(({ name, text }) => text.includes(`function ${name}(`))).toBe(true)
  expect(found.some(({ moved }) => moved)).toBe(true)
})
