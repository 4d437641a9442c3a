// What a load test's verdicts do to the test, its message and its record: real Vitest runs under real load.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ProjectOutcome, runWholeProject } from '../support/projects/run-project.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** A frame of a stack that points to the line of a fixture which holds a text. */
function frameAt(fixture: string, text: string): string {
  const lines = readFileSync(new URL(`../support/projects/cases/${fixture}`, import.meta.url), 'utf8').split('\n')
  return `${fixture}:${lines.findIndex((line) => line.includes(text)) + 1}:`
}

const cases = (filter: string, options = {}) => runWholeProject('cases', ['run', '--project', 'load', filter], options)

describe('verdicts', () => {
  let outcome: ProjectOutcome
  beforeAll(async () => {
    outcome = await cases('judging')
  }, 60_000)

  const verdictsOf = (name: string) =>
    outcome
      .test(name)
      .runs.map(({ verdicts }) =>
        verdicts.map(({ status, metric, limit, implicit }) => ({ status, metric, limit, implicit })),
      )

  it('pass in every way of writing them', () => {
    const met = outcome.tests.slice(0, 7)
    expect(met.map(({ status }) => status)).toEqual(Array(7).fill('passed'))
  })

  it('are on the run that was meant, of several at once', () => {
    const { runs } = outcome.test('several at once, by names of their own')
    expect(runs.map(({ name }) => name).sort()).toEqual(['GET /health', 'GET /health (2)'])
    for (const { warnings } of runs) expect(warnings.join()).toContain('was sent at the same time')
  })

  it('fail the run and name number, limit and line', () => {
    expect(outcome.code).toBe(1)
    const { status, messages } = outcome.test('a target')
    expect(status).toBe('failed')
    expect(messages.join()).toMatch(/p95 latency of "GET \/slow" below 20 ms, (got )?[\d.]+ ms/)
    expect(outcome.output).toMatch(/expect\(run\)\.toHaveP95Below\(20\) \/\/ the line/)
  })

  it('are collected by soft expectations', () => {
    expect(outcome.test('several, softly').messages).toHaveLength(2)
  })

  it('come from limits at the end of the test, pointing to the load() line', () => {
    const { status, messages } = outcome.test('limits')
    expect(status).toBe('failed')
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/^LoadTestError: expected error rate of "GET \/fail" at most 25 %, got 100 %/)
    expect(messages[0]).toMatch(/\n {4}at .*judging\.load\.ts:\d+:\d+/)
  })

  it('come from limits that ended the run, with what was measured until then', () => {
    const { messages, runs } = outcome.test('limits that end the run')
    expect(messages).toHaveLength(1)
    expect(messages[0]).toMatch(/^LoadTestError: expected error rate of "GET \/fail" at most 25 %, got /)
    expect(runs[0]?.aborted).toContain('limit on error rate')
    expect(runs[0]?.iterations.failed).toBeGreaterThan(0)
  })

  it('come from errors that nobody asked about', () => {
    const { messages } = outcome.test('no errors, which nobody asked about')
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain('error rate of "GET /health, GET /fail" at most 1 %')
    expect(outcome.test('nothing judged').messages[0]).toContain('at most 1 %, got 100 %')
  })

  it('are recorded with the run, explicit ones in place of the implicit one', () => {
    expect(verdictsOf('lazy, twice on one run')).toEqual([
      [
        { status: 'pass', metric: 'error rate', limit: 0, implicit: false },
        { status: 'pass', metric: 'max latency', limit: 10_000, implicit: false },
      ],
    ])
    expect(verdictsOf('a target')).toEqual([
      [expect.objectContaining({ metric: 'p95 latency', limit: 20 }), expect.objectContaining({ implicit: true })],
    ])
    expect(verdictsOf('not')).toEqual([[{ status: 'pass', metric: 'error rate', limit: 0, implicit: false }]])
  })

  it('are recorded for runs made before the tests', () => {
    expect(outcome.test('made before').runs.map(({ name, verdicts }) => [name, verdicts.length])).toEqual([
      ['early', 1],
    ])
    expect(outcome.test('awaited').runs.map(({ name }) => name)).toEqual(['early', 'GET /health'])
  })

  it('are recorded for every attempt', () => {
    const { status, runs } = outcome.test('passes the second time')
    expect(status).toBe('passed')
    expect(runs.map(({ attempt, verdicts }) => [attempt.retry, verdicts[0]?.status])).toEqual([
      [0, 'fail'],
      [1, 'pass'],
    ])
    expect(outcome.test('repeated').runs.map(({ attempt }) => attempt.repeat)).toEqual([0, 1])
  })

  it('reach the report file', () => {
    const reported = outcome.report?.cases.map(({ name, state }) => [name.split(' > ').at(-1), state])
    expect(reported).toEqual(outcome.tests.map(({ name, status }) => [name, status]))
  })
})

