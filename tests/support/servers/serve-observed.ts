// A server that does what it is asked: /options, /handles, /spent, /block?ms, /hot?ms, /hold, /drop, /sample,
// /sampled, /descriptors, /mute, /threads, /exit.
import { openSync } from 'node:fs'
import { createServer } from 'node:http'
import { Session } from 'node:inspector/promises'
import type { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { spinHotly } from './hot-work.ts'

const held: object[] = []
const threads: Worker[] = []
const own = new Session()

const answers: Record<string, (amount: number) => unknown> = {
  '/': () => process.pid,
  '/options': () => ({ env: process.env, execArgv: process.execArgv, preloaded: 'clientSockets' in globalThis }),
  '/handles': () => process.getActiveResourcesInfo().sort(),
  '/spent': () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  '/block': (time) => {
    const end = performance.now() + time
    while (performance.now() < end);
  },
  '/hot': (time) => spinHotly(time),
  '/hold': (count) => {
    for (let i = 0; i < count; i++) held.push({ i, text: [i, i, i, i] })
    return held.length
  },
  '/drop': () => {
    held.length = 0
  },
  '/sample': () => {
    own.connect()
    return own.post('HeapProfiler.startSampling')
  },
  '/sampled': async () => (await own.post('HeapProfiler.stopSampling')).profile.head.children.length,
  // Until none is left.
  '/descriptors': () => {
    const taken: number[] = []
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'))
    } catch {
      return taken.length
    }
  },
  // Recorded by capture-clients.ts, which a test preloads.
  '/mute': () => {
    const sockets = (globalThis as { clientSockets?: Socket[] }).clientSockets ?? []
    for (const socket of sockets) socket.destroy()
    return sockets.length
  },
  '/threads': async (count) => {
    const code = "require('node:worker_threads').parentPort.on('message', () => {}).postMessage('up')"
    for (let i = 0; i < count; i++) {
      const thread = new Worker(code, { eval: true })
      await new Promise((resolve) => thread.once('message', resolve))
      threads.push(thread)
    }
    return threads.length
  },
  '/exit': () => process.exit(7),
}

createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url as string, 'http://host')
  const answer = await answers[pathname]?.(Number(search.slice(1)))
  response.end(JSON.stringify(answer ?? null))
}).listen(Number(process.env.PORT))
