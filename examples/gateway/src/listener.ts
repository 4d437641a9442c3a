// Hears what other processes say through the database, over a connection of its own that comes back when it is lost.
import pg from 'pg'

export type ListenerOptions = {
  readonly url: string
  readonly name: string
  readonly channels: Readonly<Record<string, (message: string) => void>>
  /** Called when it hears again after a silence in which it may have missed something. */
  readonly onReturn: () => void
  readonly onError: (error: Error) => void
}

const pauseBeforeReturn = 500

export class Listener {
  readonly #options: ListenerOptions
  #client: pg.Client | undefined
  #returning: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    try {
      await this.#connect()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#returning)
    await this.#client?.end()
  }

  async #connect(): Promise<void> {
    const { url, name, channels, onError } = this.#options
    const client = new pg.Client({ connectionString: url, application_name: name, keepAlive: true })
    client.on('error', onError)
    client.once('end', () => this.#returnLater(client))
    client.on('notification', ({ channel, payload = '' }) => channels[channel]?.(payload))
    this.#client = client
    await client.connect()
    for (const channel of Object.keys(channels)) await client.query(`listen ${channel}`)
  }

  #returnLater(lost: pg.Client): void {
    if (this.#stopped || lost !== this.#client) return
    clearTimeout(this.#returning) // a failed attempt is reported twice: by its promise and by its end
    this.#returning = setTimeout(() => this.#return(lost), pauseBeforeReturn)
  }

  async #return(lost: pg.Client): Promise<void> {
    const { onReturn, onError } = this.#options
    try {
      await lost.end()
      await this.#connect()
      onReturn()
    } catch (error) {
      onError(error as Error)
      if (this.#client) this.#returnLater(this.#client)
    }
  }
}
