// How the kernel's socket table is read.
import { expect, it } from 'vitest'
import { listeners } from '../../../src/processes/listening-ports.ts'

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const line = (address: string, state: string, inode: number): string =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`

it('takes listening sockets only', () => {
  const table = [head, line('00000000:1F90', '0A', 7), line('0100007F:1F90', '01', 8), ''].join('\n')
  expect(listeners(table)).toEqual([{ port: 8080, onLoopback: true, inode: '7' }])
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
