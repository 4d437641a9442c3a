// Finds the user's source for a position in a script that ran, through the script's source map.
import { SourceMap } from 'node:module'

/** As V8 counts: from 0. */
export interface ScriptPosition {
  readonly url: string
  readonly line: number
  /** Default: all of the line is meant, or what follows `from`. */
  readonly column?: number
  readonly from?: number
  /** What the script calls the function that begins here. */
  readonly name?: string
}

export interface SourcePosition {
  /** Relative to the root; from `node_modules` on in a dependency; absolute elsewhere. With slashes. */
  readonly file: string
  /** From 1, as editors count. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** What the source calls the function, where the source map tells: bundlers shorten names. */
  readonly name?: string
  /** Why this is the position in the script that ran, though it has a source map. */
  readonly remark?: string
  /** What was asked for as one line of the script is several of the source: this is the last of them. */
  readonly isLastOfSeveral?: true
}

export interface SourceReader {
  /** Of the directory that paths are shown relative to: a `file:` URL. */
  readonly root: string
  /** What the script names as its source map: a URL, absolute or relative to the script, also `data:`. */
  readonly sourceMapOf: (url: string) => string | undefined
  /** Text of a `file:` URL; undefined when there is none. */
  readonly read: (url: string) => string | undefined
}

/** The parts of a source map (ECMA-426) that are touched here. */
interface RawMap {
  readonly sourceRoot?: string | null
  readonly sources?: readonly (string | null)[]
  readonly mappings?: unknown
  readonly sections?: readonly {
    readonly offset: { readonly line: number; readonly column: number }
    readonly map: RawMap
  }[]
}

interface Entry {
  readonly generatedLine: number
  readonly generatedColumn: number
  readonly originalSource: string
  readonly originalLine: number
  readonly originalColumn: number
  readonly name?: string
}

type OpenMap = { readonly map: SourceMap } | { readonly remark: string } | undefined

const endOfLine = Number.MAX_SAFE_INTEGER

/** Reads each source map once. */
export function sourcePositions(reader: SourceReader): (position: ScriptPosition) => SourcePosition {
  const maps = new Map<string, OpenMap>()
  return (position) => {
    const { url, line, column = 0 } = position
    if (!maps.has(url)) maps.set(url, openMap(url, reader))
    const found = maps.get(url)
    const unmapped = { file: shownPath(url, reader.root), line: line + 1, column: column + 1 }
    if (!found) return unmapped
    if ('remark' in found) return { ...unmapped, remark: found.remark }
    const entry = entryAt(found.map, position)
    if (!entry) return { ...unmapped, remark: `the source map of ${unmapped.file} says nothing about line ${line + 1}` }
    return {
      file: shownPath(entry.originalSource, reader.root),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      ...(isNamedBy(entry, position) && { name: entry.name }),
      ...(position.column === undefined &&
        !isOneLine(found.map, entry, position) && { isLastOfSeveral: true as const }),
    }
  }
}

/** V8 lets a function begin at its parameters: the name is mapped right before them. Anything else there names no function. */
function isNamedBy({ name, generatedColumn }: Entry, { name: called = '', column }: ScriptPosition): boolean {
  return Boolean(name && called) && generatedColumn + called.length === column
}

/** The mapping at or before the position, or else the next one: both on the line that was asked for. */
function entryAt(map: SourceMap, { line, column = endOfLine }: ScriptPosition): Entry | undefined {
  for (const at of [column, endOfLine]) {
    const entry = map.findEntry(line, at) as Partial<Entry>
    const isHere = entry.generatedLine === line && typeof entry.originalSource === 'string'
    if (isHere && isPosition(entry.originalLine) && isPosition(entry.originalColumn)) return entry as Entry
  }
  return undefined
}

