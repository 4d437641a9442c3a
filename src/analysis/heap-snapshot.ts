// Counts what a V8 heap snapshot holds by constructor, and names those of which all later snapshots have more.
import { LoadTestError } from '../core/errors.ts'

/**
 * What a group has in common: its constructor, the function that all are closures of, or just what V8 stores in them
 * (`contents`: arrays, strings, ...). `internal` is V8's own: hidden classes, compiled code, contexts of closures.
 */
type Kind = 'constructor' | 'closure' | 'contents' | 'internal'

export interface HeapGroup {
  /** `Order`; `onRequest()` for closures, `(anonymous function, line 12)` without a name; `(string)` for contents. */
  readonly name: string
  readonly kind: Kind
  readonly count: number
  /** Of the objects themselves, without what they refer to. */
  readonly bytes: number
}

/** By a key that is the same in all snapshots of a process. */
export type HeapCounts = ReadonlyMap<string, HeapGroup>

/** A group that grew: what each of the snapshots holds of it. */
export interface GrownConstructor {
  readonly name: string
  readonly count: readonly number[]
  /** Of the objects themselves, without what they refer to. */
  readonly bytes: readonly number[]
}

/** The parts of a snapshot that are read here (V8's HeapSnapshotJSONSerializer). */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly unknown[] }
    readonly node_count: number
  }
  /** The fields of one node after those of another. */
  readonly nodes: readonly number[]
  /** Where functions begin, four numbers for each: index into `nodes`, script, line and column from 0. */
  readonly locations?: readonly number[]
  readonly strings: readonly string[]
}

/** Where in the numbers of a node something stands, and what its type means. */
interface Layout {
  readonly width: number
  readonly type: number
  readonly name: number
  readonly bytes: number
  readonly types: readonly string[]
}

/** Types that are counted as a whole; what is in neither list is internal. */
const contents: Readonly<Record<string, string>> = {
  array: '(array)',
  string: '(string)',
  'concatenated string': '(string)',
  'sliced string': '(string)',
  number: '(number)',
  bigint: '(bigint)',
  symbol: '(symbol)',
  regexp: '(regexp)',
  native: '(native)',
  'wasm object': '(wasm)',
}
const internals: Readonly<Record<string, string>> = { code: '(compiled code)' }

/**
 * @param text of a `.heapsnapshot` file
 * @throws LoadTestError `invalid-record` when it is no heap snapshot or only a part of one
 */
export function readHeapSnapshot(text: string): HeapCounts {
  const snapshot = parse(text)
  const layout = layoutOf(snapshot)
  return groupsOf(count(snapshot, layout), snapshot.strings, layout.types)
}

/** By what is known of them as a number, and only that: no object and no text for a node, of which there are millions. */
interface Sums {
  readonly objects: Tally
  readonly closures: Tally
  readonly types: Tally
  /** Functions without a name by their place. */
  readonly anonymous: ReadonlyMap<string, Tally>
}

function count({ nodes, strings, locations }: Snapshot, layout: Layout): Sums {
  const places = functionPlaces(locations)
  const objects = tally(strings.length)
  const closures = tally(strings.length)
  const types = tally(layout.types.length)
  const anonymous = new Map<string, Tally>()
  for (let at = 0; at < nodes.length; at += layout.width) {
    const number = nodes[at + layout.type] as number
    const type = layout.types[number]
    const name = nodes[at + layout.name] as number
    const bytes = nodes[at + layout.bytes] as number
    if (type === undefined || !(bytes >= 0) || strings[name] === undefined) {
      throw broken(`node ${at / layout.width} has no valid type, name or size`)
    }
    if (type === 'object') add(objects, name, bytes)
    else if (type !== 'closure') add(types, number, bytes)
    else if (strings[name] !== '') add(closures, name, bytes)
    else addAnonymous(anonymous, places.get(at) ?? '', bytes)
  }
  return { objects, closures, types, anonymous }
}

function groupsOf(
  { objects, closures, types, anonymous }: Sums,
  names: readonly string[],
  typeNames: readonly string[],
) {
  const groups = new Map<string, HeapGroup>()
  names.forEach((name, index) => {
    const kind = name.startsWith('system / ') ? 'internal' : 'constructor'
    put(groups, `object ${name}`, { name, kind, ...read(objects, index) })
    put(groups, `closure ${name}`, { name: `${name}()`, kind: 'closure', ...read(closures, index) })
  })
  typeNames.forEach((type, index) => {
    const name = contents[type]
    const kind = name ? 'contents' : 'internal'
    put(groups, name ?? type, { name: name ?? internals[type] ?? `(${type})`, kind, ...read(types, index) })
  })
  for (const [place, sums] of anonymous) {
    const [, line] = place.split(':')
    const name = line === undefined ? '(anonymous function)' : `(anonymous function, line ${Number(line) + 1})`
    put(groups, `anonymous ${place}`, { name, kind: 'closure', ...read(sums, 0) })
  }
  return groups
}

