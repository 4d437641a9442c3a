// Takes image jobs in, or refuses them while too many wait already.
import { Cache } from './cache.ts'
import { Refusal } from './refusal.ts'
import type { ImageRequest, JobStore } from './stores/job-store.ts'

export type Reception = { take(images: readonly ImageRequest[], batchId?: string): Promise<readonly string[]> }

// Counting thousands of rows for each request would cost more than the request: the limit is kept to about a quarter
// of a second's worth.
const countLifetime = 250

export function openReception(jobs: JobStore, mostQueued: number): Reception {
  const counts = new Cache<number>({ capacity: 1, lifetime: countLifetime })
  const count = async () => {
    const { queued, running, waiting } = await jobs.unfinished()
    return queued + running + waiting
  }

  return {
    async take(images, batchId) {
      if ((await counts.get('unfinished', count)) + images.length > mostQueued) {
        throw new Refusal(503, `the queue is full: it holds ${mostQueued} jobs`, { retryAfter: 5_000 })
      }
      return jobs.add(images, batchId)
    },
  }
}
