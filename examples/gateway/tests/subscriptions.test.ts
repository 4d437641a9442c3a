// Everybody hears everything once, in order, and nobody is kept when there is nothing left to hear.
import { describe, expect, it } from 'vitest'
import type { Job } from '../src/stores/job-store.ts'
import { Subscriptions } from '../src/subscriptions.ts'

const job = (revision: number, state: Job['state'] = 'running') => ({ id: 'job', revision, state }) as Job

function listener() {
  const heard: number[] = []
  return { heard, tell: ({ revision }: Job) => void heard.push(revision) }
}

describe('Subscriptions', () => {
  it('tell who asked for this job', () => {
    const subscriptions = new Subscriptions()
    const [one, two, other] = [listener(), listener(), listener()]
    subscriptions.add('job', one)
    subscriptions.add('job', two)
    subscriptions.add('other', other)
    subscriptions.tell(job(1))
    subscriptions.remove('job', two)
    subscriptions.tell(job(2))
    expect([one.heard, two.heard, other.heard]).toEqual([[1, 2], [1], []])
  })

  it('drop news that were overtaken', () => {
    const subscriptions = new Subscriptions()
    const one = listener()
    subscriptions.add('job', one)
    for (const revision of [3, 2, 3, 4]) subscriptions.tell(job(revision))
    expect(one.heard).toEqual([3, 4])
  })

  it('tell who asks again once more', () => {
    const subscriptions = new Subscriptions()
    const one = listener()
    for (let times = 0; times < 2; times++) {
      subscriptions.add('job', one)
      subscriptions.tell(job(3))
    }
    expect(one.heard).toEqual([3, 3])
  })

  it.each(['done', 'dead'] as const)('end when the job is %s', (state) => {
    const subscriptions = new Subscriptions()
    const one = listener()
    subscriptions.add('job', one)
    subscriptions.tell(job(1, state))
    subscriptions.tell(job(2))
    expect(one.heard).toEqual([1])
    expect(subscriptions.jobIds).toEqual([])
  })

  it('keep no job that nobody asks for', () => {
    const subscriptions = new Subscriptions()
    const one = listener()
    subscriptions.add('job', one)
    expect(subscriptions.jobIds).toEqual(['job'])
    subscriptions.remove('job', one)
    expect(subscriptions.jobIds).toEqual([])
  })
})
