// Finds the TCP ports that processes listen on: what an application opened instead of the port it was given.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface ListeningPort {
  readonly port: number
  /** Whether 127.0.0.1 reaches it. */
  readonly onLoopback: boolean
}

/** Sorted by port; empty on other platforms than Linux, where the question stays open. */
export function listeningPorts(pids: readonly number[]): readonly ListeningPort[] {
  const found = new Map<number, boolean>()
  for (const pid of pids) {
    const sockets = socketsOf(pid)
    for (const family of ['tcp', 'tcp6']) {
      for (const { port, onLoopback, inode } of listeners(readOrNothing(`/proc/${pid}/net/${family}`))) {
        if (sockets.has(inode)) found.set(port, onLoopback || (found.get(port) ?? false))
      }
    }
  }
  return [...found].map(([port, onLoopback]) => ({ port, onLoopback })).sort((a, b) => a.port - b.port)
}

/** Rows of `/proc/<pid>/net/tcp` or `tcp6` in the state LISTEN (0A); addresses are hexadecimal in host byte order. */
export function listeners(text: string): readonly (ListeningPort & { readonly inode: string })[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => {
      const [address, port] = (fields[1] as string).split(':') as [string, string]
      return { port: Number.parseInt(port, 16), onLoopback: reachesLoopback(address), inode: fields[9] as string }
    })
}

// 0.0.0.0 and ::, 127.0.0.1 and ::ffff:127.0.0.1.
function reachesLoopback(address: string): boolean {
  return /^0+$/.test(address) || /^(0{16}FFFF0000)?0100007F$/.test(address)
}

function socketsOf(pid: number): Set<string> {
  const directory = `/proc/${pid}/fd`
  const inodes = new Set<string>()
  for (const fd of entriesOrNothing(directory)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOrNothing(`${directory}/${fd}`))?.[1]
    if (inode !== undefined) inodes.add(inode)
  }
  return inodes
}

// A process may end, and its files with it, between two of these reads.
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function entriesOrNothing(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function linkOrNothing(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
