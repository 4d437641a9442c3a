// Runs load() in a process of its own that lacks something of the machine, and prints what came of it as JSON.
import { openSync } from 'node:fs'
import { Socket } from 'node:net'
import { http } from '../../../src/core/http-request.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { RunData } from '../../../src/core/run.ts'
import { load } from '../../../src/engine/load.ts'
import { type HostileName, type HostileOptions, type ServerLog, startHostile } from './index.ts'

export interface Order {
  readonly options: LoadOptions
  /** What is loaded, or a server to start here. */
  readonly url?: string
  readonly server?: { readonly name: HostileName; readonly options?: HostileOptions }
  /** Takes whatever file descriptor is free: before the run, or from its first progress on, which is after a second. */
  readonly takesDescriptors?: 'before' | 'during'
  /** From this connection on, connect from an address that is not this machine's: the system then has no port to give. */
  readonly foreignFrom?: number
}

export interface Report {
  readonly error?: { readonly code: string; readonly message: string }
  readonly run?: RunData
  /** Until the call was answered, ms. */
  readonly took: number
  /** Of the server that was started here. */
  readonly log?: ServerLog
}

const { options, url, server, takesDescriptors, foreignFrom } = JSON.parse(process.argv[2] as string) as Order
const here = server && (await startHostile(server.name, server.options))
if (foreignFrom !== undefined) connectFromElsewhere(foreignFrom)
// A function keeps the load in this thread, where the connections are tampered with.
const target = http.get(`${here?.url ?? url}/`, foreignFrom === undefined ? {} : { expect: () => true })
let taking: NodeJS.Timeout | undefined
const onProgress = () => {
  if (takesDescriptors === 'during') taking ??= setInterval(take, 1)
}
if (takesDescriptors === 'before') take()
const began = performance.now()
const report = await load(target, options, { onProgress }).then(
  (run) => ({ run: run.data }),
  ({ code, message }) => ({ error: { code, message } }),
)
clearInterval(taking)
const took = performance.now() - began
const log = await here?.log()
const all: Report = { ...report, took, ...(log ? { log } : {}) }
process.stdout.write(JSON.stringify(all), () => process.exit())

function take(): void {
  try {
    for (;;) openSync('/dev/null', 'r')
  } catch {
    // None left, for now.
  }
}

function connectFromElsewhere(from: number): void {
  const { connect } = Socket.prototype
  let count = 0
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
    const [first] = given
    const connection = (Array.isArray(first) ? first[0] : first) as { localAddress?: string }
    // TEST-NET-1: nobody's.
    if (++count >= from) connection.localAddress = '192.0.2.1'
    return Reflect.apply(connect, this, given)
  } as typeof connect
}
