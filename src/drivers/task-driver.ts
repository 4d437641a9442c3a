// Drives any function as the iteration of an open or a closed run.
import { LoadTestError } from '../core/errors.ts'
import type { Driver } from './driver.ts'
import { pace } from './pace.ts'
import { TaskUser } from './task-user.ts'

/**
 * Only a function that was given a time-out has one. It is then told by `ctx.signal`, and its virtual user goes on
 * without it.
 */
export const driveTask: Driver = async (context) => {
  const { plan, recorder } = context
  if (plan.target.kind !== 'task')
    throw new LoadTestError('internal', `a target of kind ${plan.target.kind} is no function`)
  const work = { run: plan.target.run, name: plan.name, recorder }
  await pace(context, { series: () => 0, user: (vu, pool) => new TaskUser(vu, pool, work) })
}
