// What autocannon says of itself when it is given a rate.
import autocannon from 'autocannon'
import { type Order, readOrder, report } from './order.ts'

const { url, connections, rate, duration, ignoreCoordinatedOmission } = readOrder<
  Order & { ignoreCoordinatedOmission: boolean }
>()
const { latency } = await autocannon({
  url,
  connections,
  overallRate: rate as number,
  duration: duration / 1000,
  ignoreCoordinatedOmission,
})
// It has no p95.
report({ p50: latency.p50, p99: latency.p99, max: latency.max })
