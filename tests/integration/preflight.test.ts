// What is found out about a target before any load is sent, with real sockets on loopback.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { LoadTestError } from '../../src/core/errors.ts'
import { Problems } from '../../src/core/problems.ts'
import { planTarget } from '../../src/core/target.ts'
import { reach } from '../../src/engine/preflight.ts'
import { freePort } from '../../src/processes/free-port.ts'

const pem = (name: string) => readFileSync(new URL(`../support/certificates/self-signed.${name}.pem`, import.meta.url))
const localhost = await lookup('localhost', { all: true })
const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  servers.push(server)
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A server that counts its connections and ends each when the client does. */
function counting(): { server: Server; connections: () => number } {
  let count = 0
  const server = createServer((socket) => {
    count++
    socket.on('error', () => {}).resume()
  })
  return { server, connections: () => count }
}

function reachUrl(target: string | readonly string[], allowHosts: readonly string[] = []) {
  return reach({ target: planTarget(target, undefined, new Problems('load()')), insecure: false }, allowHosts)
}

async function refusal(target: string | readonly string[], allowHosts?: readonly string[]) {
  const connections: unknown[] = []
  const count = (message: unknown) => connections.push(message)
  subscribe('net.client.socket', count)
  const began = performance.now()
  const error: LoadTestError = await reachUrl(target, allowHosts).then(
    () => expect.fail('it was reached'),
    (reason) => reason,
  )
  unsubscribe('net.client.socket', count)
  expect(error.name).toBe('LoadTestError')
  return { code: error.code, message: error.message, took: performance.now() - began, connections: connections.length }
}

describe('an address', () => {
  it('is reached by exactly one connection, which carries nothing', async () => {
    const { server, connections } = counting()
    const port = await listen(server)
    const origin = `http://127.0.0.1:${port}`
    expect(await reachUrl([`${origin}/a`, `${origin}/b`])).toEqual({ [origin]: { address: '127.0.0.1', port } })
    expect(connections()).toBe(1)
  })

  it('may be IPv6', async () => {
    const port = await listen(counting().server, '::1')
    const origin = `http://[::1]:${port}`
    expect(await reachUrl(`${origin}/`)).toEqual({ [origin]: { address: '::1', port } })
  })

  // On many machines two, of which one may have no listener.
  it.each(localhost)('of localhost is the one that somebody listens on: $address', async ({ address }) => {
    const port = await listen(counting().server, address)
    const origin = `http://localhost:${port}`
    expect(await reachUrl(`${origin}/`)).toEqual({ [origin]: { address, port } })
  })

  it('is found for every origin of a list', async () => {
    const ports = [await listen(counting().server), await listen(counting().server)]
    const origins = ports.map((port) => `http://127.0.0.1:${port}`)
    expect(Object.keys(await reachUrl(origins))).toEqual(origins)
  })

  it('of a function target is its own affair', async () => {
    expect(await reach({ target: { kind: 'task', run: () => {} }, insecure: false }, [])).toEqual({})
  })
})

describe('where nothing listens', () => {
  it('it says so, and what to do', async () => {
    const port = await freePort()
    const { code, message, took } = await refusal(`http://127.0.0.1:${port}/health?token=abc`)
    expect(code).toBe('nothing-listens')
    expect(message).toBe(
      `load(): nothing listens on http://127.0.0.1:${port} (ECONNREFUSED): start the server first, for example with serve('node src/server.js', { ready: '/health' })`,
    )
    expect(took).toBeLessThan(2000)
  })

  it('it says so for localhost and IPv6', async () => {
    const port = await freePort()
    for (const host of ['localhost', '[::1]']) {
      expect((await refusal(`http://${host}:${port}/`)).code).toBe('nothing-listens')
    }
  })

  it('it says so for one of several origins', async () => {
    const here = await listen(counting().server)
    const port = await freePort()
    const { message } = await refusal([`http://127.0.0.1:${here}/`, `http://127.0.0.1:${port}/`])
    expect(message).toContain(`nothing listens on http://127.0.0.1:${port} `)
  })

  it('a name that does not exist is told', async () => {
    const { code, message, connections } = await refusal('http://no-such-host.invalid/')
    expect(code).toBe('nothing-listens')
    expect(message).toMatch(/^load\(\): the name 'no-such-host\.invalid' of http:\/\/no-such-host\.invalid does not re/)
    expect(connections).toBe(0)
  })
})

describe('an address that load may not go to', () => {
  it('is refused at once, without a packet', async () => {
    const { code, message, took, connections } = await refusal('http://192.0.2.1/')
    expect(code).toBe('host-not-allowed')
    expect(message).toBe(
      "load(): 192.0.2.1 may not be loaded: load goes to loopback only. If 192.0.2.1 is yours, list it: loadTesting({ allowHosts: ['192.0.2.1'] }) or VITEST_LOAD_ALLOW_HOSTS=192.0.2.1",
    )
    expect(connections).toBe(0)
    expect(took).toBeLessThan(1000)
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data', ['169.254.169.254', '0.0.0.0/0']],
    ['http://[fd00:ec2::254]/', ['fd00:ec2::254', '::/0']],
    ['http://[::ffff:169.254.169.254]/', ['::/0', '169.254.0.0/16']],
    ['http://0xa9fea9fe/', ['0.0.0.0/0']],
  ])('is refused for ever when it is a metadata service: %s', async (url, allowHosts) => {
    const { code, message, connections } = await refusal(url, allowHosts)
    expect(code).toBe('host-not-allowed')
    expect(message).toMatch(/which is never loaded$/)
    expect(connections).toBe(0)
  })
})

describe('TLS', () => {
  it.each(['127.0.0.1', 'localhost'])('that is not trusted is refused, with its code: %s', async (host) => {
    const port = await listen(createTlsServer({ key: pem('key'), cert: pem('cert') }))
    const { code, message } = await refusal(`https://${host}:${port}/`)
    expect(code).toBe('tls-not-verified')
    expect(message).toBe(
      `load(): the TLS connection to https://${host}:${port} was not made (DEPTH_ZERO_SELF_SIGNED_CERT): give it a certificate that this machine trusts (NODE_EXTRA_CA_CERTS adds one), or say insecure: true`,
    )
  })

  it('that is not spoken there is told as what it is', async () => {
    const port = await listen(createHttpServer())
    const { code, message } = await refusal(`https://127.0.0.1:${port}/`)
    expect(code).toBe('tls-not-verified')
    expect(message).toMatch(/does not speak TLS \(.+\): say http:\/\/127\.0\.0\.1:\d+ if that is meant$/)
  })

  it('asked of a port where nothing listens is no matter of certificates', async () => {
    expect((await refusal(`https://127.0.0.1:${await freePort()}/`)).code).toBe('nothing-listens')
  })
})
