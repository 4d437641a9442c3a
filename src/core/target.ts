// What is loaded, resolved: requests with absolute addresses, or a function.
import { type HttpOptions, type HttpRequest, type HttpResponse, requestKeys } from './http-request.ts'
import { whereItBelongs } from './option-places.ts'
import { type Problems, show } from './problems.ts'
import { headerTroubles, isToken, lowerCase, sendableHeaders } from './request-headers.ts'
import { forget, isThenable } from './thenable.ts'

/** What a function target is given. */
export interface TaskContext {
  /** Counts all iterations of the run from 0, warm-up included. */
  readonly iteration: number
  /** The virtual user that runs this iteration, from 0. */
  readonly vu: number
  /** Aborted when the iteration is given up: timed out, not ended by the end of `gracefulStop`, or the run stopped. */
  readonly signal: AbortSignal
  /**
   * Counts whether something held: `check('has an id', body.id > 0)`. A check that fails does not fail the iteration; one of
   * anything but `true` or `false` throws LoadTestError.
   */
  check(name: string, held: boolean): void
}

export type Task = (context: TaskContext) => unknown

/** What `load()` takes: a URL, a request, a list of both (sent in turn), or any function. */
export type Target = string | HttpRequest | readonly (string | HttpRequest)[] | Task

export interface RequestPlan {
  readonly name: string
  readonly method: string
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly headersOf?: (iteration: number) => Readonly<Record<string, string>>
  readonly bodyOf?: (iteration: number) => string | Uint8Array
  /** Statuses that are ok; none given: any 2xx or 3xx. */
  readonly statuses?: readonly number[]
  readonly accept?: (response: HttpResponse) => boolean
}

export type TargetPlan =
  | { readonly kind: 'http'; readonly requests: readonly RequestPlan[] }
  | { readonly kind: 'task'; readonly run: Task }

/** Plain data can be driven from another thread; what holds a function runs where the function was written. */
export function isPlainData(target: TargetPlan): boolean {
  return (
    target.kind === 'http' && target.requests.every(({ headersOf, bodyOf, accept }) => !headersOf && !bodyOf && !accept)
  )
}

export function planTarget(target: unknown, baseUrl: string | undefined, problems: Problems): TargetPlan {
  if (typeof target === 'function') return { kind: 'task', run: target as Task }
  const list = Array.isArray(target) ? target : [target]
  if (list.length === 0) problems.expected('target', 'at least one request', target)
  const requests = list.map((entry, index) =>
    planRequest(entry, { name: Array.isArray(target) ? `target[${index}]` : 'target', baseUrl, problems }),
  )
  return { kind: 'http', requests: requests.filter((request) => request !== undefined) }
}

interface RequestPlace {
  readonly name: string
  readonly baseUrl: string | undefined
  readonly problems: Problems
}

function planRequest(entry: unknown, place: RequestPlace): RequestPlan | undefined {
  const { problems } = place
  if (typeof entry !== 'string' && (entry as HttpRequest | null)?.kind !== 'http') {
    problems.expected(place.name, 'a URL, http.get(url), a list of them, or a function', entry)
    return undefined
  }
  const request =
    typeof entry === 'string' ? ({ kind: 'http', method: 'GET', url: entry } as const) : (entry as HttpRequest)
  problems.unknownKeys(request, requestKeys, { place: `${place.name}.`, elsewhere: whereItBelongs })
  const url = resolveUrl(request.url, place)
  const sound = checkOptions(request, place)
  if (!url || !sound) return undefined
  if (url.username || url.password) {
    problems.add(place.name, 'a URL with user and password in it: send an authorization header instead')
  }
  const body = planBody(request)
  return {
    name: request.name ?? `${request.method} ${url.pathname}`,
    method: request.method,
    origin: url.origin,
    path: url.pathname + url.search,
    ...planHeaders(request, bytesOf(body)),
    ...body,
    ...planExpectation(request.expect),
  }
}

function resolveUrl(url: unknown, { name, baseUrl, problems }: RequestPlace): URL | undefined {
  const isPath = typeof url === 'string' && url.startsWith('/')
  if (isPath && baseUrl === undefined) {
    problems.add(
      name,
      `${show(url)} is a path alone: set baseUrl in loadTesting({ baseUrl }) or VITEST_LOAD_BASE_URL, or give a whole URL`,
    )
    return undefined
  }
  if (isPath && !httpUrl(baseUrl)) {
    problems.expected('baseUrl', "an http: or https: URL such as 'http://127.0.0.1:3000'", baseUrl)
    return undefined
  }
  const parsed = httpUrl(isPath ? `${baseUrl?.replace(/\/+$/, '')}${url}` : url)
  if (!parsed) problems.expected(name, "an http: or https: URL such as 'http://127.0.0.1:3000/health'", url)
  return parsed
}