describe('what ends before it sends anything', () => {
  let outcome: ProjectOutcome
  beforeAll(async () => {
    outcome = await runWholeProject('cases', ['run', '--project', 'load', 'early', 'broken'])
  }, 60_000)

  it('is in the report and the summary', () => {
    const reported = outcome.report?.cases.map(({ name, state, errors, runs }) => [name, state, errors, runs])
    expect(reported).toEqual([
      ['broken.load.ts', 'failed', ['this file is broken'], []],
      ['without its server', 'failed', [expect.stringMatching(/^serve\(\): .* ended before it was ready/)], []],
      ['has nobody to talk to', 'failed', [expect.stringContaining('127.0.0.1:9')], []],
      ['asks for what is not allowed', 'failed', [expect.stringContaining('192.0.2.1')], []],
      ['judges something else', 'failed', ['toHaveP95Below(): 1 option is wrong'], []],
    ])
    expect(outcome.output).toContain('Load  5 cases · 5 failed')
    expect(outcome.output).toContain('× early.load.ts > without its server\n   serve(): ')
  })

  it.each([
    ['has nobody to talk to', "await load('http://127.0.0.1:9/'"],
    ['asks for what is not allowed', 'await expect(load('],
    ['judges something else', 'toHaveP95Below(5)'],
  ])('is shown at the line of the user: %s', (name, text) => {
    const [message] = outcome.test(name).messages
    expect(/\n {4}at (?!.*node_modules).*/.exec(message as string)?.[0]).toContain(frameAt('early.load.ts', text))
    expect(message).not.toContain(`${repository}src/`)
  })
})

describe.concurrent('guards', () => {
  it('fail the test that forgot something, at its line', async () => {
    const { code, tests, test, output } = await cases('forgetting')
    expect(code).toBe(1)
    expect(tests.map(({ status }) => status)).toEqual(tests.map(() => 'failed'))
    const at = (text: string) => frameAt('forgetting.load.ts', text)
    const [matcher, ...others] = test('a matcher without await').messages
    expect(others).toEqual([])
    expect(matcher).toContain('toHaveNoErrors() was not awaited')
    expect(matcher).toContain(at('expect(load('))
    const [never] = test('a run without await').messages
    expect(never).toContain('"never" was never started')
    expect(never).toContain(at("'never'"))
    expect(test('a run under way').messages[0]).toContain('"pause" was still under way')
    expect(test('several things').messages.map((message) => /"(\w+)" was never/.exec(message)?.[1])).toEqual([
      'one',
      'two',
    ])
    expect(test('nothing but its own mistake').messages).toEqual([expect.stringContaining('Error: its own mistake')])
    expect(test('that load runs would measure each other').messages[0]).toMatch(
      /^LoadTestError: load\(\): called in a concurrent test, .* without \.concurrent\n/,
    )
    const wrong = test('how options are written').messages[0]
    expect(wrong).toMatch(/2 options are wrong\n {2}duration: .*\n {2}warmup: /)
    expect(wrong).toContain(at("'10 secs'"))
    expect(output).not.toContain('Unhandled')
  })

  it('fail what cannot be judged', async () => {
    const { test } = await cases('unknown')
    const { status, messages } = test('cannot be judged')
    expect([status, messages.length]).toEqual(['failed', 1])
    expect(messages[0]).toMatch(/^LoadTestError: inconclusive: p99 latency of "pause" below 10 s/)
    expect(messages[0]).toMatch(/samples? cannot tell/)
    expect(messages[0]).toContain(frameAt('unknown.load.ts', 'toHaveP99Below'))
  })

  it('skip what cannot be judged where the config says so, and nothing that is wrong besides', async () => {
    const { test, code, output } = await cases('unknown', { config: 'skip.config.ts' })
    expect(code).toBe(1)
    expect(test('cannot be judged').status).toBe('skipped')
    expect(output).toMatch(/cannot be judged.*\[inconclusive: p99 latency of "pause" below 10 s/)
    expect(test('cannot be judged, and is wrong besides').status).toBe('failed')
  })

  it('stop what goes on when the hook that started it is over', async () => {
    const { test, code, output } = await cases('hooks')
    expect(code).toBe(1)
    expect(test('is undisturbed').status).toBe('passed')
    expect(output).toContain('Hook timed out in 500ms')
    expect(output).not.toContain('LoadTestError')
  })

  it('fail the file where load in a hook was looked at by no test', async () => {
    const { test, code, output } = await cases('unjudged')
    expect(code).toBe(1)
    expect(test('looks elsewhere').runs).toMatchObject([{ name: 'unseen', verdicts: [] }])
    expect(output).toContain('expected error rate of "unseen" at most 1 %, got 100 %')
  })
})
