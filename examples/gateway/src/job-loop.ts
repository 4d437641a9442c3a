// Takes jobs from the queue one after the other, and decides what becomes of each.
import { backoff } from './backoff.ts'
import { UnreadableImage, workOnImage } from './image-work.ts'
import type { Queue } from './queue.ts'
import type { Attempt, AttemptStore } from './stores/attempt-store.ts'
import type { Wake } from './wake.ts'

export type JobLoopOptions = {
  readonly queue: Queue
  readonly attempts: AttemptStore
  readonly wake: Wake
  /** Ends the loop; a job under way is given back. */
  readonly signal: AbortSignal
  readonly mostAttempts: number
  readonly firstBackoff: number
  readonly onError: (error: Error) => void
}

/** Back-offs end without a word, so an idle loop looks by itself. */
const longestSleep = 200
const pauseAfterError = 500

export async function runJobs(options: JobLoopOptions): Promise<void> {
  const { wake, signal, onError } = options
  while (!signal.aborted) {
    try {
      const worked = await runNext(options)
      if (!worked && !signal.aborted) await wake.sleep(longestSleep)
    } catch (error) {
      // The database is away. What was under way is handed out again after its timeout.
      onError(error as Error)
      if (!signal.aborted) await wake.sleep(pauseAfterError)
    }
  }
}

async function runNext({ queue, attempts, ...options }: JobLoopOptions): Promise<boolean> {
  const entry = await queue.take()
  if (!entry) return false
  const attempt = await attempts.begin(entry)
  if (!attempt) await attempts.drop(entry)
  else if (attempt.attempts > options.mostAttempts) await attempts.bury(attempt, 'every worker that had it was lost')
  else await runAttempt(attempt, attempts, options)
  return true
}

async function runAttempt(
  attempt: Attempt,
  attempts: AttemptStore,
  { signal, mostAttempts, firstBackoff }: Omit<JobLoopOptions, 'queue' | 'attempts'>,
): Promise<void> {
  const work = workOnImage(attempt, {
    attempt: attempt.attempts,
    signal,
    onProgress: (percent) => attempts.progress(attempt, percent),
  })
  const outcome = await work.catch((error: Error) => error)
  if (!(outcome instanceof Error)) await attempts.finish(attempt, outcome)
  else if (signal.aborted) await attempts.giveBack(attempt)
  else if (!(outcome instanceof UnreadableImage)) throw outcome
  else if (attempt.attempts >= mostAttempts) await attempts.bury(attempt, outcome.message)
  else await attempts.postpone(attempt, outcome.message, backoff(attempt.attempts, firstBackoff, Math.random()))
}
