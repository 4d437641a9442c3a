// Opens connections to an address that was looked up before the run, whatever the name resolves to by now.
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { Address } from './driver.ts'

/** Like undici's connector, but hands out the socket at once, so that an attempt under way can be ended. */
export type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket

/** All connections of one origin share it, and with it their TLS sessions. Certificates are verified unless `insecure`. */
export function pinnedConnector({ address, port, servername }: Address, { insecure }: { insecure: boolean }): Connect {
  // How long connecting may take is for the time-out of the request to say.
  const connect = buildConnector({ timeout: 0, rejectUnauthorized: !insecure }) as unknown as Connect
  // Said even when it is empty, or a `host` header of the user's would take its place.
  const place = { hostname: address, port: String(port), servername: servername ?? '' }
  return (options, callback) => connect({ ...options, ...place }, callback)
}
