// Makes the load project the last one, so that no other test runs beside a measurement.
import type { TestProject, Vitest } from 'vitest/node'

/**
 * Groups run one after the other by ascending number, but Vitest moves isolated projects of one worker and number 0
 * behind all numbered groups. Such projects (on two cores: every isolated one) get a number before the load project's.
 */
export function runLast(project: TestProject, { projects }: Pick<Vitest, 'projects'>): void {
  const others = projects.filter((other) => other !== project)
  const free = Math.max(0, ...others.map((other) => other.config.sequence.groupOrder)) + 1
  for (const { config } of others) {
    if (config.sequence.groupOrder === 0 && config.maxWorkers === 1 && config.isolate) config.sequence.groupOrder = free
  }
  project.config.sequence.groupOrder = free + 1
}
