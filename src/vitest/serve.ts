// serve() for tests: a server that ends with the test that started it, or else with the file.
import { type GroupOptions, type ServeOptions, serve as startServer } from '../engine/serve.ts'
import type { Server } from '../processes/server.ts'
import type { Servers } from '../processes/server-group.ts'
import { callSite, thrownAt } from './call-site.ts'
import { currentCase, nobodyWaits } from './running-case.ts'

const ofFile: Promise<Server | Servers>[] = []
let endOfFile = new AbortController()

/**
 * Starts the system under test as a process of its own: free port in `PORT` and for `{port}` in the command,
 * `NODE_ENV=production`. Started in a test it ends with the test, elsewhere, or in a concurrent test, with the file.
 * With `instances: 3` there are three, named `a`, `b`, `c`: a list with `urls` and `stop()`.
 *
 * @throws LoadTestError `invalid-options` with all mistakes of the call, `server-failed` with the end of its log when it
 * does not start or is not ready in time, `aborted` when the test or the file ended first
 */
export function serve(command: string | readonly string[], options: GroupOptions): Promise<Servers>
export function serve(command: string | readonly string[], options?: ServeOptions): Promise<Server>
export function serve(
  command: string | readonly string[],
  options: ServeOptions | GroupOptions = {},
): Promise<Server | Servers> {
  const site = callSite()
  const { task, signal } = currentCase()
  // Among concurrent tests nobody can tell which of them called.
  const owner = task?.concurrent ? undefined : task
  const asked = withSignal(options, owner ? signal : endOfFile.signal)
  const starting: Promise<Server | Servers> = startServer(command, asked).catch((error) => {
    throw thrownAt(site, error)
  })
  if (owner) owner.context.onTestFinished(() => stop(starting))
  else ofFile.push(starting)
  return starting
}

/** Last started, first stopped. Gives everything that went wrong. */
export async function stopServersOfFile(): Promise<readonly unknown[]> {
  const problems: unknown[] = []
  const servers = ofFile.splice(0).reverse()
  // Waiting for one, none of the others must be told of as a rejection that nobody handles.
  void Promise.allSettled(servers)
  endOfFile.abort(nobodyWaits)
  endOfFile = new AbortController()
  for (const starting of servers) await stop(starting).catch((error) => problems.push(error))
  return problems
}

/** One that did not start has nothing to stop, and told so where it was awaited. */
async function stop(starting: Promise<Server | Servers>): Promise<void> {
  const server = await starting.catch(() => undefined)
  await server?.stop()
}

/** What is no signal and no object is left for the engine to complain about. */
function withSignal(options: ServeOptions, signal: AbortSignal): ServeOptions {
  if (typeof options !== 'object' || options === null) return options
  if (options.signal === undefined) return { ...options, signal }
  return options.signal instanceof AbortSignal
    ? { ...options, signal: AbortSignal.any([options.signal, signal]) }
    : options
}
