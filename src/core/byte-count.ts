// Bytes that the connections of a run have carried in the measured time.

/** One connection: bytes so far. */
export interface Carrier {
  readonly bytesRead: number
  readonly bytesWritten: number
}

/** Heads and bodies; with TLS as the socket counts them. */
export interface Bytes {
  readonly sent: number
  readonly received: number
}

export class ByteCount {
  readonly #open = new Set<Carrier>()
  #closed: Bytes = { sent: 0, received: 0 }
  #before: Bytes = { sent: 0, received: 0 }
  #measured: Bytes | undefined
  #isUsed = false

  add(carrier: Carrier): void {
    this.#isUsed = true
    this.#open.add(carrier)
  }

  /** It carries nothing any more. */
  remove(carrier: Carrier): void {
    if (!this.#open.delete(carrier)) return
    const { sent, received } = this.#closed
    this.#closed = { sent: sent + carrier.bytesWritten, received: received + carrier.bytesRead }
  }

  /** The measured time begins. */
  begin(): void {
    this.#before = this.#all()
  }

  /** The measured time is over. */
  end(): void {
    this.#measured ??= difference(this.#all(), this.#before)
  }

  /** Undefined where there never was a connection of ours: what a function sends is its own. */
  get measured(): Bytes | undefined {
    return this.#isUsed ? (this.#measured ?? difference(this.#all(), this.#before)) : undefined
  }

  #all(): Bytes {
    let { sent, received } = this.#closed
    for (const { bytesWritten, bytesRead } of this.#open) {
      sent += bytesWritten
      received += bytesRead
    }
    return { sent, received }
  }
}

function difference(later: Bytes, earlier: Bytes): Bytes {
  return { sent: later.sent - earlier.sent, received: later.received - earlier.received }
}

/** Of several shards; undefined where one of them does not know. */
export function addBytes(parts: readonly (Bytes | undefined)[]): Bytes | undefined {
  return parts.reduce(
    (sum, part) => sum && part && { sent: sum.sent + part.sent, received: sum.received + part.received },
  )
}
