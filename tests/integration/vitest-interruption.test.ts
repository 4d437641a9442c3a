// Whatever ends a load test early stops the load, leaves no process behind, and loses nothing that was measured.
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isAlive } from '../support/projects/process-life.ts'
import { ProjectRun, runProject } from '../support/projects/run-project.ts'

const args = (filter: string, ...more: string[]) => ['run', '--project', 'load', filter, ...more]
const pidOf = (who: 'server' | 'worker', output: string) => Number(new RegExp(`${who}: (\\d+)`).exec(output)?.[1])

/** Gone within 2 s, which is what people are promised. */
async function goneInTime(pid: number): Promise<boolean> {
  expect(pid).toBeGreaterThan(0)
  const deadline = performance.now() + 2000
  while (isAlive(pid) && performance.now() < deadline) await setTimeout(20)
  return !isAlive(pid)
}

describe.concurrent('a load test', () => {
  it('that runs into its own time limit records what it measured', async () => {
    const { output, test, code, report } = await runProject('cases', args('timeout'))
    expect(code).toBe(1)
    const { messages, runs } = test('is cut off')
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain('Test timed out in 3000ms')
    expect(runs).toHaveLength(1)
    expect(runs[0]?.aborted).toContain('Test timed out in 3000ms')
    expect(runs[0]?.iterations.ok).toBeGreaterThan(0)
    expect(test('is next').status).toBe('passed')
    expect(report?.cases[0]?.runs[0]?.aborted).toBeDefined()
    expect(isAlive(pidOf('server', output))).toBe(false)
  })

  it('that fails first ends the rest with bail', async () => {
    const { output, test, report } = await runProject('cases', args('bail', '--bail', '1'))
    expect(test('fails').runs).toHaveLength(1)
    expect(output).not.toContain('it was run')
    expect(report?.interrupted).toBe(true)
    expect(isAlive(pidOf('server', output))).toBe(false)
  })

  it('that is cancelled in watch mode records what it measured', async () => {
    await using run = new ProjectRun('cases', [], { program: 'cancel.js' })
    await run.untilOutput(/cancelling/)
    const start = performance.now()
    await run.untilOutput(/cancelled/)
    expect(performance.now() - start).toBeLessThan(2000)
    expect(await goneInTime(pidOf('server', run.output))).toBe(true)
    const { report } = await run.outcome()
    expect(report?.cases[0]).toMatchObject({ state: 'interrupted', name: 'is interrupted' })
    expect(report?.cases[0]?.runs[0]?.aborted).toContain('aborted by the user')
  })

  it.each([
    { by: 'Ctrl-C in a terminal', target: (pid: number) => -pid },
    { by: 'a signal to Vitest alone', target: (pid: number) => pid },
  ])('that is interrupted by $by is reported as partial', async ({ target }) => {
    await using run = new ProjectRun('cases', args('long'))
    // The progress line: some of the load has been measured.
    await run.untilOutput(/load {2}GET \/slow .* p95 /)
    process.kill(target(run.pid), 'SIGINT')
    const { code, report } = await run.outcome()
    expect(code).toBe(130)
    expect(await goneInTime(pidOf('server', run.output))).toBe(true)
    expect(await goneInTime(pidOf('worker', run.output))).toBe(true)
    expect(report).toMatchObject({ interrupted: true, cases: [{ state: 'interrupted' }] })
    expect(report?.cases[0]?.runs[0]?.aborted).toBeDefined()
    expect(report?.cases[0]?.runs[0]?.iterations.ok).toBeGreaterThan(0)
  })
})
