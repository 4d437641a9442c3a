// Cuts the bytes of one connection into whole HTTP requests, however they arrive.

export interface SeenRequest {
  /** Counts the requests of the whole server from 1. */
  readonly number: number
  /** Counts the connections of the server from 1. */
  readonly connection: number
  readonly method: string
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Calls back once for every request that has arrived whole: head, and as much body as `content-length` says. */
export function requestReader(onRequest: (request: Omit<SeenRequest, 'number' | 'connection'>) => void) {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk: Buffer): void => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const headEnd = pending.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const [line = '', ...rest] = pending.toString('utf8', 0, headEnd).split('\r\n')
      const [method = '', path = ''] = line.split(' ')
      const headers = Object.fromEntries(
        rest.map((header) => {
          const colon = header.indexOf(':')
          return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
        }),
      )
      const bodyStart = headEnd + 4
      const bodyEnd = bodyStart + Number(headers['content-length'] ?? 0)
      if (pending.length < bodyEnd) return
      const body = pending.toString('utf8', bodyStart, bodyEnd)
      pending = pending.subarray(bodyEnd)
      onRequest({ method, path, headers, body })
    }
  }
}
