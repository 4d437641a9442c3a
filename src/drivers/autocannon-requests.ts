// The requests of a plan as autocannon takes them, with fresh headers and bodies where the plan makes them per request.
import { show } from '../core/problems.ts'
import type { RequestPlan } from '../core/target.ts'

export interface AutocannonRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: string | Buffer
  /** Called by autocannon before every sending, and once when a client is made. */
  readonly setupRequest?: (request: AutocannonRequest) => AutocannonRequest
}

/**
 * What is made per request is made before autocannon is told to send, since a throw inside its `setupRequest` ends the
 * process: `prepare` may throw, what it made is then what `setupRequest` finds.
 */
export class AutocannonRequests {
  readonly list: readonly AutocannonRequest[]
  readonly #plans: readonly RequestPlan[]
  #prepared: AutocannonRequest | undefined

  constructor(plans: readonly RequestPlan[]) {
    this.#plans = plans
    this.list = plans.map((plan) => {
      const request = withBody(plan, plan.headers, plan.body)
      return isFresh(plan) ? { ...request, setupRequest: () => this.#prepared ?? request } : request
    })
  }

  /** Whether the request of this index is made per iteration. */
  isFresh(index: number): boolean {
    return this.list[index]?.setupRequest !== undefined
  }

  /** @throws whatever the user's functions throw, or TypeError for what cannot be sent */
  prepare(index: number, iteration: number): void {
    this.#prepared = undefined
    const plan = this.#plans[index] as RequestPlan
    const headers = plan.headersOf ? { ...plan.headers, ...plan.headersOf(iteration) } : plan.headers
    this.#prepared = withBody(plan, headers, plan.bodyOf ? plan.bodyOf(iteration) : plan.body)
  }
}

function isFresh({ headersOf, bodyOf }: RequestPlan): boolean {
  return headersOf !== undefined || bodyOf !== undefined
}

const methodsWithBody = ['POST', 'PUT', 'PATCH']

function withBody(
  { method, path, origin }: RequestPlan,
  given: Readonly<Record<string, string>>,
  body: string | Uint8Array | undefined,
): AutocannonRequest {
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError(`a body must be text or bytes, got ${show(body)}`)
  }
  // The connection goes to an address, the request to a name.
  const headers: Record<string, string> = { host: origin.slice(origin.indexOf('//') + 2), ...given }
  // autocannon writes the length of a body that is not empty, and only that: a second one would make it invalid.
  delete headers['content-length']
  if (body?.length) return { method, path, headers, body: typeof body === 'string' ? body : Buffer.from(body) }
  if (methodsWithBody.includes(method)) headers['content-length'] = '0'
  return { method, path, headers }
}
