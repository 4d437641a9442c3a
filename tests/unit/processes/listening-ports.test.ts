// How the kernel's socket table is read.
import { expect, it } from 'vitest'
import { acceptors, listeners } from '../../../src/processes/listening-ports.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const line = (address: string, state: string, inode: number): string =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`

it('takes listening sockets only', () => {
  const table = [head, line('00000000:1F90', '0A', 7), line('0100007F:1F90', '01', 8), ''].join('\n')
  expect(listeners(table)).toEqual([{ address: '00000000', port: 8080, onLoopback: true, inode: '7' }])
})

it.each([
  ['0100007F', true],
  ['0200A8C0', false],
  ['00000000000000000000000000000000', true],
  ['0000000000000000FFFF00000100007F', true],
  ['00000000000000000000000001000000', false],
])('knows whether 127.0.0.1 reaches %s', (address, onLoopback) => {
  expect(listeners([head, line(`${address}:0050`, '0A', 7)].join('\n'))).toMatchObject([{ port: 80, onLoopback }])
})

const any4 = '00000000'
const any6 = '0'.repeat(32)
const local4 = '0100007F'
const other4 = '0200007F'
const local6 = `${'0'.repeat(24)}01000000`

it.each<[string, string, string[], number[]]>([
  ['the address itself', '127.0.0.1', [local4, other4], [0]],
  ['the address before all addresses', '127.0.0.1', [any4, local4, any6], [1]],
  ['all addresses', '127.0.0.1', [any4, other4], [0]],
  ['all addresses of both families', '127.0.0.1', [any6], [0]],
  ['another address of the machine', '127.0.0.2', [local4, other4], [1]],
  ['IPv6', '::1', [local4, local6], [1]],
  ['all addresses of IPv6, not those of IPv4', '::1', [any4, any6], [1]],
  ['several of one port', '127.0.0.1', [local4, local4], [0, 1]],
  ['nobody', '127.0.0.1', [other4, local6], []],
])('knows who accepts: %s', (_, address, addresses, indices) => {
  const rows = addresses.map((hex, index) => line(`${hex}:0BB8`, '0A', index))
  const elsewhere = line(`${local4}:0BB9`, '0A', 99)
  const sockets = listeners([head, ...rows, elsewhere].join('\n'))
  expect(acceptors(sockets, address, 3000)).toEqual(indices.map(String))
})
