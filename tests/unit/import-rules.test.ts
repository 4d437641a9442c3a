// Keeps the walls between the rooms: who imports whom, which clocks are used, what rooms are called.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

interface SourceFile {
  /** From the root of the project, with slashes. */
  readonly path: string
  readonly text: string
}

/** What the files of a room may import beside each other: rooms, node modules (`*`: any; or these) and packages. */
interface Room {
  readonly rooms: readonly string[]
  readonly node: '*' | 'none' | readonly string[]
  readonly packages: readonly string[]
}

const beneathEngine = ['scenario', 'drivers', 'monitor', 'faults', 'history', 'relay', 'processes']

// The table of DESIGN.md, "Rooms, and who may import whom".
const rooms: Readonly<Record<string, Room>> = {
  'index.ts': { rooms: ['vitest', 'engine', 'processes', 'record', 'core'], node: 'none', packages: ['vitest'] },
  core: { rooms: [], node: 'none', packages: ['hdr-histogram-js'] },
  drivers: { rooms: ['scenario', 'core'], node: '*', packages: ['autocannon', 'undici', 'ws'] },
  scenario: { rooms: ['drivers', 'core'], node: '*', packages: ['undici'] },
  processes: { rooms: ['core', 'agent'], node: '*', packages: [] },
  monitor: { rooms: ['processes', 'core', 'agent'], node: '*', packages: ['pidusage'] },
  agent: { rooms: [], node: '*', packages: [] },
  relay: { rooms: ['core'], node: '*', packages: [] },
  faults: { rooms: ['relay', 'processes', 'core'], node: '*', packages: [] },
  history: { rooms: ['core'], node: '*', packages: [] },
  // Of node:module only SourceMap: arithmetic on a text.
  analysis: { rooms: ['record', 'core'], node: ['node:module'], packages: [] },
  engine: { rooms: [...beneathEngine, 'analysis', 'core'], node: '*', packages: [] },
  vitest: { rooms: ['engine', 'processes', 'record', 'core'], node: '*', packages: ['vitest', '@vitest'] },
  plugin: { rooms: ['core'], node: '*', packages: ['vitest', 'vite'] },
  record: { rooms: ['core'], node: '*', packages: [] },
  live: { rooms: ['record', 'analysis', 'core'], node: '*', packages: ['ws'] },
  cli: { rooms: ['record', 'analysis', 'core'], node: '*', packages: ['chalk'] },
  reporters: { rooms: ['record', 'analysis', 'live', 'core'], node: '*', packages: ['vitest', 'chalk'] },
}

const badNames = /^(utils?|helpers?|types?|constants?|common|managers?|misc|shared)$/

// Fake timers of users replace the globals; those of node: stay real.
const globals =
  /(?<![\w.'"`#-])(setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|clearImmediate)\s*\(|(?<![\w.'"`/#-])(performance)\.\w|\b(Date\.now\b|new Date\(\))/g
const clocks = {
  setTimeout: ['node:timers', 'node:timers/promises'],
  setInterval: ['node:timers', 'node:timers/promises'],
  setImmediate: ['node:timers', 'node:timers/promises'],
  clearTimeout: ['node:timers'],
  clearInterval: ['node:timers'],
  clearImmediate: ['node:timers'],
  performance: ['node:perf_hooks'],
} as const

/** Wall-clock time is for people: ISO stamps, never for measuring. */
const stamps: Readonly<Record<string, string>> = {
  'reporters/index.ts': 'createdAt of a report',
}

describe('the sources', () => {
  const files = sourceFiles(['src', 'reporters'])

  it('are there to be read', () => {
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['src/core/run.ts', 'src/engine/load.ts']))
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100)
  })

  it('break no rule', () => {
    expect(files.flatMap(breaches)).toEqual([])
  })

  it('use every exception they have', () => {
    const used = files.filter(({ path, text }) => path in stamps && /\bDate\b/.test(text)).map(({ path }) => path)
    expect(used.sort()).toEqual(Object.keys(stamps).sort())
  })
})

