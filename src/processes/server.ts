// A system under test that runs as a process tree of its own: the handle that tests, faults and the monitor share.
/// <reference lib="esnext.disposable" preserve="true" />
import { LoadTestError } from '../core/errors.ts'
import { Problems } from '../core/problems.ts'
import { type Duration, parseDuration } from '../core/units.ts'
import { admitAgent } from './agent-admission.ts'
import { fillCommand } from './command.ts'
import { agentRefusal, serverEnvironment } from './environment.ts'
import { freePort, isFree } from './free-port.ts'
import { EarlierLogs } from './log-tail.ts'
import { acceptsOn, answersOn, logs, type Readiness, type ReadyProbe, says, untilReady } from './ready.ts'
import { agentAccess, running } from './running-servers.ts'
import type { ServerExit } from './server-exit.ts'
import type { ServerPlan } from './server-plan.ts'
import { type ServerProcess, startProcess } from './server-process.ts'
import { explainFailure, lastWords } from './start-failure.ts'
import type { WrittenLog } from './written-log.ts'

const defaultGrace = 5000
// Who gives up on a start, because of a time-out or Ctrl-C, does not wait for a polite end.
const abortGrace = 500

export class Server {
  readonly name: string
  readonly #plan: ServerPlan
  #port: number
  #life: ServerProcess | undefined
  #crashed: ServerProcess | undefined
  readonly #earlierLogs = new EarlierLogs()
  /** Lives whose end was asked for. */
  readonly #dismissed = new WeakSet<ServerProcess>()
  #wanted = false
  #stopping: Promise<void> | undefined
  #restarting: Promise<void> | undefined
  /** Why its Node did not start with the agent. */
  #refusal: string | undefined

  constructor(plan: ServerPlan) {
    this.name = plan.name
    this.#plan = plan
    this.#port = plan.port ?? 0
  }

  /** `http://127.0.0.1:<port>` */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The same after a restart. */
  get port(): number {
    return this.#port
  }

  /** The one that its process was told to listen on: another than `port` where something stands in front of it. */
  get ownPort(): number {
    return this.#port
  }

  /** Of the process that was started; a new one after a restart. */
  get pid(): number {
    return this.#current.pid
  }

  /** The last 64 k characters that the process wrote to its standard output and error. */
  get log(): string {
    return this.#current.log.text
  }

  /** All that it wrote, also before it was restarted, as far as that is kept: 16 million characters. */
  get written(): WrittenLog {
    return this.#earlierLogs.before(this.#current.log)
  }

  /** How the process ended; undefined while it runs. */
  get exit(): ServerExit | undefined {
    return this.#life?.exit
  }

  /** The last end that nobody asked for, with the end of the log; undefined when there was none. */
  get unexpectedExit(): (ServerExit & { readonly log: string }) | undefined {
    const exit = this.#crashed?.exit
    return exit && { ...exit, log: (this.#crashed as ServerProcess).log.excerpt() }
  }

  /** Starts it and waits until it is ready. `serve()` does this; a server that was killed starts again by `restart()`. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#life !== undefined && this.#life.exit === undefined) {
      throw new LoadTestError('server-failed', `start(): server "${this.name}" runs already; use restart()`)
    }
    this.#wanted = true
    // Its port stays its own; trying it again would accept a client's connection for a moment.
    if (this.#life === undefined) await this.#choosePort()
    const { life, readiness } = await this.#live(signal)
    if (readiness.is !== 'ready') throw await this.#giveUp(life, readiness, signal)
  }

  /**
   * SIGTERM to the whole process tree and, after `grace` (5 s unless given), SIGKILL. Resolves when all of it is gone;
   * does nothing when it already is.
   */
  async stop(options: { readonly grace?: Duration } = {}): Promise<void> {
    const grace = readGrace(options.grace)
    this.#wanted = false
    this.#stopping ??= this.#end(this.#life, grace).finally(() => {
      this.#stopping = undefined
    })
    await this.#stopping
  }

  /** SIGKILL to the whole process tree; resolves when all of it is gone. */
  kill(): Promise<void> {
    this.#wanted = false
    return this.#end(this.#life, 0)
  }

  /** SIGSTOP: it keeps its connections and answers nothing until `resume()`. */
  async pause(): Promise<void> {
    await this.#running('pause').signal('SIGSTOP')
  }

  async resume(): Promise<void> {
    await this.#running('resume').signal('SIGCONT')
  }

