// One undici client that sends one request at a time and measures nothing: the cheapest use of its documented interface.
import { Client, type Dispatcher } from 'undici'

const message = { method: 'GET', path: '/' } as const

/** Its own handler, so that none is made per request. */
export class DispatchSender implements Dispatcher.DispatchHandler {
  readonly #client: Client
  readonly #answered: (sender: DispatchSender) => void

  constructor(url: string, answered: (sender: DispatchSender) => void) {
    this.#client = new Client(url, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
    this.#answered = answered
  }

  send(): void {
    this.#client.dispatch(message, this)
  }

  onRequestStart(): void {}

  onResponseStart(): void {}

  onResponseData(): void {}

  onResponseEnd(): void {
    this.#answered(this)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): never {
    throw error
  }
}