describe('the rules find', () => {
  it.each([
    ['node in the core', 'src/core/a.ts', "import { readFileSync } from 'node:fs'", 'core imports node:fs'],
    ['a type of node in the core', 'src/core/a.ts', "import type { Server } from 'node:net'", 'core imports node:net'],
    ['a type of node in passing', 'src/core/a.ts', "let a: import('node:net').Server", 'core imports node:net'],
    ['process in the core', 'src/core/a.ts', 'const pid = process.pid', 'core uses process'],
    ['a package in the core', 'src/core/a.ts', "import x from 'undici'", 'core imports undici'],
    ['the engine in the core', 'src/core/a.ts', "import { load } from '../engine/load.ts'", 'core imports engine'],
    ['Vitest in the engine', 'src/engine/a.ts', "import { it } from 'vitest'", 'engine imports vitest'],
    ['the Vitest room in the engine', 'src/engine/a.ts', "export * from '../vitest/a.ts'", 'engine imports vitest/'],
    ['Vitest in the record', 'src/record/a.ts', "import type { T } from 'vitest/node'", 'record imports vitest/node'],
    ['files in a driver', 'src/drivers/a.ts', "import 'node:fs'", 'drivers imports node:fs'],
    [
      'files in a driver, promised',
      'src/drivers/a.ts',
      "await import('node:fs/promises')",
      'drivers imports node:fs/p',
    ],
    ['Vitest in a driver', 'src/drivers/a.ts', "import { vi } from 'vitest'", 'drivers imports vitest'],
    ['matchers in the plugin', 'src/plugin/a.ts', "import '../vitest/setup.ts'", 'plugin imports vitest/'],
    ['reporters in the plugin', 'src/plugin/a.ts', "import R from '../../reporters/index.ts'", 'plugin imports report'],
    [
      'the engine in a reporter',
      'reporters/a.ts',
      "import { load } from '../src/engine/load.ts'",
      'reporters imports en',
    ],
    ['drivers in a reporter', 'reporters/a.ts', "import '../src/drivers/pace.ts'", 'reporters imports drivers'],
    ['anything in the agent', 'src/agent/a.ts', "import { x } from '../core/run.ts'", 'agent imports core'],
    ['a package in the agent', 'src/agent/a.ts', "import x from 'chalk'", 'agent imports chalk'],
    [
      'an import over several lines',
      'src/core/a.ts',
      "import {\n  a,\n  b,\n} from '../engine/load.ts'",
      'core imports en',
    ],
    ['tests in the sources', 'src/core/a.ts', "import '../../tests/support/x.ts'", 'core imports tests'],
    ['files in the analysis', 'src/analysis/a.ts', "import 'node:fs'", 'analysis imports node:fs'],
    ['the engine in the analysis', 'src/analysis/a.ts', "import '../engine/load.ts'", 'analysis imports engine'],
    ['a room without a row', 'src/extras/a.ts', '', 'extras is no room'],
    ['a room named utils', 'src/core/utils/a.ts', '', "'utils' says nothing"],
    ['a file named helpers', 'src/core/helpers.ts', '', "'helpers' says nothing"],
    ['a file beside the rooms', 'src/more.ts', '', 'more.ts is no room'],
    ['a global timer', 'src/engine/a.ts', 'setTimeout(() => {}, 5)', 'setTimeout is not from node:timers'],
    [
      'a timer of another kind',
      'src/engine/a.ts',
      "import { setTimeout } from 'node:x'\nclearTimeout(a)",
      'clearTimeout is',
    ],
    ['the global clock', 'src/engine/a.ts', 'const now = performance.now()', 'performance is not from node:perf_hooks'],
    ['wall-clock time', 'src/engine/a.ts', 'const now = Date.now()', 'Date is only for stamps'],
    ['wall-clock time as an object', 'reporters/a.ts', 'new Date().getTime()', 'Date is only for stamps'],
  ])('%s', (_, path, text, breach) => {
    expect(breaches({ path, text })).toEqual([expect.stringContaining(breach)])
  })

  it.each([
    ['its own room', 'src/core/a.ts', "import { b } from './b.ts'"],
    ['its own room from a folder in it', 'src/vitest/matchers/a.ts', "import { b } from '../b.ts'"],
    ['a room beneath', 'src/engine/a.ts', "import { b } from '../drivers/b.ts'\nimport { c } from '../core/c.ts'"],
    ['a package that is its own', 'src/drivers/a.ts', "import autocannon from 'autocannon'"],
    ['a part of a package', 'src/plugin/a.ts', "import { defineConfig } from 'vitest/config'"],
    ['real timers', 'src/engine/a.ts', "import { setTimeout as sleep } from 'node:timers/promises'\nawait sleep(1)"],
    [
      'real timers by name',
      'src/engine/a.ts',
      "import { clearTimeout, setTimeout } from 'node:timers'\nsetTimeout(f, 1)",
    ],
    ['the real clock', 'src/engine/a.ts', "import { performance } from 'node:perf_hooks'\nperformance.now()"],
    ['a method called like a timer', 'src/engine/a.ts', 'socket.setTimeout(5)'],
    ['talk of a timer', 'src/engine/a.ts', '// setTimeout(5) and Date.now() and process.pid\n/** performance.now() */'],
    ['a date of its own', 'src/engine/a.ts', 'new Date(5).toISOString()'],
    ['a stamp where it is allowed', 'reporters/index.ts', 'new Date().toISOString()'],
    ['an import inside a text', 'src/core/a.ts', 'const usage = `see import (node:fs)`'],
  ])('nothing against %s', (_, path, text) => {
    expect(breaches({ path, text })).toEqual([])
  })
})

