// Real profiles of real servers: the guilty function is named with its line in the source, the innocent are not.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explain } from '../../src/analysis/explain.ts'
import { hotFunctions } from '../../src/analysis/hot-functions.ts'
import { describeExplanation, type Explanation } from '../../src/core/explanation.ts'
import { positionsIn, profileUnder, type Traffic } from '../support/profiled/profiled-server.ts'

const source = fileURLToPath(new URL('../support/profiled/shop.ts', import.meta.url))
const compiler = fileURLToPath(import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'))
const template: Traffic = { path: '/template', requests: 100, atLeast: 1000 }
const exporting: Traffic = { path: '/export', requests: 100, atLeast: 1000 }

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitest-load-hot-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  compile('linked', '--sourceMap')
  compile('inline', '--inlineSourceMap', '--inlineSources')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Ten of ten, blocks on a machine that does nothing else, and twenty healthy ones, are lines of `npm run verify`.
describe('the guilty function comes first, with its line', () => {
  it.each<[string, Traffic, string]>([
    ['a CPU-hungry template', template, 'renderInvoice'],
    ['a builtin that it calls', exporting, 'exportAll'],
  ])('%s', async (_, traffic, name) => {
    expect(first(await explanationOf(traffic, source))).toBe(`${name} ${source}:${lineOf(name)}`)
  })

  it.each<[string, string]>([
    ['compiled, with a source map beside it', 'linked'],
    ['compiled, with a source map inside', 'inline'],
  ])('of a script that was %s', async (_, build) => {
    const script = join(folder, build, 'shop.js')
    const names = readFileSync(script, 'utf8').split('\n')
    expect(names.findIndex((line) => line.includes('function renderInvoice')) + 1).not.toBe(lineOf('renderInvoice'))
    const [traffic, name] = [template, 'renderInvoice']
    expect(first(await explanationOf(traffic, script))).toBe(`${name} ${source}:${lineOf(name)}`)
  })

  it('and within it the line that the time went into', async () => {
    const { hot } = await explanationOf(template, source)
    expect(sourceLine(hot[0]?.hottestLine ?? 0)).toContain('digest = (digest * 31')
  })
})

describe('nobody is accused', () => {
  it.each<[string, Traffic, Explanation['loop'][]]>([
    ['on a server that waits for its database', { path: '/wait', requests: 150 }, ['idle']],
    ['on a server with little to do', { path: '/plain', requests: 300, pause: 10 }, ['idle']],
    [
      'on a server that answers as fast as it can',
      { path: '/plain', requests: 4000, atLeast: 1500, users: 20 },
      ['idle', 'busy'],
    ],
    ['on a busy server whose work is spread evenly', { path: '/even', requests: 20, atLeast: 1000 }, ['busy']],
  ])('%s', async (_, traffic, states) => {
    const explanation = await explanationOf(traffic, source)
    expect(explanation, describeExplanation(explanation).join('\n')).toMatchObject({ hot: [], remarks: [] })
    expect(states).toContain(explanation.loop)
  })
})

async function explanationOf(traffic: Traffic, script: string): Promise<Explanation> {
  const recorded = await profileUnder(traffic, script)
  const positionOf = positionsIn(pathToFileURL(`${folder}/`), recorded)
  return explain(
    hotFunctions(recorded.profile, { agent: [new URL('../support/profiled/profiler.ts', import.meta.url).href] }),
    { positionOf },
  )
}

function first({ hot, sentence }: Explanation): string {
  return hot[0] ? `${hot[0].name} ${hot[0].file}:${hot[0].line}` : sentence
}

function compile(build: string, ...options: readonly string[]): void {
  const target = ['--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--skipLibCheck']
  const typeRoots = ['--typeRoots', join(dirname(compiler), '../../@types')]
  execFileSync(process.execPath, [
    compiler,
    source,
    '--ignoreConfig',
    ...target,
    ...typeRoots,
    ...options,
    '--outDir',
    join(folder, build),
  ])
}

function lineOf(name: string): number {
  const lines = readFileSync(source, 'utf8').split('\n')
  return lines.findIndex((line) => line.includes(`function ${name}(`) || line.includes(`const ${name} =`)) + 1
}

function sourceLine(line: number): string {
  return readFileSync(source, 'utf8').split('\n')[line - 1] ?? ''
}
