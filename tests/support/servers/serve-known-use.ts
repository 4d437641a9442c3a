// A server with three children, each busy for a known share of the time. GET / tells the pids of all four and the CPU time
// in ms that they have used; /threads, /files and /write?path=... have a child start 3 threads, open 50 files, write 32 MB
// to the disk; /end ends the last child.
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'

const cycle = 20
const shares = [0.1, 0.2, 0.3]
const megabytes = 32

const spent = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const orders: Record<string, (path: string) => unknown> = {
  '/': spent,
  '/threads': () => Promise.all([1, 2, 3].map(() => online(new Worker('setInterval(() => {}, 1000)', { eval: true })))),
  '/files': () => Array.from({ length: 50 }, () => openSync(process.execPath, 'r')),
  '/write': (path) => {
    const file = openSync(path, 'w')
    for (let count = 0; count < megabytes; count++) writeSync(file, Buffer.alloc(2 ** 20, count))
    fsyncSync(file)
    closeSync(file)
    return megabytes * 2 ** 20
  },
}

function online(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('online', () => resolve()))
}

if (process.send) {
  const share = Number(process.argv[2])
  process.on('message', async ({ order, path }: { order: string; path: string }) => {
    process.send?.(await orders[order]?.(path))
  })
  process.on('disconnect', () => process.exit())
  setInterval(() => {
    const end = performance.now() + cycle * share
    while (performance.now() < end);
  }, cycle)
} else {
  const children = shares.map((share) => fork(new URL(import.meta.url), [String(share)]))
  const ask = (child: ChildProcess, order: string, path = ''): Promise<unknown> =>
    new Promise((resolve) => {
      child.once('message', resolve)
      child.send({ order, path })
    })
  const answer = async (url: URL): Promise<unknown> => {
    const last = children.at(-1) as ChildProcess
    if (url.pathname === '/') {
      const times = (await Promise.all(children.map((child) => ask(child, '/')))) as number[]
      const all = times.reduce((sum, time) => sum + time, spent())
      return { pids: [process.pid, ...children.map(({ pid }) => pid)], spent: all }
    }
    if (url.pathname !== '/end') return ask(last, url.pathname, url.searchParams.get('path') ?? '')
    children.pop()
    return new Promise((resolve) => {
      last.once('exit', resolve)
      last.disconnect()
    })
  }
  createServer(async (request, response) => {
    response.end(JSON.stringify((await answer(new URL(request.url ?? '/', 'http://x'))) ?? null))
  }).listen(Number(process.env.PORT))
}
