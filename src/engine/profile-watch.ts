// Has the Node servers under load take CPU profiles from its start to its end, and says what they did with their time.
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { busyBySecond, type CpuProfile, moments } from '../analysis/cpu-profile.ts'
import { explain, type LoopFigures, type Work } from '../analysis/explain.ts'
import { hotFunctions } from '../analysis/hot-functions.ts'
import { sourcePositions } from '../analysis/source-position.ts'
import type { ServerWhy } from '../core/explanation.ts'
import type { Plan } from '../core/plan.ts'
import { fitSeries, Series, type SeriesData } from '../core/series.ts'
import type { ServerUsage } from '../core/usage.ts'
import { type AgentLink, agentLink } from '../monitor/agent-link.ts'
import { agentAccess, runningServers } from '../processes/running-servers.ts'
import { makeGuardedDirectory, removeGuardedDirectory } from './guarded-directory.ts'
import type { HeldSpan } from './heap-evidence.ts'
import { agentScripts, readerOf } from './script-reader.ts'
import { fileName, type ServerFile, shownPath } from './server-files.ts'

export interface ProfileReport {
  readonly why: readonly ServerWhy[]
  /** By pid: how busy the event loop was, which the agent cannot tell while it takes a profile. */
  readonly loopBusy: ReadonlyMap<number, SeriesData>
  readonly files: readonly ServerFile[]
  /** By pid of the server: why there is no profile of it, in sentences. */
  readonly unseen: ReadonlyMap<number, readonly string[]>
}

export interface ProfileWatch extends AsyncDisposable {
  /** @param start of the measured time and `duration` its length, in ms of `performance.now()`: the warm-up is left out */
  finish(usage: readonly ServerUsage[], measured: MeasuredTime): Promise<ProfileReport>
}

/** A block of 50 ms has ten samples. What it costs is a line of `npm run verify`. In ms. */
const usualInterval = 5
/** V8 keeps 43 bytes of each in the memory of the server until the end: so few that its growth does not show them. */
const mostSamples = 30_000
const whatIsSeen = 'what its functions did with their time'
const none: ProfileReport = { why: [], loopBusy: new Map(), files: [], unseen: new Map() }

export interface MeasuredTime {
  readonly start: number
  readonly duration: number
  /** Of all servers together. */
  readonly work: Work
  /** By pid: what was done for us meanwhile. */
  readonly held: ReadonlyMap<number, readonly HeldSpan[]>
}

interface Profiled {
  readonly name: string
  readonly pid: number
  readonly link: AgentLink
  /** The process that is profiled: the server itself, or one of those that it started. */
  readonly member: number
  /** When it began, in ms of `performance.now()`; undefined where it did not, and why. */
  readonly began: number | undefined
  readonly refused?: string
  /** The only process that serves: what the agent measured of the server is of this one. */
  readonly isAlone: boolean
}

interface Begun extends Profiled {
  readonly began: number
}

export interface ProfilePlace {
  /** Of the run. */
  readonly id: string
  readonly outputDir: string
}

/** Begins at once with all servers that can; `off` takes none. */
export async function watchProfiles(plan: Plan, place: ProfilePlace): Promise<ProfileWatch> {
  const { name: run, profile, warmup } = plan
  // Where leaks are looked for, a load rarely goes on for as long as it may.
  const duration = plan.leaks?.duration ?? plan.duration
  if (profile === 'off') return { finish: async () => none, [Symbol.asyncDispose]: async () => {} }
  const interval = Math.max(usualInterval, (warmup + duration) / mostSamples) * 1000
  const directory = makeGuardedDirectory('profiles')
  const asked = await startAll(interval)
  const profiled = asked.filter((server): server is Begun => server.began !== undefined)
  let isOver = false
  return {
    async finish(usage, { start, duration: lasted, held, work }) {
      isOver = true
      const keptAs = ({ name, member }: Begun) => {
        const file = fileName({ run, server: name, pid: member, id: place.id }, 'cpuprofile')
        return resolve(place.outputDir, 'profiles', file)
      }
      const reports = await Promise.all(
        profiled.map((server) => {
          const from = Math.max(0, start - server.began)
          const window = { start: from, end: from + lasted }
          const without = (held.get(server.member) ?? []).map((span) => ({
            start: span.start - server.began,
            end: span.end - server.began,
          }))
          const all = profiled.length === 1 ? { work } : {}
          return stop(server, { directory, usage, keptAs: keptAs(server), window, without, ...all })
        }),
      )
      const files = reports.flatMap(({ files }) => files)
      if (files.length === 0) removeGuardedDirectory(directory)
      return {
        why: reports.flatMap(({ why }) => why),
        loopBusy: busiest(reports.flatMap(({ loopBusy }) => [...loopBusy])),
        files,
        unseen: joined([refusals(asked), latecomers(asked), ...reports.map(({ unseen }) => unseen)]),
      }
    },
    async [Symbol.asyncDispose]() {
      if (isOver) return
      await Promise.all(
        profiled.map((server) =>
          stop(server, { directory, usage: [], keptAs: '', window: { start: 0, end: 0 }, without: [] }),
        ),
      )
      removeGuardedDirectory(directory)
    },
  }
}

