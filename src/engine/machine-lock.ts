// One load run at a time on this machine: two at once would measure each other. Runs of one process share the lock.
import { unlinkSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LoadTestError } from '../core/errors.ts'

export interface LockOptions {
  readonly signal?: AbortSignal
  /** Called once with the pid of the process that is waited for. */
  onWait?(pid: string): void
}

/**
 * Waits until no other process holds the lock. It is a local socket and not a file, so that the kernel releases it
 * however its holder ends; who waits keeps a connection to the holder and is woken by its end.
 * `VITEST_LOAD_LOCK` names another lock (default: `vitest-load`).
 *
 * @throws LoadTestError `aborted` by the signal
 */
export async function holdMachineLock({ signal, onWait }: LockOptions = {}): Promise<Disposable> {
  const path = lockPath()
  let told = false
  const tell = (pid: string) => {
    if (!told) onWait?.(pid)
    told = true
  }
  for (;;) {
    if (signal?.aborted) throw aborted(signal)
    if (!held) {
      attempt ??= tryListen(path).finally(() => {
        attempt = undefined
      })
      held = await attempt
    }
    if (held) return hold()
    await holderEnds(path, { ...(signal ? { signal } : {}), onWait: tell })
  }
}

/** Of this process. */
let held: Server | undefined
let holders = 0
/** One at a time: a second one would find the first and take this process for another. */
let attempt: Promise<Server | undefined> | undefined

function hold(): Disposable {
  holders++
  let released = false
  return {
    [Symbol.dispose]() {
      if (released) return
      released = true
      holders--
      if (holders > 0) return
      held?.close()
      held = undefined
    },
  }
}

function aborted({ reason }: AbortSignal): LoadTestError {
  const why = reason instanceof Error ? reason.message : String(reason)
  return new LoadTestError('aborted', `load(): stopped before anything was sent: ${why}`, { cause: reason })
}

/** Linux has names without files (unix(7), abstract), Windows pipes; elsewhere a socket file in the temporary folder. */
function lockPath(): string {
  const name = process.env.VITEST_LOAD_LOCK || 'vitest-load'
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name.replaceAll('/', '-')}.lock`)
}

function tryListen(path: string): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const waiting = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    waiting.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => waiting.delete(socket))
    socket.unref()
    socket.write(String(process.pid))
  })
  server.on('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
  )
  server.listen(path, () => resolve(server))
  server.unref()
  const close = server.close.bind(server)
  server.close = (callback) => {
    for (const socket of waiting) socket.destroy()
    return close(callback)
  }
  return promise
}

/** Resolves when the holder may have ended, and when the signal is aborted. */
function holderEnds(path: string, { signal, onWait }: LockOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = connect(path)
  const abort = () => socket.destroy()
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  socket.on('data', (pid) => onWait?.(String(pid)))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // A socket file whose process is gone: only where names have files.
    if (error.code === 'ECONNREFUSED' && process.platform !== 'linux') unlinkSync(path)
  })
  socket.on('close', () => resolve())
  return promise.finally(() => signal?.removeEventListener('abort', abort))
}
