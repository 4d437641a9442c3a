// A server behind a relay: it is reached at the relay's port, and its requests are counted there.
import type { Duration } from '../core/units.ts'
import { runningServers } from '../processes/running-servers.ts'
import { Server } from '../processes/server.ts'
import type { ServerPlan } from '../processes/server-plan.ts'
import { RelayThread } from '../relay/relay-thread.ts'

export interface RelayPlace {
  /** Shared by the servers of a group. */
  readonly thread: RelayThread
  /** Where the relay listens. */
  readonly port: number
}

/** Its plan's port is that of the process, of which nobody else needs to know. */
export class RelayedServer extends Server {
  readonly relay: number
  readonly thread: RelayThread
  readonly #port: number
  #isOpen = false
  #isWanted = false
  #last: Promise<void> = Promise.resolve()

  constructor(plan: ServerPlan & { readonly port: number }, { thread, port }: RelayPlace) {
    super(plan)
    this.relay = RelayThread.nextRelay()
    this.thread = thread
    this.#port = port
  }

  override get port(): number {
    return this.#port
  }

  /** The relay is there first: a function that asks whether the server is ready is given this server. */
  override async start(signal?: AbortSignal): Promise<void> {
    this.#isWanted = true
    await this.#settle()
    try {
      await super.start(signal)
    } catch (error) {
      // Of one that runs already it is still needed.
      if (!runningServers().includes(this)) await this.#dismiss()
      throw error
    }
  }

  /** After `kill()`, and when the server ends by itself, the relay stays: clients see their connections reset. */
  override async stop(options: { readonly grace?: Duration } = {}): Promise<void> {
    this.#isWanted = false
    try {
      await super.stop(options)
    } finally {
      await this.#settle()
    }
  }

  async #dismiss(): Promise<void> {
    this.#isWanted = false
    await this.#settle()
  }

  /** Opens or closes the relay as it is wanted when its turn comes. */
  #settle(): Promise<void> {
    const settled = this.#last.then(async () => {
      if (this.#isOpen === this.#isWanted) return
      const { relay, thread } = this
      if (this.#isWanted) await thread.open({ relay, port: this.#port, upstream: this.ownPort })
      else await thread.close(relay)
      this.#isOpen = !this.#isOpen
    })
    this.#last = settled.catch(() => {})
    return settled
  }
}
