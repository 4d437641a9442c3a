// Opens the probes of a load run: those that are read over the network only where load may go.
import { lookup } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LoadTestError } from '../core/errors.ts'
import type { Probe, ProbeReader } from '../core/probe.ts'
import { readerOf } from '../monitor/probes.ts'
import { permissionFor } from './address-policy.ts'

/** For looking a name up. */
const patience = 2000

type Named<Value> = Readonly<Record<string, Value>>

/** @throws LoadTestError `host-not-allowed` for a URL outside of loopback that is not listed */
export async function openProbes(probes: Named<Probe>, allowHosts: readonly string[]): Promise<Named<ProbeReader>> {
  const opened = Object.entries(probes).map(async ([name, probe]) => {
    if (typeof probe === 'function' || probe.url === undefined) return [name, readerOf(probe)] as const
    const { hostname } = new URL(probe.url)
    const host = hostname.replace(/^\[|\]$/g, '')
    // A name that does not resolve is no reason against the load: the probe will say so itself.
    const found = await Promise.race([lookup(host, { all: true }), sleep(patience, undefined, { ref: false })]).catch(
      () => undefined,
    )
    return [name, found ? readerOf(probe, allowed(found, { name, host, allowHosts })) : unresolved(host)] as const
  })
  return Object.fromEntries(await Promise.all(opened))
}

interface Asked {
  readonly name: string
  readonly host: string
  readonly allowHosts: readonly string[]
}

function allowed(found: readonly { readonly address: string }[], { name, host, allowHosts }: Asked): string {
  const permissions = found.map(({ address }) => permissionFor({ host, address }, allowHosts))
  const first = found[permissions.indexOf('allowed')]
  if (first) return first.address
  const wayOut = permissions.includes('never')
    ? 'it is a link-local or cloud metadata address, which is never read'
    : `probes read from loopback only. If ${host} is yours, list it: loadTesting({ allowHosts: ['${host}'] }) or VITEST_LOAD_ALLOW_HOSTS=${host}`
  throw new LoadTestError('host-not-allowed', `load(): probes.${name}: ${host} may not be read: ${wayOut}`)
}

function unresolved(host: string): ProbeReader {
  return async () => {
    throw new Error(`the name '${host}' does not resolve`)
  }
}
