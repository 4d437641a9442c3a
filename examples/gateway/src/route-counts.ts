// Counts every request that came in and every answer that went out, by route and status.

export type RouteCount = {
  received: number
  /** By status code. Less than `received` in sum: the rest is in flight, or its client has gone. */
  readonly answered: Record<string, number>
}

export class RouteCounts {
  readonly #routes: Record<string, RouteCount> = {}

  get routes(): Readonly<Record<string, RouteCount>> {
    return this.#routes
  }

  receive(route: string): void {
    this.#of(route).received++
  }

  answer(route: string, status: number): void {
    const { answered } = this.#of(route)
    answered[status] = (answered[status] ?? 0) + 1
  }

  /** Received and answered in one step. */
  count(route: string, status: number): void {
    this.receive(route)
    this.answer(route, status)
  }

  #of(route: string): RouteCount {
    this.#routes[route] ??= { received: 0, answered: {} }
    return this.#routes[route]
  }
}
