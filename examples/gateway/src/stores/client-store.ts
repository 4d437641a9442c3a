// Clients: made one by one or many at once with their projects, changed by whoever knows their version.
import type { Channels } from '../channels.ts'
import type { Database } from '../database.ts'
import type { PageAsked } from '../paging.ts'

export type Client = {
  readonly id: number
  readonly name: string
  readonly email: string
  /** One more with each change. */
  readonly version: number
  readonly createdAt: Date
}

export type NewClient = Pick<Client, 'name' | 'email'>
export type NewClientWithProjects = NewClient & {
  readonly projects?: readonly { readonly name: string; readonly budgetCents: number; readonly minutes?: number[] }[]
}
export type ClientChange = Partial<NewClient> & { readonly version?: number }

export type ClientStore = ReturnType<typeof clientStore>

const columns = 'id, name, email, version, created_at as "createdAt"'

export function clientStore(database: Database, channels: Channels) {
  const one = async (text: string, values: unknown[]) => (await database.query<Client>(text, values)).rows[0]

  return {
    async add({ name, email }: NewClient): Promise<Client> {
      return (await one(`insert into clients (name, email) values ($1, $2) returning ${columns}`, [
        name,
        email,
      ])) as Client
    },

    /** All of them with their projects and the time spent on those, or none. */
    async addAll(clients: readonly NewClientWithProjects[]): Promise<BulkResult> {
      const { rows } = await database.query<BulkResult>(bulkInsert, [JSON.stringify(clients)])
      return rows[0] as BulkResult
    },

    find: (id: number): Promise<Client | undefined> => one(`select ${columns} from clients where id = $1`, [id]),

    async list({ after, limit }: PageAsked): Promise<readonly Client[]> {
      const { rows } = await database.query<Client>(
        `select ${columns} from clients where id > $1 order by id limit $2`,
        [after, limit + 1],
      )
      return rows
    },

    /** Undefined if there is none, or none of this version. */
    change: (id: number, { name, email, version }: ClientChange): Promise<Client | undefined> =>
      one(
        `with changed as (
           update clients set name = coalesce($2, name), email = coalesce($3, email), version = version + 1
           where id = $1 and version = coalesce($4, version) returning *
         ), told as (select pg_notify($5, id::text) from changed)
         select ${columns} from changed left join told on true`,
        [id, name, email, version, channels.clients],
      ),

    /** With its projects, and what was spent on them. */
    async remove(id: number): Promise<boolean> {
      const { rowCount } = await database.query(
        'with removed as (delete from clients where id = $1 returning id) select pg_notify($2, id::text) from removed',
        [id, channels.clients],
      )
      return rowCount === 1
    },
  }
}

export type BulkResult = { readonly clients: number; readonly projects: number; readonly entries: number }

const bulkInsert = `
  with given as (
    select client from jsonb_array_elements($1::jsonb) as client
  ), planned as (
    select client->>'email' as email, project
    from given, jsonb_array_elements(coalesce(client->'projects', '[]')) as project
  ), made_clients as (
    insert into clients (name, email) select client->>'name', client->>'email' from given returning id, email
  ), made_projects as (
    insert into projects (client_id, name, budget_cents)
    select id, project->>'name', (project->>'budgetCents')::bigint from planned join made_clients using (email)
    returning id, client_id, name
  ), made_entries as (
    insert into entries (project_id, minutes)
    select made_projects.id, spent::integer
    from planned
      join made_clients using (email)
      join made_projects on client_id = made_clients.id and made_projects.name = project->>'name',
      jsonb_array_elements_text(coalesce(project->'minutes', '[]')) as spent
    returning id
  )
  select (select count(*) from made_clients)::integer as clients,
    (select count(*) from made_projects)::integer as projects,
    (select count(*) from made_entries)::integer as entries`
