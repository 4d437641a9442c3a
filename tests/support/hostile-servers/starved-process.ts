// Runs load() in a process that lacks file descriptors, local ports or an answer of its name server.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Order, Report } from './starved-load.ts'

/** The command that runs a command in want of something. */
export type Want = (command: readonly string[]) => readonly string[]

const script = fileURLToPath(new URL('./starved-load.ts', import.meta.url))
let runs = 0

export async function loadInWant(want: Want, order: Order): Promise<Report> {
  const [command = '', ...args] = want([process.execPath, script, JSON.stringify(order)])
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      VITEST_LOAD_LOCK: `vitest-load-starved-${process.pid}-${runs++}`,
      // Starting is most of what it costs.
      NODE_COMPILE_CACHE: join(tmpdir(), 'vitest-load-compile-cache'),
    },
  })
  const [[code, signal], output] = await Promise.all([once(child, 'close'), text(child.stdout)])
  if (code !== 0) throw new Error(`the load ended with ${code ?? signal}: ${output}`)
  return JSON.parse(output) as Report
}

export function withDescriptors(count: number): Want {
  return (command) => prepared(`ulimit -n ${count}`, command)
}

/** In a network of its own with so many ports; undefined where this machine gives none. */
export function withPorts(count: number): Want | undefined {
  return inNetwork(`echo '32768 ${32_767 + count}' > /proc/sys/net/ipv4/ip_local_port_range`)
}

/** In a network of its own whose name server says nothing for 4 s; undefined where this machine gives none. */
export function withSilentNames(): Want | undefined {
  const configuration = 'nameserver 192.0.2.1\\noptions timeout:4 attempts:1\\n'
  return inNetwork(
    `ip route add 192.0.2.1 dev lo; names=$(mktemp); printf '${configuration}' > $names; mount --bind $names /etc/resolv.conf; rm $names`,
  )
}

/** As root, or as anybody who may have a user namespace. */
const ways = [[], ['--user', '--map-root-user']]

function inNetwork(preparation: string): Want | undefined {
  const wants = ways.map((way): Want => {
    const whole = `set -e; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; ${preparation}`
    return (command) => ['unshare', ...way, '--net', '--mount', ...prepared(whole, command)]
  })
  return wants.find((want) => {
    const [command = '', ...args] = want(['true'])
    try {
      execFileSync(command, args, { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
}

function prepared(preparation: string, command: readonly string[]): readonly string[] {
  return ['sh', '-c', `${preparation}; exec "$@"`, 'sh', ...command]
}
