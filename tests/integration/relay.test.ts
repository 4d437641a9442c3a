// The relay with real sockets: every byte, every end and every reset arrives on the other side as it was sent.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type ConnectionListener, type Relay, startRelay } from '../../src/relay/relay.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server, a relay in front of it and a client, with what the relay tells of the connection. */
async function join(serve: (socket: Socket) => void) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    cleanups.push(() => socket.destroy())
    serve(socket)
  })
  const { relay, told } = await relayTo(await listen(server))
  return { relay, told, client: client(relay), server }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as { port: number }).port
}

async function relayTo(upstream: number): Promise<{ relay: Relay; told: string[] }> {
  const told: string[] = []
  const listener: ConnectionListener = {
    up: () => {},
    down: () => {},
    ended: (side) => told.push(`${side} ended`),
    closed: (how) => told.push(how),
  }
  const relay = await startRelay({ port: 0, upstream, listener: () => listener })
  cleanups.push(() => relay.stop())
  return { relay, told }
}

function client({ port }: Relay): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  cleanups.push(() => socket.destroy())
  return socket
}

/** How a socket ends: `end`, or the code of its error. */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('end', () => resolve('end'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
    socket.resume()
  })
}

/** Up to its end; unlike an iterator it leaves the socket open for what is still to be sent. */
async function read(socket: Socket): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    bytes += chunk.length
  })
  await once(socket, 'end')
  return { bytes, sha256: hash.digest('hex') }
}

describe('what goes through the relay', () => {
  it('is the same 20 MB both ways at once, however slowly they are taken', async () => {
    const [up, down] = [randomBytes(20e6), randomBytes(20e6)]
    const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex')
    const arrived = Promise.withResolvers<Awaited<ReturnType<typeof read>>>()
    const { relay, client, told } = await join(async (socket) => {
      socket.end(down)
      await sleep(100)
      arrived.resolve(await read(socket))
    })
    client.end(up)
    await sleep(200)
    expect(await read(client)).toEqual({ bytes: 20e6, sha256: sha256(down) })
    expect(await arrived.promise).toEqual({ bytes: 20e6, sha256: sha256(up) })
    await expect.poll(() => told.length).toBe(3)
    expect(told.at(-1)).toBe('closed')
    expect(relay.stats).toEqual({ connections: 1, open: 0, refused: 0, bytesUp: 20e6, bytesDown: 20e6 })
  })

  it('waits in the sockets when nobody takes it, not in the relay', async () => {
    const { relay, client } = await join((socket) => socket.pause())
    const sent = randomBytes(60e6)
    client.write(sent)
    let before = -1
    // What fits into the buffers of the sockets goes through, then everything stands.
    await expect
      .poll(
        () => {
          const { bytesUp } = relay.stats
          const stands = bytesUp > 0 && bytesUp === before
          before = bytesUp
          return stands
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true)
    expect(relay.stats.bytesUp).toBeLessThan(40e6)
  })
})

describe('an end', () => {
  it('of the client alone leaves the other half open', async () => {
    const { client, told } = await join(async (socket) => {
      const { bytes } = await read(socket)
      socket.end(`got ${bytes} bytes`)
    })
    client.end('question')
    expect(Buffer.concat(await client.toArray()).toString()).toBe('got 8 bytes')
    await expect.poll(() => told).toEqual(['client ended', 'server ended', 'closed'])
  })

  it('of the server alone leaves the other half open', async () => {
    const heard = Promise.withResolvers<string>()
    const { client, told } = await join((socket) => {
      socket.end('bye')
      socket.on('data', (data) => heard.resolve(data.toString()))
    })
    expect(await endOf(client)).toBe('end')
    client.end('one more thing')
    expect(await heard.promise).toBe('one more thing')
    await expect.poll(() => told).toEqual(['server ended', 'client ended', 'closed'])
  })

  it('comes after everything that was sent before it', async () => {
    const data = randomBytes(5e6)
    const { client } = await join((socket) => socket.end(data))
    await sleep(100)
    expect(Buffer.concat(await client.toArray()).equals(data)).toBe(true)
  })
})

describe('a reset', () => {
  it('by the server is one for the client', async () => {
    const { client, told } = await join((socket) => socket.once('data', () => socket.resetAndDestroy()))
    client.write('hello')
    expect(await endOf(client)).toBe('ECONNRESET')
    await expect.poll(() => told).toEqual(['server reset'])
  })

  it('by the server comes after what it sent', async () => {
    const { client } = await join((socket) =>
      socket.once('data', () => socket.write('half an ans', () => setTimeout(() => socket.resetAndDestroy(), 50))),
    )
    client.write('hello')
    const ended = Promise.withResolvers<string>()
    client.on('error', ({ code }: NodeJS.ErrnoException) => ended.resolve(String(code)))
    const [data] = await once(client, 'data')
    expect(String(data)).toBe('half an ans')
    expect(await ended.promise).toBe('ECONNRESET')
  })

  it('by the client is one for the server', async () => {
    const ended = Promise.withResolvers<string>()
    const { client, told } = await join((socket) => {
      socket.write('hello')
      endOf(socket).then(ended.resolve)
    })
    await once(client, 'data')
    client.resetAndDestroy()
    expect(await ended.promise).toBe('ECONNRESET')
    await expect.poll(() => told).toEqual(['client reset'])
  })

  it('is what a client sees when nobody listens behind the relay', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    const { relay, told } = await relayTo(port)
    expect(await endOf(client(relay))).toBe('ECONNRESET')
    await expect.poll(() => told).toEqual(['refused'])
    expect(relay.stats).toMatchObject({ connections: 1, open: 0, refused: 1 })
  })
})

describe('a relay', () => {
  it('that stops ends its connections on both sides, and its port is free', async () => {
    const ended = Promise.withResolvers<string>()
    const { relay, client, told } = await join((socket) => {
      socket.write('hello')
      endOf(socket).then(ended.resolve)
    })
    await once(client, 'data')
    const clientEnd = endOf(client)
    await relay.stop()
    expect([await clientEnd, await ended.promise]).toEqual(['end', 'end'])
    expect(told).toEqual(['stopped'])
    const again = await startRelay({ port: relay.port, upstream: 1 })
    await again.stop()
  })

  it('whose port is taken says so', async () => {
    const port = await listen(createServer())
    await expect(startRelay({ port, upstream: 1 })).rejects.toMatchObject({
      code: 'server-failed',
      message: expect.stringMatching(`port ${port} is taken by another process`),
    })
  })
})
