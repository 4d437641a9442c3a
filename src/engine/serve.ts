// serve(): starts the server, or several, with or without relays in front, and waits until all are ready.
import type { Duration } from '../core/units.ts'
import { freePort } from '../processes/free-port.ts'
import { Server } from '../processes/server.ts'
import { type Servers, startGroup } from '../processes/server-group.ts'
import type { Ready, ServerPlan } from '../processes/server-plan.ts'
import { RelayThread } from '../relay/relay-thread.ts'
import { RelayedServer } from './relayed-server.ts'
import { planServe } from './serve-plan.ts'

export interface ServeOptions {
  /**
   * When it is ready: a path that answers 2xx such as `'/health'`, a pattern that its log matches, or a function that
   * says true. Without it: when it accepts connections on its port.
   */
  readonly ready?: Ready
  /** How long that may take, `'30s'` unless given. */
  readonly readyTimeout?: Duration
  /** Added to the environment, over `PORT` and `NODE_ENV=production`; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Directory to start in; the current one unless given. */
  readonly cwd?: string
  /** 1 to 65535; a free one unless given. Several instances have it and the next ones. */
  readonly port?: number
  /** What reports call it; the command without its secrets unless given. Instances are `name-a`, `name-b`... */
  readonly name?: string
  /**
   * Put a small TCP relay in front of it, in a thread of its own: `port` and `url` are those of the relay, and
   * `run.server(name)` knows the HTTP/1.1 requests that came to it, also through a pool or balancer of yours. While the
   * server is down, clients see their connections reset instead of refused. Default: false.
   */
  readonly relay?: boolean
  /** Aborted while it starts: the server is ended and the promise rejects. */
  readonly signal?: AbortSignal
}

/** For several servers of one command. */
export interface GroupOptions extends ServeOptions {
  /** How many, 1 to 64, named `a`, `b`, `c`... */
  readonly instances: number
}

/**
 * Starts the system under test as a process of its own, with a free port in `PORT` and in place of `{port}` in the
 * command, and resolves when it is ready. The command is split into words without a shell, or is an array of words.
 * With `instances` there are several, each with a port of its own: a list with `urls` and `stop()`.
 *
 * @throws LoadTestError `invalid-options` for wrong options (all of them at once), `server-failed` when it cannot be
 * started, ends at its start or is not ready in time, `aborted` by the signal. One of several that does not start ends
 * the others.
 */
export async function serve(command: string | readonly string[], options: GroupOptions): Promise<Servers>
export async function serve(command: string | readonly string[], options?: ServeOptions): Promise<Server>
export async function serve(
  command: string | readonly string[],
  options: ServeOptions | GroupOptions = {},
): Promise<Server | Servers> {
  const { server: plan, instances, relay } = planServe(command, options)
  const thread = relay ? new RelayThread() : undefined
  const { signal } = options
  if (instances === undefined) {
    const taken = plan.port === undefined ? [] : [plan.port]
    const server = await createServer(plan, { thread, taken })
    await server.start(signal)
    return server
  }
  const taken = instances.flatMap(({ port }) => port ?? [])
  const servers = await Promise.all(
    instances.map((instance) => createServer({ ...plan, ...instance }, { thread, taken })),
  )
  return startGroup(servers, { command: plan.name, ...(signal && { signal }) })
}

interface Place {
  /** Undefined: it stands behind no relay. */
  readonly thread: RelayThread | undefined
  /** Ports that are meant for something else. */
  readonly taken: readonly number[]
}

/** Behind a relay the process has a port of its own. */
async function createServer(plan: ServerPlan, { thread, taken }: Place): Promise<Server> {
  if (thread === undefined) return new Server(plan)
  let port = await freePort()
  while (taken.includes(port)) port = await freePort()
  return new RelayedServer({ ...plan, port }, { thread, port: plan.port ?? (await freePort()) })
}
