// Projects of a client: their budgets, money moved between them, time spent on them.
import type { Database, Queryable } from '../database.ts'
import type { PageAsked } from '../paging.ts'
import { Refusal } from '../refusal.ts'

export type Project = {
  readonly id: number
  readonly clientId: number
  readonly name: string
  readonly budgetCents: number
  readonly version: number
  readonly createdAt: Date
}

export type NewProject = Pick<Project, 'name' | 'budgetCents'>
export type ProjectChange = Partial<NewProject> & { readonly version?: number }
export type Transfer = { readonly from: number; readonly to: number; readonly amountCents: number }
export type Budgets = { readonly from: number; readonly to: number }

export type ProjectStore = ReturnType<typeof projectStore>

// A bigint comes as text unless it is told to be a number; cents below 2^53 lose nothing.
const columns =
  'id, client_id as "clientId", name, budget_cents::float8 as "budgetCents", version, created_at as "createdAt"'

export function projectStore(database: Database) {
  const one = async (text: string, values: unknown[]) => (await database.query<Project>(text, values)).rows[0]

  return {
    async add(clientId: number, { name, budgetCents }: NewProject): Promise<Project> {
      return (await one(
        `insert into projects (client_id, name, budget_cents) values ($1, $2, $3) returning ${columns}`,
        [clientId, name, budgetCents],
      )) as Project
    },

    find: (id: number): Promise<Project | undefined> => one(`select ${columns} from projects where id = $1`, [id]),

    async list(clientId: number, { after, limit }: PageAsked): Promise<readonly Project[]> {
      const { rows } = await database.query<Project>(
        `select ${columns} from projects where client_id = $1 and id > $2 order by id limit $3`,
        [clientId, after, limit + 1],
      )
      return rows
    },

    /** Undefined if there is none, or none of this version. */
    change: (id: number, { name, budgetCents, version }: ProjectChange): Promise<Project | undefined> =>
      one(
        `update projects set name = coalesce($2, name), budget_cents = coalesce($3, budget_cents), version = version + 1
         where id = $1 and version = coalesce($4, version) returning ${columns}`,
        [id, name, budgetCents, version],
      ),

    async remove(id: number): Promise<boolean> {
      return (await database.query('delete from projects where id = $1', [id])).rowCount === 1
    },

    async addEntries(projectId: number, minutes: readonly number[]): Promise<number> {
      const { rowCount } = await database.query(
        'insert into entries (project_id, minutes) select $1, spent from unnest($2::integer[]) as spent',
        [projectId, minutes],
      )
      return rowCount ?? 0
    },

    /** Moves money between two budgets: all of it, or nothing. */
    transfer: (asked: Transfer): Promise<Budgets> => database.transaction((connection) => transfer(connection, asked)),
  }
}

async function transfer(connection: Queryable, { from, to, amountCents }: Transfer): Promise<Budgets> {
  const add = async (id: number, cents: number) => {
    const { rows } = await connection.query<{ budget: number }>(
      `update projects set budget_cents = budget_cents + $2, version = version + 1
       where id = $1 returning budget_cents::float8 as budget`,
      [id, cents],
    )
    if (!rows[0]) throw new Refusal(404, `no project ${id}`)
    return rows[0].budget
  }
  // Both are locked in the order of their ids, so that two transfers in opposite directions do not wait for each other.
  await connection.query('select from projects where id in ($1, $2) order by id for update', [from, to])
  const left = await add(from, -amountCents)
  const received = await add(to, amountCents)
  if (left < 0) throw new Refusal(409, `project ${from} has ${left + amountCents} cents, not ${amountCents}`)
  return { from: left, to: received }
}