/**
 * What may have leaked: the groups of which each later snapshot holds more than the first. At most five, those first that grew to
 * the end, then the most bytes; at most two of them mere contents: the strings and arrays of what leaks say less than its name. V8's
 * internals only when nothing else grew.
 *
 * @param snapshots of one process in the order of their time, the last one best taken when nobody asks anything of it any more:
 * then it has nothing left of what requests and connections hold while they last (the rule of memlab: what a target state made
 * and a final state still has). Of less than two nothing can be said.
 */
export function grownConstructors(snapshots: readonly HeapCounts[]): readonly GrownConstructor[] {
  const last = snapshots.at(-1)
  if (!last || snapshots.length < 2) return []
  const grown = [...last]
    .map(([key, { name, kind }]) => {
      const figures = snapshots.map((counts) => counts.get(key) ?? { count: 0, bytes: 0 })
      return { name, kind, count: figures.map(({ count }) => count), bytes: figures.map(({ bytes }) => bytes) }
    })
    .filter(({ count: [first, ...later] }) => later.every((value) => value > (first as number)))
    .sort((a, b) => Number(grewTwice(b)) - Number(grewTwice(a)) || increase(b.bytes) - increase(a.bytes))
  const telling = grown.filter(({ kind }) => kind !== 'internal')
  const mere = telling.filter(({ kind }) => kind === 'contents').slice(2)
  const shown = telling.length > 0 ? telling.filter((group) => !mere.includes(group)) : grown
  return shown.slice(0, 5).map(({ name, count, bytes }) => ({ name, count, bytes }))
}

/** What pools of connections once took stays as it is when the load is over. */
function grewTwice({ count }: Pick<GrownConstructor, 'count'>): boolean {
  return (count.at(-1) as number) > (count.at(-2) as number)
}

function increase(values: readonly number[]): number {
  return (values.at(-1) as number) - (values[0] as number)
}

/** Sums by a small whole number. */
interface Tally {
  readonly count: Float64Array
  readonly bytes: Float64Array
}

function tally(size: number): Tally {
  return { count: new Float64Array(size), bytes: new Float64Array(size) }
}

function add({ count, bytes }: Tally, index: number, size: number): void {
  count[index] = (count[index] as number) + 1
  bytes[index] = (bytes[index] as number) + size
}

function addAnonymous(sums: Map<string, Tally>, place: string, size: number): void {
  const known = sums.get(place) ?? tally(1)
  sums.set(place, known)
  add(known, 0, size)
}

function read({ count, bytes }: Tally, index: number): { readonly count: number; readonly bytes: number } {
  return { count: count[index] as number, bytes: bytes[index] as number }
}

/** Several types may share a group, and a snapshot may hold a text twice. */
function put(groups: Map<string, HeapGroup>, key: string, group: HeapGroup): void {
  if (group.count === 0) return
  const known = groups.get(key)
  groups.set(key, known ? { ...group, count: known.count + group.count, bytes: known.bytes + group.bytes } : group)
}

/** Script and line of the functions, by the place of their node. */
function functionPlaces(locations: readonly number[] = []): ReadonlyMap<number, string> {
  const places = new Map<number, string>()
  for (let at = 0; at + 3 < locations.length; at += 4) {
    places.set(locations[at] as number, `${locations[at + 1]}:${locations[at + 2]}`)
  }
  return places
}

function parse(text: string): Snapshot {
  let parsed: Partial<Snapshot> | null
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw broken('it is no JSON, or ends too early', cause)
  }
  const { snapshot, nodes, strings, locations = [] } = parsed ?? {}
  if (!Array.isArray(snapshot?.meta?.node_fields) || !Array.isArray(snapshot.meta.node_types?.[0])) {
    throw broken('"snapshot.meta" does not say what a node consists of')
  }
  if (!Array.isArray(nodes) || !Array.isArray(strings) || !Array.isArray(locations)) {
    throw broken('"nodes", "strings" or "locations" is no list')
  }
  return { snapshot, nodes, strings, locations } as Snapshot
}

function layoutOf({ snapshot: { meta, node_count }, nodes }: Snapshot): Layout {
  const [type, name, bytes] = ['type', 'name', 'self_size'].map((field) => meta.node_fields.indexOf(field))
  if (type === -1 || name === -1 || bytes === -1) {
    throw broken(`its nodes have ${meta.node_fields.join(', ')}; type, name and self_size are needed`)
  }
  const width = meta.node_fields.length
  if (nodes.length !== node_count * width) {
    throw broken(`${node_count} nodes of ${width} numbers were written, ${nodes.length} numbers are there`)
  }
  return { width, type, name, bytes, types: meta.node_types[0] } as Layout
}

function broken(why: string, cause?: unknown): LoadTestError {
  return new LoadTestError('invalid-record', `heap snapshot: ${why}: take a new one`, { cause })
}