/** Compilers that leave out line breaks put many lines of the source into one of the script. */
function isOneLine(map: SourceMap, last: Entry, { line, from = 0 }: ScriptPosition): boolean {
  let entry: Partial<Entry> = last
  while (entry.generatedLine === line && (entry.generatedColumn as number) >= from) {
    if (isPosition(entry.originalLine) && !isSameLine(entry, last)) return false
    if (entry.generatedColumn === 0) break
    entry = map.findEntry(line, (entry.generatedColumn as number) - 1)
  }
  return true
}

function isSameLine(a: Partial<Entry>, b: Partial<Entry>): boolean {
  return a.originalLine === b.originalLine && a.originalSource === b.originalSource
}

function isPosition(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}

function openMap(url: string, reader: SourceReader): OpenMap {
  const named = reader.sourceMapOf(url)
  // Some builds leave out the comment but not the file.
  const place = named ? resolve(named, url) : /^file:.*\.[cm]?js$/.test(url) ? `${url}.map` : undefined
  if (place === undefined) return undefined
  const shown = place.startsWith('data:') ? 'inside of the script' : shownPath(place, reader.root)
  try {
    const text = place.startsWith('data:') ? textOf(place) : place.startsWith('file:') ? reader.read(place) : undefined
    if (text === undefined) return named ? { remark: `its source map is missing: ${shown}` } : undefined
    const base = place.startsWith('data:') ? url : place
    const raw = JSON.parse(text.replace(/^\)\]\}'.*\n/, '')) as RawMap
    return { map: new SourceMap(withWholeSources(raw, base) as ConstructorParameters<typeof SourceMap>[0]) }
  } catch (error) {
    return { remark: `its source map cannot be read: ${shown} (${(error as Error).message})` }
  }
}

/** Sources as URLs, so that an entry says by itself where it leads. */
function withWholeSources(map: RawMap, base: string): RawMap {
  if (map.sections) {
    return { ...map, sections: map.sections.map((part) => ({ ...part, map: withWholeSources(part.map, base) })) }
  }
  const { sourceRoot, sources = [], mappings } = map
  // SourceMap would read anything as something.
  if (typeof mappings !== 'string' || !/^[\w+/,;]*$/.test(mappings)) throw new Error('its mappings are no base64')
  const folder = sourceRoot ? `${sourceRoot.replace(/\/$/, '')}/` : ''
  return {
    ...map,
    sourceRoot: '',
    sources: sources.map((source) => resolve(`${source === null ? '' : folder}${source ?? ''}`, base)),
  }
}

function textOf(dataUrl: string): string {
  const comma = dataUrl.indexOf(',')
  const body = decodeURIComponent(dataUrl.slice(comma + 1))
  if (!/;base64$/i.test(dataUrl.slice(0, comma))) return body
  return new TextDecoder().decode(Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)))
}

/** Tools write paths where URLs belong: of Windows, and with letters that mean something in a URL. */
function resolve(reference: string, base: string): string {
  if (/^data:/i.test(reference)) return reference
  const path = reference.replaceAll('\\', '/')
  const whole = /^[a-z]:\//i.test(path) ? `file:///${path}` : path
  const escaped = /^[a-z][a-z+.-]+:/i.test(whole) ? whole : whole.replace(/[?#]/g, encodeURIComponent)
  return URL.canParse(escaped, base) ? new URL(escaped, base).href : reference
}

/** A path as the user would type it. */
function shownPath(url: string, root: string): string {
  if (!URL.canParse(url)) return url
  const folder = root.endsWith('/') ? root : `${root}/`
  const { protocol, pathname } = new URL(url)
  const inDependency = /.*\/(node_modules\/.+)$/.exec(pathname)?.[1]
  if (inDependency) return decoded(inDependency)
  if (url.startsWith(folder)) return decoded(url.slice(folder.length).replace(/[?#].*$/, ''))
  // webpack://package/./src/a.ts
  if (protocol.startsWith('webpack') || protocol.startsWith('vite')) return decoded(pathname.replace(/^\/+/, ''))
  if (protocol !== 'file:') return url.length > 80 ? `${url.slice(0, 79)}…` : url
  return decoded(pathname.replace(/^\/(?=[a-z]:\/)/i, ''))
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
