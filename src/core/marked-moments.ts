// Moments at which the server was held up on purpose: what was under way in one of them is in no latency.

export class MarkedMoments {
  /** What was due before this was under way in the newest of them; Infinity while it lasts. ms on the driver's clock */
  until = Number.NEGATIVE_INFINITY

  begin(): void {
    this.until = Number.POSITIVE_INFINITY
  }

  end(now: number): void {
    this.until = now
  }
}
