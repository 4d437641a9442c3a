// The text format of metrics, as servers really write it.
import { describe, expect, it } from 'vitest'
import { parsePrometheus, parseSelector } from '../../../src/monitor/prometheus-text.ts'

/** Name, labels and value of every sample, by family. */
function read(text: string) {
  const families = [...parsePrometheus(text).values()]
  return families.map(({ name, type, samples }) => [
    name,
    type,
    samples.map(({ name, labels, value }) => [name, Object.fromEntries(labels), value]),
  ])
}

describe('parsePrometheus()', () => {
  it('reads names, help, types, labels and values', () => {
    const text = [
      '# HELP http_requests_total The total number of HTTP requests.\\nA second line.',
      '# TYPE http_requests_total counter',
      'http_requests_total{method="post",code="200"} 1027 1395066363000',
      'http_requests_total{method="post",code="400"}    3 1395066363000',
      '',
      '# A comment of no meaning',
      'metric_without_timestamp_and_labels 12.47',
      '',
    ].join('\n')
    expect(read(text)).toEqual([
      [
        'http_requests_total',
        'counter',
        [
          ['http_requests_total', { method: 'post', code: '200' }, 1027],
          ['http_requests_total', { method: 'post', code: '400' }, 3],
        ],
      ],
      ['metric_without_timestamp_and_labels', 'untyped', [['metric_without_timestamp_and_labels', {}, 12.47]]],
    ])
    expect(parsePrometheus(text).get('http_requests_total')?.help).toBe(
      'The total number of HTTP requests.\nA second line.',
    )
  })

  it('unescapes labels, whatever stands in them', () => {
    const text =
      'msdos_file_access{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find:\\n\\"a, b} = c # d\\"", } 1.458255915e9'
    expect(read(text)).toEqual([
      [
        'msdos_file_access',
        'untyped',
        [['msdos_file_access', { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find:\n"a, b} = c # d"' }, 1458255915]],
      ],
    ])
  })

  it.each([
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
    ['Inf', Number.POSITIVE_INFINITY],
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
    ['-3.5e-7', -3.5e-7],
    ['0', 0],
  ])('reads the value %s', (text, value) => {
    expect(read(`a ${text}\r\n`)).toEqual([['a', 'untyped', [['a', {}, value]]]])
    expect(read(`a{} ${text} -3982045`)).toEqual([['a', 'untyped', [['a', {}, value]]]])
  })

  it('puts the samples of a histogram and of a summary under their names', () => {
    const text = [
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 3',
      'seconds_bucket{le="+Inf"} 4',
      'seconds_sum 2.5',
      'seconds_count 4',
      '# TYPE rpc summary',
      'rpc{quantile="0.99"} 8',
      'rpc_sum 17',
      'rpc_count 20',
      'seconds_bucket_size 7',
    ].join('\n')
    expect([...parsePrometheus(text)].map(([name, { samples }]) => [name, samples.length])).toEqual([
      ['seconds', 4],
      ['rpc', 3],
      ['seconds_bucket_size', 1],
    ])
  })

  it('tells a counter from a histogram whose count it seems to be', () => {
    const text = '# TYPE a histogram\n# TYPE a_count counter\na_bucket{le="+Inf"} 1\na_count 5\n'
    expect(parsePrometheus(text).get('a_count')).toMatchObject({ type: 'counter', samples: [{ value: 5 }] })
  })

  it('reads OpenMetrics: units, exemplars, times of creation, the end', () => {
    const text = [
      '# TYPE foo_seconds counter',
      '# UNIT foo_seconds seconds',
      'foo_seconds_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879606.0',
      'foo_seconds_created{a="b"} 1520430000.123',
      '# TYPE build info',
      'build_info{version="1"} 1',
      '# EOF',
    ].join('\n')
    expect(read(text)).toEqual([
      [
        'foo_seconds',
        'counter',
        [
          ['foo_seconds_total', { a: 'b' }, 17],
          ['foo_seconds_created', { a: 'b' }, 1520430000.123],
        ],
      ],
      ['build', 'info', [['build_info', { version: '1' }, 1]]],
    ])
  })

  it('reads quoted names', () => {
    const text = '# TYPE "my.counter" counter\n{"my.counter",region="eu"} 5\n{"other name"} 6'
    expect(read(text)).toEqual([
      ['my.counter', 'counter', [['my.counter', { region: 'eu' }, 5]]],
      ['other name', 'untyped', [['other name', {}, 6]]],
    ])
  })

  it('keeps what is known without a sample', () => {
    expect(read('# TYPE jobs_total counter\n')).toEqual([['jobs_total', 'counter', []]])
  })

  it.each([
    ['<!doctype html>', 'line 1 is no metric: <!doctype html>'],
    ['a 1\nb', 'line 2 is no metric: b'],
    ['a{x="1" 5', 'line 1 is no metric'],
    ['a{x=1} 5', 'line 1 is no metric'],
    ['a five', 'line 1 is no metric'],
    ['{x="1"} 5', 'line 1 is no metric'],
    ['{"error":"no","password":"hunter2"}', 'line 1 is no metric: {"error":"no","password":"[redacted]"}'],
  ])('refuses %j', (text, reason) => {
    expect(() => parsePrometheus(text)).toThrow(reason)
  })

  it('reads thousands of lines full of quotes without trying in vain', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `metric_${index}{a="${'\\"'.repeat(200)}"} ${index}`)
    expect(parsePrometheus(lines.join('\n')).size).toBe(5000)
  })
})

describe('parseSelector()', () => {
  it('reads a name and labels that are asked for', () => {
    expect(parseSelector('queue_jobs')).toEqual({ name: 'queue_jobs', labels: new Map() })
    expect(parseSelector(' queue_jobs{state="waiting", kind="a b"} ')).toEqual({
      name: 'queue_jobs',
      labels: new Map([
        ['state', 'waiting'],
        ['kind', 'a b'],
      ]),
    })
  })

  it.each(['', '5', 'a b', 'a{', 'a{state=waiting}', 'a{state="x"} 5', '{state="x"}'])('refuses %j', (text) => {
    expect(parseSelector(text)).toBeUndefined()
  })
})
