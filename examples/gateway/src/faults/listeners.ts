// Fault `listeners`: each request listens for the end of the server, and still does when it is over.
import type { FastifyInstance, FastifyRequest } from 'fastify'

const marksKept = 500

/** What a request would write down if the server ended before it: about 4 kB. */
export class RequestTrail {
  readonly method: string
  readonly url: string
  readonly ip: string
  readonly host: string | undefined
  readonly agent: string | undefined
  readonly accept: string | undefined
  readonly isOver = false
  readonly isRefused = false
  readonly marks: readonly number[]

  constructor({ method, url, ip, headers }: FastifyRequest) {
    this.method = method
    this.url = url
    this.ip = ip
    this.host = headers.host
    this.agent = headers['user-agent']
    this.accept = headers.accept
    this.marks = new Array(marksKept).fill(performance.now())
  }
}

export function listenForever(app: FastifyInstance): void {
  app.server.setMaxListeners(0) // Node would warn of the eleventh
  app.addHook('onRequest', (request, _reply, done) => {
    const trail = new RequestTrail(request)
    app.server.on('close', () => app.log.debug({ trail }, 'the server has ended'))
    done()
  })
}