function sourceFiles(folders: readonly string[]): SourceFile[] {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  return folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const file = `${entry.parentPath}${sep}${entry.name}`
        return { path: relative(root, file).replaceAll(sep, '/'), text: readFileSync(file, 'utf8') }
      }),
  )
}

function breaches(file: SourceFile): string[] {
  const room = roomOf(file.path)
  const names = file.path.split('/').map((part) => part.replace(/\.ts$/, ''))
  const found = names.filter((name) => badNames.test(name)).map((name) => `'${name}' says nothing`)
  if (!rooms[room]) found.push(`${room} is no room`)
  else found.push(...importBreaches(file, room, rooms[room]))
  return [...found, ...clockBreaches(file)].map((text) => `${file.path}: ${text}`)
}

function importBreaches(file: SourceFile, room: string, { rooms, node, packages }: Room): string[] {
  const found = importsOf(file).flatMap((target) => {
    if (target.startsWith('node:')) {
      const isOpen = node === '*' ? !isBarred(room, target) : node.includes(target)
      return isOpen ? [] : [`${room} imports ${target}`]
    }
    if (!target.startsWith('.')) {
      return packages.some((name) => target === name || target.startsWith(`${name}/`))
        ? []
        : [`${room} imports ${target}`]
    }
    const other = roomOf(posix.join(dirname(file.path), target))
    return other === room || rooms.includes(other) ? [] : [`${room} imports ${other}/`]
  })
  if (room === 'core' && /\bprocess\./.test(code(file))) found.push('core uses process')
  return found
}

/** Drivers send; where things are kept is not theirs to know. */
function isBarred(room: string, target: string): boolean {
  return room === 'drivers' && /^node:(fs|child_process)\b/.test(target)
}

function clockBreaches(file: SourceFile): string[] {
  const text = code(file)
  const found = [...text.matchAll(globals)].flatMap(([, timer, clock, date]) => {
    if (date) return file.path in stamps ? [] : ['Date is only for stamps']
    const name = (timer ?? clock) as keyof typeof clocks
    return clocks[name].some((source) => imports(text, name, source)) ? [] : [`${name} is not from ${clocks[name][0]}`]
  })
  return [...new Set(found)]
}

function imports(text: string, name: string, source: string): boolean {
  return [...text.matchAll(/import\s*\{([^}]*)\}\s*from\s*'([^']+)'/g)].some(
    ([, names = '', from]) => from === source && names.split(',').some((each) => each.trim() === name),
  )
}

/** `core` of `src/core/run.ts`, `index.ts` of `src/index.ts`, `reporters` of `reporters/index.ts`. */
function roomOf(path: string): string {
  const [top = '', room = ''] = path.split('/')
  return top === 'src' ? room : top
}

/** Every module that is named after `from`, `import` or inside `import()`. */
function importsOf(file: SourceFile): string[] {
  return [...code(file).matchAll(/(?<!')(?:\bfrom|\bimport)\s*\(?\s*'([^'\n]+)'/g)].map(
    ([, target]) => target as string,
  )
}

function code({ text }: SourceFile): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<!['":])\/\/.*$/gm, '')
}
