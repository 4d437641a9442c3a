// Which servers of this thread are noticed.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { listensHere, servedHere } from '../../../src/engine/shared-loop.ts'

const open: Server[] = []

afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function listen(server: Server, at: { port: number; host: string } | { path: string }): Promise<Server> {
  open.push(server)
  await once(server.listen(at), 'listening')
  return server
}

const loopback = { port: 0, host: '127.0.0.1' }
const portOf = (server: Server) => (server.address() as AddressInfo).port
const addressesOf = (port: number) => ({ 'http://app.test': { host: '127.0.0.1', port } }) as never

it('notices a server while it listens', async () => {
  expect(listensHere()).toBe(false)
  const server = await listen(createServer(), loopback)
  const port = portOf(server)
  expect(listensHere()).toBe(true)
  expect(servedHere(addressesOf(port))).toBe('http://app.test')
  expect(servedHere(addressesOf(port - 1))).toBeUndefined()
  server.close()
  await once(server, 'close')
  expect(servedHere(addressesOf(port))).toBeUndefined()
  expect(listensHere()).toBe(false)
})

it('notices a server that was unref()ed', async () => {
  const server = (await listen(createServer(), loopback)).unref()
  expect(servedHere(addressesOf(portOf(server)))).toBe('http://app.test')
})

it('notices a server that listens again, on another port', async () => {
  const server = (await listen(createTcpServer(), loopback)).unref()
  server.close()
  await once(server, 'close')
  await listen(server, loopback)
  expect(servedHere(addressesOf(portOf(server)))).toBe('http://app.test')
})

it('leaves a server alone that no port leads to', async () => {
  await listen(createServer(), { path: `\0vitest-load-${process.pid}` })
  expect(listensHere()).toBe(false)
})
