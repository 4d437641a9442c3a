// Decides whether an answer is what its request asked for.
import { STATUS_CODES } from 'node:http'
import type { ErrorKind } from '../core/error-kind.ts'
import type { HttpResponse } from '../core/http-request.ts'
import { show } from '../core/problems.ts'
import { redactText, redactUrl } from '../core/redact.ts'
import type { RequestPlan } from '../core/target.ts'
import { forget } from '../core/thenable.ts'

/** What is wrong with an answer. `example` is put into words, without secrets, when it is read. */
export interface Fault {
  readonly kind: ErrorKind
  readonly example: string
}

/** Headers as the answer had them, names in lower case, and its body as text; read only when `accept` needs them. */
export type ReadAnswer = () => Pick<HttpResponse, 'headers' | 'body'>

/** Hot path. Undefined when the answer is ok: 2xx or 3xx, one of `statuses`, or what `accept` says. */
export function judgeAnswer(request: RequestPlan, status: number, read: ReadAnswer): Fault | undefined {
  const { statuses, accept } = request
  if (accept) return judgeByFunction(request, accept, { status, ...read() })
  if (statuses ? statuses.includes(status) : status >= 200 && status < 400) return undefined
  return new BadStatus(request, status)
}

/** `GET /x`, without secrets. */
export function requestInWords({ method, path }: RequestPlan): string {
  return `${method} ${redactUrl(path)}`
}

class BadStatus implements Fault {
  readonly #request: RequestPlan
  readonly #status: number

  constructor(request: RequestPlan, status: number) {
    this.#request = request
    this.#status = status
  }

  get kind(): ErrorKind {
    if (this.#status >= 500) return 'http-5xx'
    return this.#status >= 400 ? 'http-4xx' : 'unexpected'
  }

  get example(): string {
    const { statuses } = this.#request
    return `${answered(this.#request, this.#status)}${statuses ? `, expected ${statuses.join(' or ')}` : ''}`
  }
}

function judgeByFunction(
  request: RequestPlan,
  accept: (response: HttpResponse) => boolean,
  parts: Omit<HttpResponse, 'json'>,
): Fault | undefined {
  try {
    const verdict: unknown = accept({ ...parts, json: () => JSON.parse(parts.body) })
    if (verdict === true) return undefined
    forget(verdict)
    const said = verdict === false ? '' : `; expect returned ${redactText(show(verdict))} instead of true or false`
    return { kind: 'unexpected', example: `${answered(request, parts.status)}, which expect did not accept${said}` }
  } catch (error) {
    return { kind: 'thrown', example: `${answered(request, parts.status)}, and expect threw ${thrownInWords(error)}` }
  }
}

/** `TypeError: x is not a function`, without secrets. */
export function thrownInWords(error: unknown): string {
  return redactText(error instanceof Error ? `${error.name}: ${error.message}` : show(error))
}

function answered(request: RequestPlan, status: number): string {
  const reason = STATUS_CODES[status]
  return `${requestInWords(request)} answered ${status}${reason ? ` ${reason}` : ''}`
}
