// What is read of servers and of their connections for a limit. The worst server counts, and one that is not known may be worse.
import type { Bytes } from './byte-count.ts'
import type { ServerLeak } from './leak.ts'
import { processName } from './process-name.ts'
import { exactly, isKnown, largest, nothing, type Reading, upwards } from './reading.ts'
import { Series, type SeriesStatistic } from './series.ts'
import type { ServerSeries, Slice } from './slice.ts'
import { formatBytes, formatSpan } from './units.ts'
import { type UsageName, usageKinds } from './usage.ts'

type ReadSeries = (series: ServerSeries['series']) => Reading | undefined

/** A process without a reading of the agent for so long, in ms or as a share of the time, has an agent that fell silent. */
const longestSilence = 5000
const mostSilence = 0.1

/** Of the worst server, by a number of which more is worse. `what` is read, in words. */
export function readWorst(slice: Slice, what: string, read: ReadSeries): Reading {
  const servers = livesIn(slice)
  if (servers.length === 0) return nothing('no server is watched: start it with serve(), or give its pid as monitor')
  const all = servers.map((server) => ({ server, reading: read(server.series) ?? nothing('') }))
  const worst = largest(all.filter(({ reading }) => isKnown(reading)).map(({ reading }) => reading))
  const blind = all.filter(({ reading }) => !isKnown(reading))
  if (blind.length === 0) return worst
  const names = blind.map(({ server }) => `"${server.name}"`).join(', ')
  const reasons = new Set(blind.flatMap(({ server, reading }) => (reading.doubt ? [reading.doubt] : server.unseen)))
  const why = [...reasons].join('; ') || 'no sample was taken in this time'
  return upwards(worst, `${what} of ${names} is not known: ${why}`)
}

/** Without the lives of a server that was started again which had their time before or after this part of the run. */
function livesIn({ servers, duration, data }: Slice): readonly ServerSeries[] {
  if (duration === data.duration) return servers
  const isSeen = ({ series }: { readonly series: object }) => Object.keys(series).length > 0
  const seen = new Set(servers.filter(isSeen).map(({ name }) => name))
  const elsewhere = new Set(data.usage.servers.filter(isSeen).map(({ pid }) => pid))
  return servers.filter((server) => isSeen(server) || !seen.has(server.name) || !elsewhere.has(server.pid))
}

export function readUsage(slice: Slice, name: UsageName, figure: 'max' | 'mean'): Reading {
  return readWorst(slice, `the ${usageKinds[name].label}`, ({ [name]: known, cpu }) => {
    return known && untilSilence(exactly(known[figure]), { known, cpu, figure, slice })
  })
}

interface Heard {
  readonly known: Series
  /** Read from outside, for as long as the process runs. */
  readonly cpu: Series | undefined
  readonly figure: SeriesStatistic
  readonly slice: Slice
}

/** What the agent told, perhaps of a part of the time in which its process ran: a peak is one at least, all else is not known. */
export function untilSilence(reading: Reading, { known, cpu, figure, slice }: Heard): Reading {
  const last = known.at.at(-1) ?? 0
  const silent = (cpu?.at.at(-1) ?? 0) - last
  if (figure === 'growth' || silent <= Math.max(longestSilence, mostSilence * slice.duration)) return reading
  const doubt = `nothing was told of it after ${formatSpan(last)}, while the server went on`
  return figure === 'max' ? upwards(reading, doubt) : nothing(doubt)
}

/** In bytes per second, heads and bodies. */
export function readNetwork({ name, data }: Slice, figure: (bytes: Bytes) => number): Reading {
  const { bytes, duration } = data
  if (name !== data.name) return nothing('bytes are counted for the whole run: judge the run, not a part of it')
  if (bytes === undefined) return nothing('what a function sends and receives is its own: nobody counts it')
  return exactly((figure(bytes) * 1000) / duration)
}

/** What the worst server leaks in an hour, 0 when it does not. */
export function readLeak({ leaks }: Slice): Reading {
  if (leaks === undefined) return nothing('nobody looked for leaks: load(target, { leaks: true })')
  if (leaks.length === 0) return nothing('no Node server was watched: start it with serve()')
  const open = leaks.filter(({ verdict }) => verdict === 'inconclusive')
  const worst = largest(leaks.filter((leak) => !open.includes(leak)).map(leaked))
  return open.length === 0
    ? worst
    : upwards(worst, open.map((leak) => `${processName(leak)}: ${leak.reason}`).join('; '))
}

function leaked({ verdict, perHour: { value, lower, upper } }: ServerLeak): Reading {
  if (verdict === 'no-leak') return exactly(0)
  const bounds = { lower: lower ?? value ?? Number.NaN, upper: upper ?? Number.POSITIVE_INFINITY }
  return { bounds, ...(value === null ? {} : { estimate: value }), doubt: 'the limit lies inside of its interval' }
}

/** In bytes an hour of the server that grows fastest, with the interval in which its growth lies. */
export function readGrowth(slice: Slice): Reading {
  return readWorst(slice, 'the growth of memory', ({ memory }) => memory && growthOf(memory))
}

/** The share of a series in which a server still warms up. */
const warmingShare = 0.3
/** Resident memory moves by so much without any growth: what is less over the time tells nothing. */
const leastGrowth = 2 ** 20
const leastGrowthShare = 0.02

function growthOf(memory: Series): Reading {
  const first = Math.floor(memory.count * warmingShare)
  const { unit, at, values } = memory
  const settled = new Series({ unit, at: at.slice(first), values: values.slice(first) })
  const { slope, lower, upper } = settled.growth
  const window = (settled.at.at(-1) ?? 0) - (settled.at[0] ?? 0)
  if (Number.isNaN(slope)) return nothing('too few samples were taken: growth needs a longer run')
  const invisible = (Math.max(leastGrowth, leastGrowthShare * settled.mean) * 3_600_000) / window
  const bounds = { lower: lower < invisible ? Math.min(lower, 0) : lower, upper: Math.max(upper, invisible) }
  const unknown = `within ${formatSpan(window)} too few samples were taken to say how fast it grew: a longer run tells`
  if (!Number.isFinite(bounds.lower) || !Number.isFinite(bounds.upper))
    return { bounds, estimate: slope, doubt: unknown }
  const doubt = `within ${formatSpan(window)} it grew by something between ${formatBytes(bounds.lower)} and ${formatBytes(bounds.upper)} an hour: a longer run narrows that, levels such as { target: 0, acceptable: '10MB/h' } allow what does not show`
  return { bounds, estimate: slope, invisible, doubt }
}
