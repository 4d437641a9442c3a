// From two scrapes to numbers: rates, levels and quantiles, over label sets that come, go and begin again.
import { describe, expect, it } from 'vitest'
import { remembering, seriesBetween } from '../../../src/monitor/prometheus-series.ts'
import { parsePrometheus } from '../../../src/monitor/prometheus-text.ts'

const scrape = (at: number, text: string) => ({ at, families: parsePrometheus(text) })

/** Values of the time between two texts that were read 2 s apart. */
function between(before: string, now: string, names?: readonly string[]) {
  const { values } = seriesBetween(scrape(1000, before), scrape(3000, now), names)
  return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]))
}

const counter = (...lines: readonly string[]) => ['# TYPE hits_total counter', ...lines].join('\n')

describe('a counter', () => {
  it('is its rate per second, summed over its label sets', () => {
    const before = counter('hits_total{a="1"} 100', 'hits_total{a="2"} 5')
    const now = counter('hits_total{a="2"} 6', 'hits_total{a="1"} 120')
    expect(between(before, now)).toEqual({ hits_total: 10.5 })
    expect(seriesBetween(scrape(1, before), scrape(2001, now), undefined).values).toEqual({
      hits_total: { value: 10.5, unit: 'per second' },
    })
  })

  it('is not known by a single reading', () => {
    const first = seriesBetween(undefined, scrape(0, counter('hits_total 100')), ['hits_total'])
    expect(first).toEqual({ values: {}, absent: ['hits_total'], remarks: [] })
  })

  it('that has begun again counts from 0, each label set by itself', () => {
    const before = counter('hits_total{a="1"} 100', 'hits_total{a="2"} 50')
    expect(between(before, counter('hits_total{a="1"} 6', 'hits_total{a="2"} 54'))).toEqual({ hits_total: 5 })
  })

  it('counts a label set that appears from 0, and none that goes', () => {
    expect(between(counter('hits_total{a="1"} 7'), counter('hits_total{a="2"} 8'))).toEqual({ hits_total: 4 })
    expect(between(counter(), counter('hits_total{a="2"} 8'))).toEqual({ hits_total: 4 })
  })

  it('is not counted at once for what it has counted unseen', () => {
    expect(between('up 0', counter('hits_total 1000000'))).toEqual({})
  })

  it('counts a label set on that was missing for a while, from when it was seen last', () => {
    const first = remembering(undefined, scrape(0, counter('hits_total{a="1"} 100', 'hits_total{a="2"} 7')))
    const second = remembering(first, scrape(1000, counter('hits_total{a="2"} 8')))
    const third = remembering(second, scrape(2000, counter('hits_total{a="2"} 9')))
    const now = scrape(3000, counter('hits_total{a="1"} 130', 'hits_total{a="2"} 9'))
    expect(seriesBetween(third, now, undefined).values.hits_total?.value).toBeCloseTo(10, 9)
  })

  it('counts none on whose family went, began again, or lacked it for more than a minute', () => {
    const rate = (...texts: readonly string[]) => {
      const [now, ...before] = texts.map((text, index) => scrape(index * 40_000, text)).reverse()
      const known = before.reduceRight<ReturnType<typeof scrape> | undefined>(
        (all, each) => remembering(all, each),
        undefined,
      )
      return seriesBetween(known, now as ReturnType<typeof scrape>, undefined).values.hits_total?.value
    }
    const [both, one, back] = ['a="1"} 100\nhits_total{a="2"} 7', 'a="2"} 7', 'a="1"} 104\nhits_total{a="2"} 7']
    const text = (sets: string | undefined) => counter(`hits_total{${sets}`)
    expect(rate(text(both), text(one), text(back))).toBeCloseTo(4 / 80, 9)
    expect(rate(text(both), text(one), text(one), text(back))).toBeCloseTo(104 / 40, 9)
    expect(rate(text(both), text('a="2"} 6'), text(back))).toBeCloseTo(105 / 40, 9)
    expect(rate(text(both), 'up 0', text(back))).toBeUndefined()
  })

  it('of OpenMetrics has two names, and is not counted twice', () => {
    const at = (count: number) => `# TYPE foo counter\nfoo_total ${count}\nfoo_created ${1e9 + count}\n# EOF`
    expect(between(at(10), at(30), ['foo', 'foo_total'])).toEqual({ foo: 10, foo_total: 10 })
    expect(between(at(10), at(30))).toEqual({ foo: 10 })
  })

  it('is known by its name where no type is said', () => {
    expect(between('x_total 1\ny 1', 'x_total 5\ny 5')).toEqual({ x_total: 2, y: 5 })
  })

  it('of bytes says so', () => {
    const at = (count: number) => scrape(count, `# TYPE sent_bytes_total counter\nsent_bytes_total ${count}`)
    expect(seriesBetween(at(0), at(1000), undefined).values).toEqual({
      sent_bytes_total: { value: 1000, unit: 'bytes per second' },
    })
  })
})

