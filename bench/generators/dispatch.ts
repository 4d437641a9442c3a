// Bare undici: a client per connection, each dispatching its next request when the last has been answered.
import { DispatchSender } from './dispatch-sender.ts'
import { readOrder, reportWindow } from './order.ts'

const order = readOrder()
let count = 0
for (let index = 0; index < order.connections; index++) {
  new DispatchSender(order.url, (sender) => {
    count++
    sender.send()
  }).send()
}
await reportWindow(order, () => count)
