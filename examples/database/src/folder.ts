// The temporary folder that holds all of one database, and who removes it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Folder {
  readonly path: string
  /** Ends the PostgreSQL in it, whatever that is doing, and removes it. */
  remove(): Promise<void>
}

const prefix = 'vitest-load-database-'
const segmentTable = '/proc/sysvipc/shm'
const guardScript = fileURLToPath(new URL('./guard.sh', import.meta.url))

/** A new one, guarded from the start: when this process ends in any way, the database and its folder go too. */
export function makeFolder(): Folder {
  // The pid in the name tells a later start whose it was.
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  // Whom root hands the inner folders to must be able to pass.
  chmodSync(path, 0o711)
  const guard = spawn('sh', [guardScript, path], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const pipe = guard.stdio[3] as Socket
  pipe.on('error', () => {}).resume()
  const removed = once(pipe, 'close')
  return {
    path,
    async remove() {
      pipe.end()
      await removed
    },
  }
}

/** Removes what is left of databases that ended together with their guards: by a power cut, say. */
export function sweepFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN
    const path = join(tmpdir(), name)
    // Whose guard still runs is ended by that, which needs what is in there.
    if (Number.isNaN(owner) || runs(owner) || runs(guardOf(path))) continue
    try {
      if (lstatSync(path).uid !== process.getuid?.()) continue
      removeMemory(join(path, 'data/postmaster.pid'))
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Its guard, or another start, is removing it too.
    }
  }
}

/** The few bytes of shared memory that outlive a killed PostgreSQL. On Linux, which says whose they are. */
function removeMemory(pidFile: string): void {
  if (!existsSync(pidFile) || !existsSync(segmentTable)) return
  const [pid, , , , , , memory = ''] = readFileSync(pidFile, 'utf8').split('\n')
  const [key, id] = memory.trim().split(/\s+/)
  if (!id) return
  // proc_sysvipc(5): key, id, mode, size, creator. After a restart of the machine an id alone would be somebody else's.
  const own = new RegExp(`^ *${key} +${id} +600 +\\d+ +${pid} `, 'm')
  if (own.test(readFileSync(segmentTable, 'utf8'))) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' })
}

/** Undefined when it has said nothing yet, or removed the folder. */
function guardOf(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(path, 'guard'), 'utf8'), 10)
  } catch {
    return undefined
  }
}

function runs(pid: number | undefined): boolean {
  // Containers use the same few pids again and again; and this process has made no folder yet.
  if (!pid || pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    // A zombie has ended, too: in many containers nobody takes note of orphans.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return process.platform !== 'linux'
  }
}
