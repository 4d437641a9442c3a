// When a started server counts as ready, and how long that is waited for.
import { get } from 'node:http'
import { connect } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerProcess } from './server-process.ts'

/** Nothing yet: undefined. Otherwise why it is not ready, as the end of the sentence "it was not ready: ...". */
export type ReadyProbe = () => Promise<string | undefined>

const pollInterval = 20
// An answer that takes longer is asked for again: the first request may have come before the application was whole.
const answerLimit = 5000

/** Ready when 127.0.0.1 accepts a connection on `port`. */
export function acceptsOn(port: number): ReadyProbe {
  return () =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('connect', () => resolve(undefined))
      socket.once('error', () => resolve(`nothing accepts connections on 127.0.0.1:${port}`))
      socket.once('connect', () => socket.destroy())
    })
}

/** Ready when `path` answers 2xx. */
export function answersOn(port: number, path: string): ReadyProbe {
  return () =>
    new Promise((resolve) => {
      const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        const status = response.statusCode as number
        response.resume()
        resolve(status >= 200 && status < 300 ? undefined : `${path} answered ${status}, not 2xx`)
      })
      request.setTimeout(answerLimit, () => request.destroy(new Error(`no answer within ${answerLimit / 1000} s`)))
      request.once('error', (error) => resolve(`${path} could not be read (${error.message})`))
    })
}

/** Ready when the log matches. */
export function logs(pattern: RegExp, log: () => string): ReadyProbe {
  // search(), because test() with a `g` pattern would go on from its last match.
  return async () => (log().search(pattern) >= 0 ? undefined : `its log does not match ${pattern}`)
}

/** Ready when the function says true; what it throws means "not yet". */
export function says(check: () => boolean | Promise<boolean>): ReadyProbe {
  return async () => {
    try {
      const answer = await check()
      return answer === true ? undefined : `the ready function returned ${String(answer)}, not true`
    } catch (error) {
      return `the ready function threw: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

export interface Waiting {
  readonly probe: ReadyProbe
  readonly life: ServerProcess
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

export type Readiness = { readonly is: 'ready' | 'exited' | 'aborted' } | { readonly is: 'late'; readonly why: string }

/** Polls until it is ready, has exited, is late or is no longer wanted, whichever comes first. */
export async function untilReady({ probe, life, limit, signal }: Waiting): Promise<Readiness> {
  let over = false
  let why = 'its first check never ended'
  const poll = async (): Promise<Readiness> => {
    while (!over) {
      const reason = await probe()
      if (reason === undefined) return { is: life.exit === undefined ? 'ready' : 'exited' }
      why = reason
      await sleep(pollInterval)
    }
    return { is: 'aborted' }
  }
  const release: (() => void)[] = []
  const interrupted = new Promise<Readiness>((resolve) => {
    const timer = setTimeout(() => resolve({ is: 'late', why }), limit)
    const abort = (): void => resolve({ is: 'aborted' })
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    release.push(
      () => clearTimeout(timer),
      () => signal?.removeEventListener('abort', abort),
    )
  })
  try {
    return await Promise.race([life.ended.then((): Readiness => ({ is: 'exited' })), interrupted, poll()])
  } finally {
    over = true
    for (const undo of release) undo()
  }
}
