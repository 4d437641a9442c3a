// How often the leak test is wrong: simulated heaps of healthy and of leaking servers, extended as a load is.
import { testLeak } from '../../src/analysis/leak-test.ts'
import { seededRandom } from '../../src/core/random.ts'
import { type Draw, healthy, leaks, type Noise, sampled } from '../support/heap-shapes.ts'
import type { Line } from './verify.ts'

const repetitions = 1000
/** A collection every 2.5 s of a minute; an open answer is followed up for twice, then for four times as long. */
const planned = 24
const extensions = 2
/** A plain HTTP server has 0.1 % after forced collections. */
const quiet: Noise = { share: 0.003, kept: 0.4 }
const noises: readonly Noise[] = [quiet, { share: 0.01, kept: 0.4 }, { share: 0.01, kept: 0.7 }]
const heaps = [6e6, 30e6, 300e6]

interface Tally {
  readonly leak: number
  readonly 'no-leak': number
  readonly inconclusive: number
  readonly foundAtOnce: number
  /** Undecided at the first look. */
  readonly extended: number
  readonly all: number
}

export const leakSeriesLines: readonly Line[] = [
  {
    name: 'leak-false-alarms',
    promise: `at most 1 in 100 healthy heaps of each kind is called a leak (each at ${noises.length} kinds of noise, up to 1 %), and at most as many stay open when the load may be extended`,
    async measure() {
      const tallies = Object.entries(healthy).map(([name, draw]) => ({ name, ...tally(draw, noises) }))
      return {
        holds: tallies.every(({ leak, inconclusive, all }) => leak <= 0.01 * all && inconclusive <= 0.01 * all),
        figures: tallies.map((each) => `${each.name}: ${percent(each.leak, each)} alarms, ${rest(each)}`).join('; '),
      }
    },
  },
  {
    name: 'leak-found',
    promise:
      'of leaks of each kind that grow the settled heap by 20 % over the window at least 95 in 100 are found: with noise of ' +
      '0.3 % of the heap in that window, with up to 1 % when it may be extended; at most 1 in 100 is passed',
    async measure() {
      const tallies = Object.entries(leaks).map(([name, draw]) => {
        const grown: Draw = (random) => draw(random)(0.2)
        return { name, atOnce: tally(grown, [quiet]), ...tally(grown, noises) }
      })
      return {
        holds: tallies.every(({ atOnce, leak, all, ...each }) => {
          return atOnce.foundAtOnce >= 0.95 * atOnce.all && leak >= 0.95 * all && each['no-leak'] <= 0.01 * all
        }),
        figures: tallies
          .map(({ name, atOnce, ...each }) => {
            const first = `${percent(atOnce.foundAtOnce, atOnce)} at once`
            return `${name}: ${first}, ${percent(each.leak, each)} in all, ${each['no-leak']} passed, ${rest(each)}`
          })
          .join('; '),
      }
    },
  },
]

function tally(draw: Draw, kinds: readonly Noise[]): Tally {
  const sums = { leak: 0, 'no-leak': 0, inconclusive: 0, foundAtOnce: 0, extended: 0, all: 0 }
  for (const [number, noise] of kinds.entries()) {
    for (let seed = 0; seed < repetitions; seed++) {
      const { verdict, looks } = follow(draw, noise, seed * kinds.length + number)
      sums[verdict]++
      sums.all++
      if (looks > 1) sums.extended++
      else if (verdict === 'leak') sums.foundAtOnce++
    }
  }
  return sums
}

/** As the load does: the same server for longer while the answer is open. */
function follow(draw: Draw, noise: Noise, seed: number) {
  const random = seededRandom(seed)
  const bytes = heaps[Math.floor(random() * heaps.length)] as number
  const take = sampled(draw(random), random, { bytes, every: 2500, noise, planned })
  for (let looks = 1; ; looks++) {
    const { verdict } = testLeak(take(planned * 2 ** (looks - 1)))
    if (verdict !== 'inconclusive' || looks > extensions) return { verdict, looks }
  }
}

function percent(count: number, { all }: Tally): string {
  return `${((100 * count) / all).toFixed(2)} % (${count} of ${all})`
}

function rest({ all, extended, inconclusive }: Tally): string {
  return `${((100 * extended) / all).toFixed(0)} % extended, ${inconclusive} open after four times as long`
}
