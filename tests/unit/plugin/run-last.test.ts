// The order of groups: load tests behind everything else, also behind what Vitest itself would put last.
import { expect, it } from 'vitest'
import type { TestProject } from 'vitest/node'
import { runLast } from '../../../src/plugin/run-last.ts'

const project = (groupOrder: number, config: { maxWorkers?: number; isolate?: boolean } = {}) =>
  ({ config: { maxWorkers: 4, isolate: true, ...config, sequence: { groupOrder } } }) as unknown as TestProject

const ordersOf = (projects: readonly TestProject[]) => projects.map(({ config }) => config.sequence.groupOrder)

it('gives the load project the highest number', () => {
  const projects = [project(0), project(7), project(0, { maxWorkers: 1 })]
  runLast(projects[2] as TestProject, { projects })
  expect(ordersOf(projects)).toEqual([0, 7, 9])
})

it('takes others of one worker out of the group that Vitest runs last', () => {
  const single = { maxWorkers: 1 }
  const projects = [project(0, single), project(0, { ...single, isolate: false }), project(3, single), project(0)]
  const load = project(0, single)
  runLast(load, { projects: [...projects, load] })
  expect(ordersOf(projects)).toEqual([4, 0, 3, 0])
  expect(load.config.sequence.groupOrder).toBe(5)
})
