// What toHaveLogged and the matchers of series do to a test, its message and its record: a real Vitest run.
import { beforeAll, expect, it } from 'vitest'
import { type ProjectOutcome, runWholeProject } from '../support/projects/run-project.ts'

let outcome: ProjectOutcome
beforeAll(async () => {
  outcome = await runWholeProject('cases', ['run', '--project', 'load', 'logged'])
}, 60_000)

const messageOf = (name: string) => outcome.test(name).messages.join('\n')

it('a log that has what is expected passes, also that of the life before', () => {
  for (const name of ['has what is expected', 'reaches back before a restart', 'still has its end']) {
    expect([name, messageOf(name), outcome.test(name).status]).toEqual([name, '', 'passed'])
  }
})

it('one that has not shows its end, without secrets', () => {
  const message = messageOf('has not')
  expect(message).toContain('expected server "app" to have logged /Database locked/')
  expect(message).toMatch(/the end of its log:\n +listening\n +ERROR one password=\[redacted\]\n +all is well/)
  expect(outcome.output).toContain('toHaveLogged(/Database locked/) // not there')
  expect(outcome.output).not.toContain('hunter2')
})

it('one that has what it must not shows the lines', () => {
  const message = messageOf('has what it must not')
  expect(message).toContain('expected server "app" not to have logged /ERROR/, got 1 line')
  expect(message).toContain('    ERROR one password=[redacted]')
})

it('mistakes are told in one error', () => {
  const message = messageOf('is that of a server')
  expect(message).toContain('toHaveLogged(): 2 options are wrong')
  expect(message).toContain("expect(): expected a server of serve(), got 'app'")
  expect(messageOf('is that of one of several')).toContain(
    'expect(): expected one server, got a list of 2: give servers[0]',
  )
})

it('a log whose beginning was given up decides nothing that it cannot know', () => {
  for (const name of ['cannot say what was not in it', 'cannot say what was in it']) {
    expect(messageOf(name)).toMatch(/inconclusive: [\d,]+ characters at the beginning of its log were not kept/)
  }
})

it('probes are verdicts and series of the record', () => {
  const { status, runs, messages } = outcome.test('are judged and recorded')
  expect([status, messages]).toEqual(['passed', []])
  const [run] = runs
  expect(run?.verdicts.map(({ metric, status, relation, limit }) => [metric, status, relation, limit])).toEqual([
    ['max of queue', 'pass', 'below', 6],
    ['last of memory', 'pass', 'below', 2e9],
    ['mean of queue', 'pass', 'below', 10],
    ['error rate', 'pass', 'at most', 0.01],
  ])
  expect(Object.keys(run?.usage.probes ?? {})).toEqual(['queue'])
  expect(run?.usage.probes.queue?.values.length).toBeGreaterThanOrEqual(1)
  expect(run?.warnings.join()).toContain("the probe 'broken' never gave a number")
})

it('a series that is above fails with its neighbours, one without samples is inconclusive', () => {
  expect(messageOf('that are above fail')).toMatch(
    /expected max of queue of "GET \/" below 6, got 7\n(.*\n)*.*queue: mean 7 /,
  )
  expect(messageOf('that nobody answered are inconclusive')).toContain('no sample of queue was taken in this time')
})
