// Fills a recorder with any number of iterations over any time: all series, stages and ways to end, no driver.
import { seededRandom } from '../../src/core/random.ts'
import { Recorder } from '../../src/core/recorder.ts'

const series = ['GET /', 'POST /', 'GET /rare']
const stages = 4

export interface LongRecording {
  readonly recorder: Recorder
  /** Iterations are evenly spread over this time, in ms from the measured start. */
  readonly duration: number
  /** Goes on for so many iterations; there are none left after `samples` in all. */
  fill(count: number): void
}

/** @param options.snapshots how many are taken on the way */
export function longRecording({ samples, duration, snapshots = 0 }: LongOptions): LongRecording {
  const random = seededRandom(7)
  const recorder = new Recorder({ series, open: true, start: 0, stages: evenStages(duration) })
  const timing = { planned: 0, sent: 0 }
  const step = duration / samples
  const every = snapshots === 0 ? Number.POSITIVE_INFINITY : samples / snapshots
  let [done, nextSnapshot] = [0, every]
  const one = (index: number) => {
    timing.planned = index * step
    timing.sent = timing.planned + (index % 8) / 10
    // From 50 us to a second, so that many buckets of the histograms are in use.
    const ended = timing.sent + 0.05 * Math.exp(10 * random())
    const lane = recorder.lane(index % series.length, timing.planned)
    lane.scheduled(timing.planned)
    recorder.late(timing.planned, timing.sent - timing.planned)
    recorder.check('held', index % 50 > 0)
    if (index % 1000 === 1) lane.failed('reset', () => 'reset', ended)
    else if (index % 1000 === 2) lane.timedOut(timing, () => 'slow', ended)
    else if (index % 1000 === 3) lane.dropped(timing.planned)
    else if (index % 1000 === 4) lane.unfinished(timing, ended)
    else lane.ok(timing, ended)
  }
  return {
    recorder,
    duration,
    fill(count) {
      for (const end = Math.min(done + count, samples); done < end; done++) {
        one(done)
        if (done >= nextSnapshot) {
          recorder.snapshot(timing.planned)
          nextSnapshot += every
        }
      }
    },
  }
}

interface LongOptions {
  readonly samples: number
  readonly duration: number
  readonly snapshots?: number
}

function evenStages(duration: number) {
  return Array.from({ length: stages }, (_, index) => ({
    name: `stage ${index + 1}`,
    start: (index * duration) / stages,
    end: ((index + 1) * duration) / stages,
    from: 10,
    to: 10,
  }))
}
