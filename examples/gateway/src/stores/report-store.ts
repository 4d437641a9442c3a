// The heavy question: what every client has, has spent and ranks, over all projects and all time.
import type { Database } from '../database.ts'

export type ReportRow = {
  readonly id: number
  readonly name: string
  readonly projects: number
  readonly budgetCents: number
  readonly minutes: number
  readonly busiestProject: string | null
  readonly rank: number
}

export type ReportStore = ReturnType<typeof reportStore>

export function reportStore(database: Database) {
  return {
    async top(limit: number): Promise<readonly ReportRow[]> {
      const { rows } = await database.query<ReportRow>(report, [limit])
      return rows
    },
  }
}

const report = `
  with spent as (
    select project_id, sum(minutes) as minutes from entries group by project_id
  ), per_project as (
    select projects.client_id, projects.name, projects.budget_cents, coalesce(spent.minutes, 0) as minutes,
      row_number() over (partition by projects.client_id order by coalesce(spent.minutes, 0) desc, projects.id) as place
    from projects left join spent on spent.project_id = projects.id
  )
  select clients.id, clients.name,
    count(per_project.client_id)::integer as projects,
    coalesce(sum(per_project.budget_cents), 0)::float8 as "budgetCents",
    coalesce(sum(per_project.minutes), 0)::integer as minutes,
    max(per_project.name) filter (where place = 1) as "busiestProject",
    (rank() over (order by coalesce(sum(per_project.minutes), 0) desc))::integer as rank
  from clients left join per_project on per_project.client_id = clients.id
  group by clients.id
  order by rank, clients.id
  limit $1`
