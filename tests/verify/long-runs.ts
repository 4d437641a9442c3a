// A long run costs what a short one costs: memory of very many samples, size of a record, price of a day.
import { performance } from 'node:perf_hooks'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { planLoad } from '../../src/core/plan.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import { recordRun } from '../../src/record/record-run.ts'
import { carryOut } from '../support/long-plan.ts'
import { longRecording } from '../support/long-recording.ts'
import { type MemoryInUse, memoryInUse } from '../support/memory-in-use.ts'
import { worstRun } from '../support/worst-run.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const day = 86_400_000
const mib = 2 ** 20

export const longRunLines: readonly Line[] = [
  {
    name: 'long-samples',
    promise:
      '10^8 samples of 24 h through the recorder, timeline and a snapshot a minute included: heap and what is outside of it (WebAssembly, buffers) grow by less than 50 MiB each, and no sample is lost',
    measure: manySamples,
  },
  {
    name: 'long-record',
    promise:
      'the longest record that a run can leave (24 h, 600 rows, 20 requests, 100 stages, 10 servers, 50 verdicts) is less than 1 MB, with names and texts of usual lengths and of any',
    measure: longestRecords,
  },
  {
    name: 'long-plan',
    promise:
      'a plan of 24 h is carried out at no more than 1.2 times the cost per iteration of one of 10 min (median of 5), its last 6 h at no more than 1.2 times that of its first, in at most 1 MiB more; a plan of it takes at most 1 kB more',
    measure: longPlans,
  },
]

async function manySamples() {
  const samples = 1e8
  const before = await memoryInUse()
  const began = performance.now()
  const { during, due, ended, rows } = await fill(samples)
  const took = performance.now() - began
  const after = await memoryInUse()
  const counted = due === samples && ended === samples
  const grown = (key: keyof MemoryInUse) => [...during, after].map((memory) => (memory[key] - before[key]) / mib)
  const most = (key: keyof MemoryInUse) => Math.max(...grown(key))
  const shown = (name: string, key: keyof MemoryInUse) => {
    const steps = grown(key).map((size) => size.toFixed(1))
    return `${name} ${steps.join(', ')}`
  }
  return {
    holds: counted && rows <= 600 && most('heapBytes') < 50 && most('externalBytes') < 50,
    figures: [
      `MiB more than before, after every tenth of the samples and after the end: ${shown('heap', 'heapBytes')}`,
      shown('outside of it', 'externalBytes'),
      shown('of that array buffers', 'arrayBufferBytes'),
      // Not judged: what V8 reserves for young garbage grows with the pace of it, and is in here.
      shown('process', 'rssBytes'),
      `all due and all ended in ${rows} rows: ${counted}; ${((took * 1e6) / samples).toFixed(0)} ns a sample`,
    ].join('; '),
  }

  async function fill(count: number) {
    const { recorder, fill } = longRecording({ samples: count, duration: day, snapshots: 1440 })
    const during: MemoryInUse[] = []
    for (let tenth = 0; tenth < 10; tenth++) {
      fill(count / 10)
      during.push(await memoryInUse())
    }
    const { timeline } = recorder.finish(day)
    const sums = timeline.rows.map(({ due, ok, failed, timedOut, unfinished, dropped }) => {
      return { due, ended: ok + failed + timedOut + unfinished + dropped }
    })
    return {
      during,
      due: sums.reduce((total, { due }) => total + due, 0),
      ended: sums.reduce((total, { ended }) => total + ended, 0),
      rows: sums.length,
    }
  }
}

async function longestRecords() {
  const texts = [
    { name: 30, sentence: 300 },
    { name: 5000, sentence: 1e6 },
  ]
  const sizes = texts.map((lengths) => {
    const { run, verdicts } = worstRun({ ...lengths, samples: 86_400, longest: 1e6 })
    const began = performance.now()
    const record = recordRun(run, { attempt: { retry: 0, repeat: 0 }, verdicts })
    const took = performance.now() - began
    const size = Buffer.byteLength(JSON.stringify(record))
    const words = `names of ${lengths.name}, texts of ${lengths.sentence.toLocaleString('en-US')} characters`
    return { size, words: `${words}: ${(size / 1e6).toFixed(3)} MB, made in ${took.toFixed(0)} ms` }
  })
  return { holds: sizes.every(({ size }) => size < 1e6), figures: sizes.map(({ words }) => words).join('; ') }
}

async function longPlans() {
  const ofTime = (duration: number): LoadOptions => ({ rate: 20, duration })
  await carryOut(ofTime(600_000))
  const short = await repeat(5, () => carryOut(ofTime(600_000)))
  const long = await carryOut(ofTime(day))
  const [shortPrice, longPrice] = [spreadOf(short.map(price)), price(long)]
  const [shortBytes, longBytes] = [spreadOf(short.map(({ bytes }) => bytes / mib)), long.bytes / mib]
  const shortPlans = spreadOf(await repeat(5, () => bytesOfPlan(ofTime(600_000))))
  const longPlans = spreadOf(await repeat(5, () => bytesOfPlan(ofTime(day))))
  const planned = longPlans.median - shortPlans.median
  const [first, last] = [spreadOf(long.twelfths.slice(0, 3)), spreadOf(long.twelfths.slice(-3))]
  const exact = okOf(long) === (20 * day) / 1000
  const cheap = longPrice <= 1.2 * shortPrice.median && last.median <= 1.2 * first.median
  return {
    holds: exact && cheap && longBytes <= shortBytes.median + 1 && planned <= 1000,
    figures: [
      `us an iteration, a tick a ms: 10 min ${describeSpread(shortPrice, 'us')}, 24 h ${longPrice.toFixed(1)}`,
      `2 h of the first 6: ${describeSpread(first, 'ms')}, of the last: ${describeSpread(last, 'ms')}`,
      `held before the end: 10 min ${describeSpread(shortBytes, 'MiB')}, 24 h ${longBytes.toFixed(1)}`,
      `a plan: 10 min ${describeSpread(shortPlans, 'bytes')}, 24 h ${describeSpread(longPlans, 'bytes')}`,
      `all ${okOf(long).toLocaleString('en-US')} iterations of 24 h ok: ${exact}`,
    ].join('; '),
  }
}

type CarriedOut = Awaited<ReturnType<typeof carryOut>>

function okOf({ recording }: CarriedOut): number {
  return recording.lanes.reduce((sum, { iterations }) => sum + iterations.ok, 0)
}

/** Microseconds per iteration. */
function price(run: CarriedOut): number {
  return (run.twelfths.reduce((sum, took) => sum + took, 0) * 1000) / okOf(run)
}

async function bytesOfPlan(options: LoadOptions): Promise<number> {
  const make = () => Array.from({ length: 1000 }, () => planLoad(() => {}, options, defaultSettings))
  make()
  const before = await memoryInUse()
  const plans = make()
  const after = await memoryInUse()
  return (after.heapBytes - before.heapBytes) / plans.length
}
