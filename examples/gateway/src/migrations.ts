// The tables, in steps that are each taken once, whoever starts first.
import type { Database, Queryable } from './database.ts'

/** Never changed, only added to: step n leads from version n - 1 to version n. */
const steps: readonly string[] = [
  `create table sessions (
     id uuid primary key default gen_random_uuid(),
     token_hash bytea not null,
     last_seq integer not null default 0,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null
   );
   create index sessions_expire on sessions (expires_at);

   create table messages (
     session_id uuid not null references sessions on delete cascade,
     seq integer not null,
     id uuid not null default gen_random_uuid(),
     text text not null,
     created_at timestamptz not null default now(),
     primary key (session_id, seq)
   );

   create table webhook_events (
     id text primary key,
     type text not null,
     body jsonb not null,
     received_at timestamptz not null default now()
   );
   create index webhook_events_received on webhook_events (received_at);`,

  `create table clients (
     id integer primary key generated always as identity,
     name text not null,
     email text not null unique,
     version integer not null default 1,
     created_at timestamptz not null default now()
   );

   create table projects (
     id integer primary key generated always as identity,
     client_id integer not null references clients on delete cascade,
     name text not null,
     budget_cents bigint not null,
     version integer not null default 1,
     created_at timestamptz not null default now(),
     unique (client_id, name)
   );

   create table entries (
     id integer primary key generated always as identity,
     project_id integer not null references projects on delete cascade,
     day date not null default current_date,
     minutes integer not null
   );
   create index entries_project on entries (project_id);`,

  `create table image_jobs (
     id uuid primary key,
     batch_id uuid,
     source text not null,
     width integer not null,
     height integer not null,
     passes integer not null,
     state text not null default 'queued' check (state in ('queued', 'running', 'waiting', 'done', 'dead')),
     progress integer not null default 0,
     attempts integer not null default 0,
     revision integer not null default 0,
     worker text,
     result jsonb,
     error text,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now()
   );
   create index image_jobs_unfinished on image_jobs (state) where state in ('queued', 'running', 'waiting');
   create index image_jobs_batch on image_jobs (batch_id) where batch_id is not null;
   create index image_jobs_newest on image_jobs (created_at desc);
   create index image_jobs_updated on image_jobs (updated_at) where state in ('done', 'dead');`,
]

/** `further` is done under the same lock, on every start: what others keep in this database, such as the queue. */
export async function migrate(database: Database, further: () => Promise<void>): Promise<void> {
  await database.transaction(async (connection) => {
    // Held until the commit. Two schemas of one database do not wait for each other, unless their hashes are the same.
    await connection.query("select pg_advisory_xact_lock(hashtext('gateway migrations ' || $1))", [database.schema])
    await takeSteps(connection)
    await further()
  })
}

async function takeSteps(connection: Queryable): Promise<void> {
  await connection.query(
    'create table if not exists migrations (version integer primary key, at timestamptz not null default now())',
  )
  const { rows } = await connection.query<{ version: number }>(
    'select coalesce(max(version), 0) as version from migrations',
  )
  for (let version = (rows[0]?.version ?? 0) + 1; version <= steps.length; version++) {
    await connection.query(steps[version - 1] as string)
    await connection.query('insert into migrations (version) values ($1)', [version])
  }
}