/** Of a cluster all processes that serve. */
async function startAll(interval: number): Promise<readonly Profiled[]> {
  const started = runningServers().map((server) => {
    const access = agentAccess.get(server)
    const { name, pid } = server
    return access ? startEach({ name, pid, link: agentLink(access) }, interval) : []
  })
  return (await Promise.all(started)).flat()
}

async function startEach(
  server: Pick<Profiled, 'name' | 'pid' | 'link'>,
  interval: number,
): Promise<readonly Profiled[]> {
  const members = await server.link.members()
  const isAlone = members.length === 1
  const started = members.map((member) =>
    server.link.send({ name: 'profile-start', interval }, { pid: member }).then(
      ({ start: began }) => ({ ...server, member, isAlone, began }),
      ({ message: refused }: Error) => ({ ...server, member, isAlone, began: undefined, refused }),
    ),
  )
  return await Promise.all(started)
}

function refusals(asked: readonly Profiled[]): ReadonlyMap<number, readonly string[]> {
  const refused = Map.groupBy(
    asked.filter((server) => server.refused !== undefined),
    ({ pid }) => pid,
  )
  const sentence = ({ refused }: Profiled) => `${whatIsSeen}: ${refused}`
  return new Map([...refused].map(([pid, servers]) => [pid, servers.map(sentence)]))
}

/** Those that began after the load are not profiled. */
function latecomers(asked: readonly Profiled[]): ReadonlyMap<number, readonly string[]> {
  const late = runningServers().filter(
    (server) => agentAccess.has(server) && !asked.some(({ pid }) => pid === server.pid),
  )
  return new Map(late.map(({ pid }) => [pid, [`${whatIsSeen}: it was started after the load had begun`]]))
}

interface Stopping {
  readonly directory: string
  readonly usage: readonly ServerUsage[]
  readonly keptAs: string
  /** In ms of the profile. */
  readonly window: { readonly start: number; readonly end: number }
  readonly without: readonly { readonly start: number; readonly end: number }[]
  /** That nobody else had a part of. */
  readonly work?: Work
}

/** A server that ended in the middle took its profile with it. */
async function stop(
  { name, pid, link, member, isAlone }: Begun,
  { directory, usage, keptAs, window, without, work }: Stopping,
): Promise<ProfileReport> {
  const path = join(directory, `${member}.cpuprofile`)
  try {
    const { scripts } = await link.send({ name: 'profile-stop', path }, { pid: member })
    const profile = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
    const measured = isAlone ? figuresOf(usage.find((server) => server.pid === pid)) : {}
    const explanation = explain(hotFunctions(profile, { agent: agentScripts, window, without }), {
      positionOf: sourcePositions(readerOf(scripts)),
      measured,
      ...(work && { work }),
    })
    const busy = busyBySecond(moments(profile, { agent: agentScripts, window, without }))
    return {
      why: [{ server: name, ...(isAlone ? {} : { process: member }), profile: shownPath(keptAs), ...explanation }],
      loopBusy: new Map([[pid, fitSeries({ unit: 'share', ...busy }, 'both')]]),
      files: [{ path, keptAs }],
      unseen: new Map(),
    }
  } catch (error) {
    rmSync(path, { force: true })
    return { ...none, unseen: new Map([[pid, [`${whatIsSeen}: ${(error as Error).message}`]]]) }
  }
}

/** Of several processes of a server all sentences. */
function joined(all: readonly ProfileReport['unseen'][]): ProfileReport['unseen'] {
  const rows = all.flatMap((each) => [...each])
  const byPid = Map.groupBy(rows, ([pid]) => pid)
  return new Map([...byPid].map(([pid, rows]) => [pid, [...new Set(rows.flatMap(([, sentences]) => sentences))]]))
}

/** Of several processes of a server. */
function busiest(all: readonly (readonly [pid: number, busy: SeriesData])[]): ReadonlyMap<number, SeriesData> {
  const mean = (data: SeriesData) => new Series(data).mean
  return new Map(all.toSorted(([, a], [, b]) => mean(a) - mean(b)))
}

function figuresOf(usage: ServerUsage | undefined): LoopFigures {
  const { longestBlock, gcTime, cpu } = usage?.series ?? {}
  return {
    ...(cpu && { cpu: new Series(cpu).mean }),
    ...(longestBlock && { longestBlock: new Series(longestBlock).max }),
    ...(gcTime && { gcShare: new Series(gcTime).mean }),
  }
}
