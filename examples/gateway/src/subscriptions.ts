// Who wants to hear of which job, and what each has heard already.
import { isFinal, type Job } from './stores/job-store.ts'

export type Subscriber = { tell(job: Job): void }

type Heard = { revision: number }

export class Subscriptions {
  readonly #byJob = new Map<string, Map<Subscriber, Heard>>()

  add(jobId: string, subscriber: Subscriber): void {
    const subscribers = this.#byJob.get(jobId) ?? new Map<Subscriber, Heard>()
    this.#byJob.set(jobId, subscribers)
    subscribers.set(subscriber, { revision: -1 }) // who asks again is told again
  }

  remove(jobId: string, subscriber: Subscriber): void {
    const subscribers = this.#byJob.get(jobId)
    subscribers?.delete(subscriber)
    if (subscribers?.size === 0) this.#byJob.delete(jobId)
  }

  /** Tells every subscriber what it has not heard yet. Nobody hears of a job again that is over. */
  tell(job: Job): void {
    const subscribers = this.#byJob.get(job.id)
    if (!subscribers) return
    for (const [subscriber, heard] of subscribers) {
      // News come over another connection than answers to questions: they may overtake each other.
      if (job.revision <= heard.revision) continue
      heard.revision = job.revision
      subscriber.tell(job)
    }
    if (isFinal(job)) this.#byJob.delete(job.id)
  }

  /** Of all jobs that somebody waits for. */
  get jobIds(): readonly string[] {
    return [...this.#byJob.keys()]
  }
}
