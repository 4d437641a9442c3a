// Tells before any load is sent whether this machine has the file descriptors and local ports that a plan needs.
import { readdirSync, readFileSync } from 'node:fs'
import type { Plan } from '../core/plan.ts'
import { Problems } from '../core/problems.ts'
import { peakLevel } from '../core/stage.ts'
import { formatNumber } from '../core/units.ts'
import type { Address } from '../drivers/driver.ts'

/** What this process may use; undefined where the system does not tell, and then nothing is said. */
export interface Machine {
  readonly descriptors: { readonly allowed: number; readonly used: number } | undefined
  /** To one address: each connection takes one of this side's. */
  readonly ports: number | undefined
}

export interface Need {
  readonly plan: Plan
  readonly addresses: Readonly<Record<string, Address>>
  readonly machine?: Machine
}

/** Descriptors beside those of connections: what is opened to read, and the event loop of each thread (5 on Linux). */
const spare = 15
const perThread = 5
/** All that are not reserved for the system. */
const mostPorts = 65_535 - 1024 + 1

/**
 * What a closed run needs it needs surely; an open run needs all its `maxVUs` only when the target is slow.
 *
 * @returns sentences that warn of what may be missing
 * @throws LoadTestError `invalid-options` for what surely is
 */
export function checkMachine({ plan, addresses, machine = readMachine() }: Need): string[] {
  const { name, clients } = clientsOf(plan)
  const places = Object.values(addresses).map(({ address, port }) => `${address} ${port}`)
  const perPlace = clients * Math.max(0, ...places.map((place) => places.filter((other) => other === place).length))
  const shortages = [
    ...descriptorShortage(clients * places.length, plan.workers, machine.descriptors),
    ...portShortage(perPlace, machine.ports),
  ]
  if (plan.model === 'open') {
    return shortages.map(
      ({ need, wayOut }) =>
        `if all ${formatNumber(clients)} VUs are busy at once they need ${need}: the rest then fails as 'generator'; ${wayOut}, or give a lower ${name}`,
    )
  }
  const problems = new Problems('load()')
  for (const { need, wayOut } of shortages) problems.add(name, `needs ${need}: ${wayOut}, or ask for fewer`)
  problems.throwIfAny()
  return []
}

interface Shortage {
  readonly need: string
  readonly wayOut: string
}

function descriptorShortage(connections: number, threads: number, known: Machine['descriptors']): Shortage[] {
  if (!known || connections === 0) return []
  const needed = connections + known.used + spare + threads * perThread
  if (needed <= known.allowed) return []
  const enough = Math.ceil((needed * 1.5) / 1000) * 1000
  const need = `${formatNumber(needed)} file descriptors, ${formatNumber(known.allowed)} are allowed`
  return [{ need, wayOut: `run \`ulimit -n ${enough}\` first (raising a hard limit takes an administrator)` }]
}

function portShortage(connections: number, ports: number | undefined): Shortage[] {
  if (ports === undefined || connections <= ports) return []
  const need = `${formatNumber(connections)} local ports to one address, ${formatNumber(ports)} are there`
  const wider = 'run `sysctl -w net.ipv4.ip_local_port_range="1024 65535"` first'
  return [{ need, wayOut: connections <= mostPorts ? wider : 'load from several machines' }]
}

/** Every one of them has a connection of its own to each origin. */
function clientsOf({ load, stages, asked }: Plan): { readonly name: string; readonly clients: number } {
  if (load.kind === 'rate') return { name: 'maxVUs', clients: load.maxVUs }
  const peak = Math.ceil(peakLevel(stages))
  const clients = load.kind === 'vus' && load.quota?.kind === 'shared' ? Math.min(peak, load.quota.iterations) : peak
  return { name: asked.stages ? 'stages' : load.kind, clients }
}

function readMachine(): Machine {
  return { descriptors: readDescriptors(), ports: readPorts() }
}

/** Node raises its soft limit to the hard one when it starts. */
function readDescriptors(): Machine['descriptors'] {
  try {
    const allowed = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
    // One of them is the folder being read.
    return allowed > 0 ? { allowed, used: readdirSync('/proc/self/fd').length - 1 } : undefined
  } catch {
    return undefined
  }
}

function readPorts(): number | undefined {
  try {
    const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number)
    return Number(high) - Number(low) + 1 || undefined
  } catch {
    return undefined
  }
}
