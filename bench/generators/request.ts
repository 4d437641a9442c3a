// undici.request on a pool of so many connections.
import { Pool } from 'undici'
import { readOrder, reportWindow } from './order.ts'

const order = readOrder()
const pool = new Pool(order.url, { connections: order.connections, pipelining: 1 })
let count = 0
for (let index = 0; index < order.connections; index++) void user()
await reportWindow(order, () => count)

async function user(): Promise<never> {
  for (;;) {
    const { body } = await pool.request({ method: 'GET', path: '/' })
    await body.dump()
    count++
  }
}
