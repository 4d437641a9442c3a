// Everything that is decided before a server starts.
import type { Server } from './server.ts'

/** How a server shows that it is ready: a path that answers 2xx, a match in its log, or a function that says true. */
export type Ready = string | RegExp | ((server: Server) => boolean | Promise<boolean>)

/** Times in ms. */
export interface ServerPlan {
  readonly name: string
  /** Words of the command; `{port}` in them is filled in. */
  readonly words: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined: a free one is taken. */
  readonly port: number | undefined
  /** Undefined: it accepts connections on its port. */
  readonly ready: Ready | undefined
  readonly readyTimeout: number
}
