// load(): plan, reach, warm up, drive, watch, finish.
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Work } from '../analysis/explain.ts'
import { Distribution } from '../core/distribution.ts'
import type { LoadOptions } from '../core/load-options.ts'
import { type Plan, planLoad } from '../core/plan.ts'
import { type Progress, tickOf } from '../core/progress.ts'
import type { Recording } from '../core/recording.ts'
import type { Run } from '../core/run.ts'
import { readSettings, type Settings } from '../core/settings.ts'
import { isPlainData, type Target } from '../core/target.ts'
import { breachOf } from './breach.ts'
import { checkMonitored } from './foreign-servers.ts'
import { joinLoads } from './loads-under-way.ts'
import { holdMachineLock } from './machine-lock.ts'
import { checkMachine } from './machine-need.ts'
import { observe } from './observation.ts'
import { reach } from './preflight.ts'
import { openProbes } from './probe-readers.ts'
import { assembleRun, describeAbort, describeTarget } from './run-assembly.ts'
import { dropFiles, keepFiles, type ServerFile } from './server-files.ts'
import { ShardCommands } from './shard-commands.ts'
import { machineTime, runShard, type ShardControl } from './shard-run.ts'
import { listensHere, servedHere } from './shared-loop.ts'
import { createStopper } from './stopper.ts'
import { GeneratorThreads } from './threads.ts'

/** Whoever runs load: a test, or a script of its own. */
export interface LoadHost {
  readonly settings?: Partial<Settings>
  /** Aborted: the load stops, and what was measured until then comes back as an aborted run. */
  readonly signal?: AbortSignal
  onProgress?(progress: Progress): void
  /** Files of a run that may hold secrets: to be kept or dropped. Without it they are kept only if that was asked for. */
  onFiles?(run: Run, files: readonly ServerFile[]): void
  /** A sentence for the person who waits. */
  onNotice?(notice: string): void
}

/**
 * Sends load to a target and resolves with what was measured.
 *
 * @throws LoadTestError `invalid-options` with all mistakes of the call, `host-not-allowed`, `nothing-listens`,
 * `tls-not-verified`, `generator-starved` or `aborted` before anything is sent. Whatever ends a run later, its own
 * deadline too, gives an aborted run.
 */
export async function load(target: Target, options: LoadOptions = {}, host: LoadHost = {}): Promise<Run> {
  const settings = readSettings(host.settings ?? {}, process.env)
  const { allowHosts, outputDir } = settings
  const plan = planLoad(target, options, settings)
  using stopper = createStopper(plan, [host.signal, options.signal])
  const { signal } = stopper
  await checkMonitored(plan)
  const addresses = await reach(plan, allowHosts)
  const probes = await openProbes(options.probes ?? {}, allowHosts)
  const foreseen = checkMachine({ plan, addresses })
  using _lock = await holdMachineLock({ signal, onWait: (pid) => host.onNotice?.(waitingFor(pid, plan)) })
  stopper.begin()
  using underWay = joinLoads(plan.name)
  const id = randomUUID()
  const commands = new ShardCommands()
  const threaded = isPlainData(plan.target)
  // They take as long to start as the servers take to be observed.
  await using threads = threaded ? new GeneratorThreads({ plan, addresses }) : undefined
  await using observation = await observe({ id, plan, addresses, probes, commands, outputDir, signal })
  const startedAt = new Date(performance.timeOrigin + performance.now() + plan.warmup).toISOString()
  const servedAtStart = threaded ? undefined : servedHere(addresses)
  let start = performance.now() + plan.warmup
  const control: ShardControl = {
    signal,
    commands,
    started: (measuredStart) => {
      start = performance.now() + measuredStart - machineTime()
      observation.begin(measuredStart, start)
    },
    snapshot: (snapshot) => {
      observation.note(snapshot)
      const breach = breachOf(plan, snapshot)
      if (breach) stopper.stop(breach)
      host.onProgress?.({ ...describe(plan), id, startedAt, tick: tickOf(snapshot), servers: observation.latest() })
    },
  }
  const shards = threads
    ? await threads.run(control)
    : [await runShard({ plan, addresses, shard: { index: 0, of: 1 } }, control)]
  const aborted = signal.aborted ? describeAbort(signal.reason) : undefined
  const recordings = shards.map(({ recording }) => recording)
  const lasted = Math.max(...recordings.map(({ duration }) => duration))
  const observed = await observation.finish(start, lasted, workOf(recordings))
  const run = assembleRun({
    ...{ id, plan, startedAt, shards, observed, foreseen, aborted },
    sharedOrigin: threaded ? undefined : (servedAtStart ?? servedHere(addresses)),
    besideServer: plan.target.kind === 'task' && listensHere(),
    beside: underWay.neighbours().map(({ name, from, until }) => ({ name, from: from - start, until: until - start })),
  })
  settleFiles(run, observed.files, { host, plan })
  return run
}

/** What was done, and how long that took on average. */
function workOf(recordings: readonly Recording[]): Work {
  const lanes = recordings.flatMap((recording) => recording.lanes)
  const times = lanes.map(({ latency }) => new Distribution(latency)).filter(({ count }) => count > 0)
  const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0)
  return {
    iterations: sum(lanes.map(({ iterations: { ok, failed, timedOut } }) => ok + failed + timedOut)),
    latency: sum(times.map(({ count, mean }) => count * mean)) / sum(times.map(({ count }) => count)),
  }
}

/** Without anybody who looks after them they are kept where they were asked for, and where a heap leaks. */
function settleFiles(
  run: Run,
  files: readonly ServerFile[],
  { host, plan }: { readonly host: LoadHost; readonly plan: Plan },
): void {
  const isLeak = run.data.leaks?.some(({ verdict }) => verdict === 'leak')
  if (host.onFiles) host.onFiles(run, files)
  else if ([plan.profile, plan.allocations].includes('always') || isLeak) keepFiles(files)
  else dropFiles(files)
}

function describe(plan: Plan) {
  const { name, executor, model, asked, warmup } = plan
  return { name, target: describeTarget(plan), executor, model, asked, warmup }
}

function waitingFor(pid: string, { name }: Plan): string {
  return `"${name}" waits for the load run of process ${pid} to end: two at once would measure each other`
}
