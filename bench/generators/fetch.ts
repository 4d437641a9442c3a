// Node's own fetch, so many at a time.
import { readOrder, reportWindow } from './order.ts'

const order = readOrder()
let count = 0
for (let index = 0; index < order.connections; index++) void user()
await reportWindow(order, () => count)

async function user(): Promise<never> {
  for (;;) {
    const response = await fetch(order.url)
    await response.arrayBuffer()
    count++
  }
}
