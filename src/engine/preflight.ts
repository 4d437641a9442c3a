// Looks every origin up, checks that load may go there, and connects once: before any load is sent.
import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { connect as connectTls } from 'node:tls'
import { LoadTestError } from '../core/errors.ts'
import type { Plan } from '../core/plan.ts'
import type { Address } from '../drivers/driver.ts'
import { permissionFor } from './address-policy.ts'

/** For looking a name up, and for connecting. */
const patience = 2000

/**
 * Where each origin of a plan really is. A function target has none: what it connects to is its own affair.
 * @throws LoadTestError `host-not-allowed`, `nothing-listens` (within 2 s), `tls-not-verified` or `generator-starved`
 */
export async function reach(
  { target, insecure }: Reachable,
  allowHosts: readonly string[],
): Promise<Record<string, Address>> {
  if (target.kind === 'task') return {}
  const origins = [...new Set(target.requests.map((request) => request.origin))]
  const addresses = await Promise.all(origins.map((origin) => reachOrigin(new URL(origin), { allowHosts, insecure })))
  return Object.fromEntries(origins.map((origin, index) => [origin, addresses[index] as Address]))
}

type Reachable = Pick<Plan, 'target' | 'insecure'>

interface Policy {
  readonly allowHosts: readonly string[]
  readonly insecure: boolean
}

async function reachOrigin(url: URL, { allowHosts, insecure }: Policy): Promise<Address> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const port = Number(url.port) || (secure ? 443 : 80)
  const servername = secure ? { servername: isIP(host) ? '' : host } : {}
  const addresses = permitted(host, await resolve(url, host), allowHosts)
  // All at once, so that several addresses take no longer than one; the first of them that answers is taken.
  const attempts = addresses.map((address) => tryConnect({ address, port, ...servername }, { host, insecure }))
  for (const attempt of attempts) attempt.catch(() => {})
  const failures: unknown[] = []
  for (const attempt of attempts) {
    try {
      return await attempt
    } catch (failure) {
      failures.push(failure)
    }
  }
  throw unreachable(url, failures.find((failure) => !isSilence(failure)) ?? failures[0])
}

async function resolve(url: URL, host: string): Promise<string[]> {
  try {
    return (await inTime(lookup(host, { all: true }))).map(({ address }) => address)
  } catch (cause) {
    const text = `load(): the name '${host}' of ${url.origin} does not resolve (${codeOf(cause)}): check its spelling`
    throw new LoadTestError('nothing-listens', text, { cause })
  }
}

/** A name may resolve to several addresses: those that load may go to, or an error that says which it may not. */
function permitted(host: string, addresses: readonly string[], allowHosts: readonly string[]): readonly string[] {
  const permissions = addresses.map((address) => permissionFor({ host, address }, allowHosts))
  const allowed = addresses.filter((_, index) => permissions[index] === 'allowed')
  if (allowed.length > 0) return allowed
  const place = addresses.includes(host) ? host : `${host} (${addresses.join(', ')})`
  const wayOut = permissions.includes('never')
    ? 'it is a link-local or cloud metadata address, which is never loaded'
    : `load goes to loopback only. If ${host} is yours, list it: loadTesting({ allowHosts: ['${host}'] }) or VITEST_LOAD_ALLOW_HOSTS=${host}`
  throw new LoadTestError('host-not-allowed', `load(): ${place} may not be loaded: ${wayOut}`)
}

/** Opens and closes one connection; with TLS the certificate is verified against the name, unless `insecure`. */
function tryConnect(candidate: Address, { host, insecure }: { host: string; insecure: boolean }): Promise<Address> {
  const { address, port, servername } = candidate
  const { promise, resolve, reject } = Promise.withResolvers<Address>()
  const connected = () => resolve(candidate)
  const options = { host: address, port }
  const secured = { ...options, servername: servername || undefined, rejectUnauthorized: !insecure }
  const socket: Socket =
    servername === undefined
      ? connect(options, connected)
      : connectTls({ ...secured, ...(isIP(host) ? { host } : {}) }, connected)
  socket.on('error', reject)
  return inTime(promise).finally(() => {
    socket.on('error', () => {})
    socket.destroy()
  })
}

function inTime<Value>(attempt: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), patience)
  return Promise.race([attempt, promise]).finally(() => clearTimeout(timer))
}

function unreachable(url: URL, cause: unknown): LoadTestError {
  const code = codeOf(cause)
  if (code === 'EMFILE' || code === 'ENFILE') {
    const text = `load(): no connection to ${url.origin} could be tried (${code}): this process has no file descriptor left: close what it keeps open, or allow more with \`ulimit -n\``
    return new LoadTestError('generator-starved', text, { cause })
  }
  if (isSilence(cause) || url.protocol === 'http:') {
    const text = `load(): nothing listens on ${url.origin} (${code}): start the server first, for example with serve('node src/server.js', { ready: '/health' })`
    return new LoadTestError('nothing-listens', text, { cause })
  }
  const text = /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/.test(code)
    ? `load(): ${url.origin} does not speak TLS (${code}): say http://${url.host} if that is meant`
    : `load(): the TLS connection to ${url.origin} was not made (${code}): give it a certificate that this machine trusts (NODE_EXTRA_CA_CERTS adds one), or say insecure: true`
  return new LoadTestError('tls-not-verified', text, { cause })
}

/** Nobody answered, as opposed to: the answer was no TLS that can be trusted. */
function isSilence(error: unknown): boolean {
  return /^(ECONN|ETIMEDOUT|EHOST|ENET|EADDR)/.test(codeOf(error))
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? (error as Error | undefined)?.message)
}
