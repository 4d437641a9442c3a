// The shop as a process of its own that can be loaded and profiled.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ScriptPosition, type SourcePosition, sourcePositions } from '../../../src/analysis/source-position.ts'
import type { Recorded } from './profiler.ts'

export interface Traffic {
  readonly path: string
  readonly requests: number
  /** In ms: more requests than those, as long as this has not passed. */
  readonly atLeast?: number
  readonly users?: number
  /** In ms, between two requests of a user. Default: none. */
  readonly pause?: number
}

const profiler = new URL('profiler.ts', import.meta.url)

// In µs: what a server pays for it is measured, and small.
const sampling = 5000

/** Profiles a new process of the script while it serves the requests. */
export async function profileUnder(traffic: Traffic, script: string, interval = sampling): Promise<Recorded> {
  const child = fork(script, { execArgv: ['--import', profiler.href], serialization: 'advanced' })
  try {
    const { port } = await messageOf<AddressInfo>(child)
    // Compiling and optimising are over before the profile begins.
    await send(port, { ...traffic, requests: 8, atLeast: 0, pause: 0 })
    child.send(interval)
    await messageOf(child)
    await send(port, traffic)
    child.send(0)
    return await messageOf<Recorded>(child)
  } finally {
    child.kill('SIGKILL')
  }
}

/** Positions in scripts of the process, below a folder. */
export function positionsIn(root: URL, { sourceMaps }: Recorded): (position: ScriptPosition) => SourcePosition {
  const known = new Map(sourceMaps)
  return sourcePositions({ root: root.href, sourceMapOf: (url) => known.get(url), read: textAt })
}

export function textAt(url: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(url), 'utf8')
  } catch {
    return undefined
  }
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the profiled server ended with ${code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return message as T
}

async function send(port: number, { path, requests, atLeast = 0, users = 4, pause = 0 }: Traffic): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const until = performance.now() + atLeast
  let sent = 0
  const user = async () => {
    while (sent++ < requests || performance.now() < until) {
      await new Promise<void>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        )
      })
      if (pause > 0) await sleep(pause)
    }
  }
  await Promise.all(Array.from({ length: users }, user))
  agent.destroy()
}
