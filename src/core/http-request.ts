// What a user says about one HTTP request: `http.post(url, { json: (i) => ({ id: i }) })`.

/** What `expect` functions are shown of an answer. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** The body as UTF-8 text. */
  readonly body: string
  /** The body parsed as JSON; throws on anything else. */
  json(): unknown
}

/** What makes an answer ok: a status, several, or a function of the answer. Nothing given: any 2xx or 3xx. */
export type Expectation = number | readonly number[] | ((response: HttpResponse) => boolean)

export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>> | ((iteration: number) => Readonly<Record<string, string>>)
  /** Sent as JSON with its content type. A function is called for every request with the iteration number (from 0). */
  readonly json?: object | string | number | boolean | null | ((iteration: number) => unknown)
  /** Sent as it is. A function is called for every request with the iteration number (from 0). */
  readonly body?: string | Uint8Array | ((iteration: number) => string | Uint8Array)
  readonly expect?: Expectation
  /** How the request is called in reports and by `run.request(name)`. Default: method and path, `GET /users`. */
  readonly name?: string
}

export interface HttpRequest extends HttpOptions {
  readonly kind: 'http'
  readonly method: string
  /** Absolute, or a path that is joined to `baseUrl`. */
  readonly url: string
}

export const requestKeys = ['kind', 'method', 'url', 'headers', 'json', 'body', 'expect', 'name'] as const

type Make = (url: string, options?: HttpOptions) => HttpRequest

const method =
  (name: string): Make =>
  (url, options = {}) =>
    Object.freeze({ ...options, kind: 'http', method: name, url })

export const http: Readonly<Record<'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options', Make>> =
  Object.freeze({
    get: method('GET'),
    post: method('POST'),
    put: method('PUT'),
    patch: method('PATCH'),
    delete: method('DELETE'),
    head: method('HEAD'),
    options: method('OPTIONS'),
  })
