// Several servers of one command that start, are named and end together.
/// <reference lib="esnext.disposable" preserve="true" />
import { LoadTestError } from '../core/errors.ts'
import type { Duration } from '../core/units.ts'
import type { Server } from './server.ts'

/** A list of servers: `servers[1]`, `for (const server of servers)`. */
export interface Servers extends ReadonlyArray<Server> {
  /** `['http://127.0.0.1:<port>', ...]` in the order of the servers. */
  readonly urls: readonly string[]
  /** Stops all of them at once, see `Server.stop()`. */
  stop(options?: { readonly grace?: Duration }): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface GroupStart {
  /** In words, for whoever reads which of them did not start. */
  readonly command: string
  readonly signal?: AbortSignal
}

// What is no longer wanted, because another did not start, is not waited for.
const impatience = 500

/** a, b ... z, aa, ab ...; `api-a` with a name for all. */
export function instanceName(index: number, name?: string): string {
  const before = index < 26 ? '' : instanceName(Math.floor(index / 26) - 1)
  const letters = before + String.fromCharCode(97 + (index % 26))
  return name === undefined ? letters : `${name}-${letters}`
}

/**
 * Starts all of them side by side. One that does not start ends the others.
 *
 * @throws LoadTestError that of the first that did not start, and which it was
 */
export async function startGroup(servers: readonly Server[], { command, signal }: GroupStart): Promise<Servers> {
  const others = new AbortController()
  const together = signal ? AbortSignal.any([signal, others.signal]) : others.signal
  let failure: { readonly server: Server; readonly error: unknown } | undefined
  await Promise.all(
    servers.map(async (server) => {
      try {
        await server.start(together)
      } catch (error) {
        failure ??= { server, error }
        others.abort(error)
      }
    }),
  )
  if (failure === undefined) return groupOf(servers)
  // What cannot be ended now is left to the guard that outlives this process.
  await Promise.allSettled(servers.map((server) => server.stop({ grace: impatience })))
  throw signal?.aborted ? failure.error : named(failure.error, { command, name: failure.server.name })
}

function groupOf(servers: readonly Server[]): Servers {
  const stop: Servers['stop'] = async (options) => {
    const ends = await Promise.allSettled(servers.map((server) => server.stop(options)))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
  }
  const members = { urls: servers.map(({ url }) => url), stop, [Symbol.asyncDispose]: () => stop() }
  const group = [...servers]
  // Not among its keys: a list of servers looks, and compares, like one.
  for (const key of Reflect.ownKeys(members)) {
    Object.defineProperty(group, key, { value: members[key as keyof typeof members] })
  }
  return Object.freeze(group) as unknown as Servers
}

function named(error: unknown, { command, name }: { readonly command: string; readonly name: string }): unknown {
  if (!(error instanceof LoadTestError)) return error
  const why = error.message.replace(/^serve\(\): /, '')
  const which = `serve(): instance '${name}' of "${command}" did not start, so that the others were ended`
  return new LoadTestError(error.code, `${which}: ${why}`, { cause: error })
}
