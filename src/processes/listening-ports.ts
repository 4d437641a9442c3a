// Finds the TCP ports that processes listen on, and the processes that listen on a port.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { endianness } from 'node:os'

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

/**
 * The processes that hold a socket which accepts connections to this address, all of them: a socket may have come to one from
 * its parent. None on other platforms than Linux, and none where the files of a process are not open to this user.
 *
 * The tables and the descriptors of all processes are read: milliseconds. Not for a loop.
 */
export function listenersOn(address: string, port: number): readonly number[] {
  const sockets = ['tcp', 'tcp6'].flatMap((family) => listeners(readOrNothing(`/proc/self/net/${family}`)))
  const inodes = new Set(acceptors(sockets, address, port))
  if (inodes.size === 0) return []
  const pids = entriesOrNothing('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids.map(Number).filter((pid) => [...socketsOf(pid)].some((inode) => inodes.has(inode)))
}

/** The inodes of those to which the kernel gives a connection: who listens on the very address goes before all others. */
export function acceptors(sockets: readonly ListeningSocket[], address: string, port: number): readonly string[] {
  const own = sockets.filter((socket) => socket.port === port)
  const exactly = own.filter((socket) => socket.address === addressInTable(address))
  const all = own.filter((socket) => /^0+$/.test(socket.address) && (isIPv4(address) || socket.address.length > 8))
  return (exactly.length > 0 ? exactly : all).map(({ inode }) => inode)
}

/** Of IPv4, and `::1`: as much as loopback has. */
function addressInTable(address: string): string | undefined {
  const bytes = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : undefined
  const [last, first] = endianness() === 'LE' ? ['01000000', bytes?.reverse()] : ['00000001', bytes]
  if (address === '::1') return `${'0'.repeat(24)}${last}`
  return first?.toString('hex').toUpperCase()
}

export interface ListeningSocket extends ListeningPort {
  /** As the kernel's table has it. */
  readonly address: string
  readonly inode: string
}

/** Rows of `/proc/<pid>/net/tcp` or `tcp6` in the state LISTEN (0A); addresses are hexadecimal in host byte order. */
export function listeners(text: string): readonly ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => {
      const [address, port] = (fields[1] as string).split(':') as [string, string]
      return {
        ...{ address, port: Number.parseInt(port, 16) },
        ...{ onLoopback: reachesLoopback(address), inode: fields[9] as string },
      }
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
