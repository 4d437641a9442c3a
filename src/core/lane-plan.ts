// What is counted apart in a run: requests by name and, for the servers' sake, by where they go.
import type { RequestPlan, TargetPlan } from './target.ts'

export interface LanePlan {
  readonly name: string
  /** Scheme, host and port; undefined for a function. */
  readonly origin: string | undefined
}

/** Requests of one name that go to several servers have a lane for each. @param name of a function */
export function lanePlans(target: TargetPlan, name: string): readonly LanePlan[] {
  if (target.kind === 'task') return [{ name, origin: undefined }]
  const lanes = new Map(target.requests.map((request) => [keyOf(request), request]))
  return [...lanes.values()].map((request) => ({ name: request.name, origin: request.origin }))
}

/** For each request the number of its lane. */
export function lanesOf(requests: readonly RequestPlan[]): readonly number[] {
  const keys = [...new Set(requests.map(keyOf))]
  return requests.map((request) => keys.indexOf(keyOf(request)))
}

function keyOf({ name, origin }: Pick<RequestPlan, 'name' | 'origin'>): string {
  return `${origin} ${name}`
}