describe('a gauge', () => {
  const text = [
    '# TYPE queue_jobs gauge',
    'queue_jobs{state="waiting",q="a"} 3',
    'queue_jobs{state="waiting",q="b"} 4',
    'queue_jobs{state="done",q="a"} 100',
    '# TYPE heap_bytes gauge',
    'heap_bytes 5e6',
  ].join('\n')

  it('is its sum, or that of the labels asked for', () => {
    const names = ['queue_jobs', 'queue_jobs{state="waiting"}', 'queue_jobs{q="a",state="waiting"}']
    expect(between('', text, names)).toEqual({
      queue_jobs: 107,
      'queue_jobs{state="waiting"}': 7,
      'queue_jobs{q="a",state="waiting"}': 3,
    })
  })

  it('is there at the first reading, in bytes where its name says so', () => {
    expect(seriesBetween(undefined, scrape(0, text), ['heap_bytes', 'queue_jobs{state="failed"}', 'other'])).toEqual({
      values: { heap_bytes: { value: 5e6, unit: 'bytes' } },
      absent: ['queue_jobs{state="failed"}', 'other'],
      remarks: [],
    })
  })

  it('that is no number is not known', () => {
    expect(between('', '# TYPE a gauge\na NaN\n# TYPE b gauge\nb +Inf\n# TYPE c gauge\nc 0')).toEqual({ c: 0 })
  })
})

describe('a histogram', () => {
  const histogram = (rows: Readonly<Record<string, readonly [number, number, number]>>) =>
    [
      '# TYPE seconds histogram',
      ...Object.entries(rows).flatMap(([route, [low, high, all]]) => [
        `seconds_bucket{route="${route}",le="0.1"} ${low}`,
        `seconds_bucket{route="${route}",le="1"} ${high}`,
        `seconds_bucket{route="${route}",le="+Inf"} ${all}`,
        `seconds_count{route="${route}"} ${all}`,
        `seconds_sum{route="${route}"} 5`,
      ]),
    ].join('\n')

  it('has the percentiles of what was counted between the two, over all label sets', () => {
    // New: 10 up to 0.1, 10 more up to 1. p50 is 0.1; p95: rank 19, 9 of 10 in the second bucket.
    const found = between(
      histogram({ a: [100, 100, 100], b: [5, 5, 5] }),
      histogram({ a: [108, 113, 113], b: [7, 12, 12] }),
    )
    expect(found['seconds.p50']).toBeCloseTo(0.1, 12)
    expect(found['seconds.p95']).toBeCloseTo(0.1 + 0.9 * 0.9, 12)
    expect(found['seconds.p99']).toBeCloseTo(0.1 + 0.9 * 0.98, 12)
    expect(Object.keys(found)).toHaveLength(3)
  })

  it('of one label set asked for is that alone', () => {
    const names = ['seconds{route="b"}']
    const found = between(
      histogram({ a: [0, 0, 0], b: [0, 0, 0] }),
      histogram({ a: [50, 50, 50], b: [0, 10, 10] }),
      names,
    )
    expect(found['seconds{route="b"}.p50']).toBeCloseTo(0.1 + 0.9 * 0.5, 12)
  })

  it('that has begun again counts from 0 in all its buckets', () => {
    // The last bucket alone is above what it was before.
    const found = between(histogram({ a: [5, 8, 9] }), histogram({ a: [4, 10, 10] }))
    expect(found['seconds.p50']).toBeCloseTo(0.1 + (0.9 * 1) / 6, 12)
  })

  it('in which nothing was counted has none', () => {
    expect(between(histogram({ a: [5, 8, 9] }), histogram({ a: [5, 8, 9] }))).toEqual({})
  })

  it('says when it only knows "at least"', () => {
    const { values, remarks } = seriesBetween(
      scrape(0, histogram({ a: [0, 0, 0] })),
      scrape(1000, histogram({ a: [0, 50, 100] })),
      ['seconds'],
    )
    expect(values['seconds.p95']).toEqual({ value: 1, unit: 'count', atLeast: true })
    expect(remarks).toEqual([
      "percentiles of 'seconds' lay above its highest bucket (1): they are shown as that and were more",
    ])
  })

  it('has counters that can be asked for', () => {
    const names = ['seconds_count', 'seconds_bucket{le="0.1"}']
    expect(between(histogram({ a: [1, 2, 3] }), histogram({ a: [5, 20, 23] }), names)).toEqual({
      seconds_count: 10,
      'seconds_bucket{le="0.1"}': 2,
    })
  })
})

describe('a summary', () => {
  it('has the quantiles it says, of several label sets the highest', () => {
    const text = [
      '# TYPE rpc summary',
      'rpc{quantile="0.5",to="a"} 5',
      'rpc{quantile="0.999",to="a"} 9',
      'rpc{quantile="0.5",to="b"} 7',
      'rpc{quantile="0.999",to="b"} NaN',
      'rpc_count{to="a"} 3',
    ].join('\n')
    expect(between('', text)).toEqual({ 'rpc.p50': 7, 'rpc.p99.9': 9 })
  })
})

it('takes no notice of what is no number', () => {
  expect(between('', '# TYPE build info\nbuild_info{v="1"} 1\n# TYPE on stateset\non{on="a"} 1')).toEqual({})
})