function httpUrl(text: unknown): URL | undefined {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

/** Whether a request can be made of them. */
function checkOptions(request: HttpRequest, { name, problems }: RequestPlace): boolean {
  const { method, headers, json, body, expect } = request
  const mistakes: [what: string, text: string][] = []
  const check = (option: string, holds: boolean, expected: string, got: unknown) => {
    if (!holds) mistakes.push([`${name}.${option}`, `expected ${expected}, got ${show(got)}`])
  }
  if (json !== undefined && body !== undefined) mistakes.push([name, 'has json and body: give one of them'])
  check('method', isToken(method), "an HTTP method such as 'GET'", method)
  check('name', request.name === undefined || isText(request.name), 'a text', request.name)
  check('body', isBody(body), 'text, bytes or a function', body)
  check('expect', isExpectation(expect), 'a status such as 201, a list of them, or a function of the response', expect)
  const named = typeof headers === 'object' && headers !== null && !Array.isArray(headers)
  const noHeaders = headers !== undefined && typeof headers !== 'function' && !named
  check('headers', !noHeaders, 'an object or a function', headers)
  const trouble = jsonTrouble(json)
  if (trouble) mistakes.push([`${name}.json`, `cannot be written as JSON: ${trouble}`])
  const bodyBytes = mistakes.length === 0 ? bytesOf(planBody(request)) : undefined
  for (const text of headerTroubles(named ? headers : {}, bodyBytes)) mistakes.push([`${name}.headers`, text])
  for (const [what, text] of mistakes) problems.add(what, text)
  return mistakes.length === 0
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''

function isBody(body: unknown): boolean {
  return body === undefined || typeof body === 'string' || typeof body === 'function' || body instanceof Uint8Array
}

function isExpectation(expect: unknown): boolean {
  if (expect === undefined || typeof expect === 'function') return true
  const statuses: unknown[] = Array.isArray(expect) ? expect : [expect]
  const isStatus = (value: unknown) => Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599
  return statuses.length > 0 && statuses.every(isStatus)
}

function jsonTrouble(json: unknown): string | undefined {
  if (json === undefined || typeof json === 'function') return undefined
  try {
    writeJson(json)
    return undefined
  } catch (error) {
    return String((error as Error).message).split('\n')[0]
  }
}

function writeJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`${show(value)} is no JSON`)
  return text
}

function planHeaders(
  { headers = {}, json }: HttpOptions,
  bodyBytes: number | undefined,
): Pick<RequestPlan, 'headers' | 'headersOf'> {
  const standing: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' }
  if (typeof headers === 'function')
    return { headers: standing, headersOf: (i) => sendableHeaders(made('headers', headers(i)), bodyBytes) }
  return { headers: { ...standing, ...lowerCase(headers) } }
}

function planBody({ json, body }: HttpOptions): Pick<RequestPlan, 'body' | 'bodyOf'> {
  if (typeof json === 'function') return { bodyOf: (iteration) => writeJson(made('json', json(iteration))) }
  if (json !== undefined) return { body: writeJson(json) }
  if (typeof body === 'function') return { bodyOf: (iteration) => made('body', body(iteration)) }
  return body === undefined ? {} : { body }
}

/** What a function made for one request. @throws TypeError for a promise: sending waits for nothing */
function made<Value>(option: string, value: Value): Value {
  if (!isThenable(value)) return value
  forget(value)
  throw new TypeError(`the function for ${option} returned a promise: prepare what it needs before the run`)
}

/** Undefined when it is made per iteration. */
function bytesOf({ body = '', bodyOf }: Pick<RequestPlan, 'body' | 'bodyOf'>): number | undefined {
  if (bodyOf) return undefined
  return typeof body === 'string' ? new TextEncoder().encode(body).byteLength : body.byteLength
}

function planExpectation(expect: HttpOptions['expect']): Pick<RequestPlan, 'statuses' | 'accept'> {
  if (expect === undefined) return {}
  if (typeof expect === 'function') return { accept: expect }
  return { statuses: Array.isArray(expect) ? expect : [expect as number] }
}
