// Decides where load may go: loopback, and what the user listed; cloud metadata services never.
import { BlockList, isIP, isIPv6 } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

// Link-local (AWS, Azure, Google, ECS tasks), Alibaba, AWS over IPv6: they hand out credentials to whoever asks.
const metadata = new BlockList()
metadata.addSubnet('169.254.0.0', 16)
metadata.addAddress('100.100.100.200')
metadata.addAddress('fd00:ec2::254', 'ipv6')
metadata.addSubnet('fe80::', 10, 'ipv6')
// The same IPv4 services in IPv6 clothes: NAT64 (RFC 6052; a network's own prefix, RFC 8215, may hide any), 6to4 (RFC 3056)
// and the old "IPv4-compatible" form.
metadata.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6')
metadata.addAddress('64:ff9b::100.100.100.200', 'ipv6')
metadata.addSubnet('64:ff9b:1::', 48, 'ipv6')
metadata.addSubnet('2002:a9fe::', 32, 'ipv6')
metadata.addSubnet('2002:6464:64c8::', 48, 'ipv6')
metadata.addSubnet('::169.254.0.0', 112, 'ipv6')
metadata.addAddress('::100.100.100.200', 'ipv6')

export type Permission = 'allowed' | 'not listed' | 'never'

export interface Destination {
  /** As the user wrote it: a name or an address. */
  readonly host: string
  /** What it resolved to. */
  readonly address: string
}

/** @param allowHosts names (`'staging.example.com'`, `'*.example.com'`), addresses or subnets (`'10.0.0.0/8'`) */
export function permissionFor({ host, address }: Destination, allowHosts: readonly string[]): Permission {
  if (contains(metadata, address)) return 'never'
  if (isLoopback(address)) return 'allowed'
  return allowHosts.some((entry) => matches(entry, host, address)) ? 'allowed' : 'not listed'
}

export function isLoopback(address: string): boolean {
  return contains(loopback, address)
}

/** IPv4 addresses inside IPv6 (`::ffff:169.254.169.254`) count as what they are: BlockList unwraps them. */
function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function matches(entry: string, host: string, address: string): boolean {
  const network = subnet(entry)
  if (network) return contains(network, address)
  const name = entry.toLowerCase()
  return name.startsWith('*.') ? host.toLowerCase().endsWith(name.slice(1)) : name === host.toLowerCase()
}

/** `10.0.0.0/8`, or an address alone. */
function subnet(entry: string): BlockList | undefined {
  const [, network = '', prefix] = /^([^/]+)(?:\/(\d+))?$/.exec(entry) ?? []
  const family = isIP(network)
  const longest = family === 6 ? 128 : 32
  if (family === 0 || Number(prefix ?? 0) > longest) return undefined
  const list = new BlockList()
  list.addSubnet(network, Number(prefix ?? longest), family === 6 ? 'ipv6' : 'ipv4')
  return list
}