  /** Stops it when it runs, starts it on the same port, and waits until it is ready again. */
  restart(): Promise<void> {
    this.#wanted = true
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  get #current(): ServerProcess {
    if (this.#life === undefined) throw new LoadTestError('server-failed', `server "${this.name}" was not started`)
    return this.#life
  }

  #running(verb: string): ServerProcess {
    if (process.platform === 'win32') {
      throw new LoadTestError('server-failed', `${verb}(): Windows has no signal that pauses a process`)
    }
    const life = this.#current
    if (life.exit === undefined) return life
    throw new LoadTestError('server-failed', `${verb}(): server "${this.name}" does not run; restart() starts it again`)
  }

  /** Starts its process and waits; once more without the agent when its Node refuses that. */
  async #live(signal: AbortSignal | undefined): Promise<{ life: ServerProcess; readiness: Readiness }> {
    const life = await this.#spawn(signal)
    const readiness = await untilReady({ probe: this.#probe(), life, limit: this.#plan.readyTimeout, signal })
    if (this.#refusal !== undefined || readiness.is === 'ready' || readiness.is === 'aborted')
      return { life, readiness }
    if (life.exit !== undefined) await lastWords(life)
    this.#refusal = agentRefusal(life.log.text)
    if (this.#refusal === undefined || this.#dismissed.has(life)) return { life, readiness }
    await this.#end(life, 0)
    if (this.#crashed === life) this.#crashed = undefined
    return this.#live(signal)
  }

  async #spawn(signal: AbortSignal | undefined): Promise<ServerProcess> {
    const { access, env } = await admitAgent(serverEnvironment(this.#port, this.#plan.env), this.#refusal)
    try {
      if (signal?.aborted || !this.#wanted) throw this.#aborted(signal)
      const life = await startProcess(fillCommand(this.#plan.words, this.#port), { cwd: this.#plan.cwd, env })
      agentAccess.set(this, { ...access, port: this.#port })
      this.#watch(life)
      life.ended.then(() => access.channel?.close())
      return life
    } catch (error) {
      access.channel?.close()
      throw error
    }
  }

  async #choosePort(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort()
    else if (!(await isFree(this.#port))) {
      throw new LoadTestError(
        'server-failed',
        `serve(): port ${this.#port} is taken by another process; end that one, or leave port out to get a free one`,
      )
    }
  }

  #watch(life: ServerProcess): void {
    if (this.#life) this.#earlierLogs.add(this.#life.log)
    this.#life = life
    running.add(this)
    life.ended.then(() => {
      running.delete(this)
      if (!this.#dismissed.has(life)) this.#crashed = life
    })
  }

  #probe(): ReadyProbe {
    const { ready } = this.#plan
    if (ready === undefined) return acceptsOn(this.#port)
    if (typeof ready === 'string') return answersOn(this.#port, ready)
    if (ready instanceof RegExp) return logs(ready, () => this.log)
    return says(() => ready(this))
  }

  async #giveUp(life: ServerProcess, readiness: Readiness, signal: AbortSignal | undefined): Promise<LoadTestError> {
    const dismissed = this.#dismissed.has(life)
    const error =
      readiness.is === 'aborted' || dismissed
        ? this.#aborted(signal)
        : await explainFailure(
            { command: this.name, port: this.#port, limit: this.#plan.readyTimeout },
            life,
            readiness,
          )
    await this.#end(life, readiness.is === 'aborted' ? abortGrace : 0)
    return error
  }

  #aborted(signal: AbortSignal | undefined): LoadTestError {
    const why = signal?.aborted ? 'its signal was aborted' : 'it was stopped'
    return new LoadTestError('aborted', `serve(): ${why} before server "${this.name}" was ready`, {
      cause: signal?.reason,
    })
  }

  async #end(life: ServerProcess | undefined, grace: number): Promise<void> {
    if (life === undefined) return
    this.#dismissed.add(life)
    const left = await life.end(grace)
    if (left.length > 0) {
      throw new LoadTestError('server-failed', `server "${this.name}" survived SIGKILL: pids ${left.join(', ')}`)
    }
    // The table may show its end before this process is told of it.
    await life.ended
  }

  async #restart(): Promise<void> {
    await (this.#stopping ?? this.#end(this.#life, defaultGrace))
    if (!this.#wanted) throw this.#aborted(undefined)
    await this.start()
  }
}

function readGrace(grace: Duration = defaultGrace): number {
  const read = parseDuration(grace)
  if (read !== undefined) return read
  const problems = new Problems('stop()')
  problems.expected('grace', "a time such as 5000 or '5s'", grace)
  problems.throwIfAny()
  return defaultGrace
}
