// What is broken in the example service to see the load suite notice, and which of its cases must.

/** One line of the service, changed. */
export interface Break {
  /** In words. */
  readonly what: string
  /** Below `examples/gateway/src`. */
  readonly file: string
  /** Is there once. */
  readonly from: string
  readonly to: string
  /** Names of cases that must fail for it, and what their message must say. */
  readonly reddens: Readonly<Record<string, RegExp>>
}

/** Breaks that do not hide each other, in one run of some files of the suite. */
export interface Round {
  /** What their names begin with. */
  readonly files: readonly string[]
  readonly breaks: readonly Break[]
}

const pause = (time: number) => `await new Promise((resolve) => setTimeout(resolve, ${time}))`
const late = /p95 latency/
const failing = /error rate/
const unequal = /to deeply equal/
const missing = /to throw an error/
const leakCase = 'is told what leaks and who allocated it, and accuses no service that is well'

const sessionsOpen = 'return sessions.open()'
const listing = 'const asked = pageAsked(request.query)'
const health = "async () => ({ status: 'ok' })"

const slowAndForgetful: Round = {
  files: ['01', '02', '03', '05', '06', '07', '08'],
  breaks: [
    {
      what: '/health takes its time',
      file: 'routes/health.ts',
      from: health,
      to: `async () => { ${pause(400)}; return { status: 'ok' } }`,
      reddens: { 'carries 50 connections': late },
    },
    {
      what: 'one session of eight is forgotten',
      file: 'routes/sessions.ts',
      from: sessionsOpen,
      to: "const opened = await sessions.open()\nif (opened.id < '2') await sessions.end(opened.id)\nreturn opened",
      reddens: {
        'opens 200 sessions a second, and keeps every one of them': /expected \d+ to be 600/,
        '300 sessions in batches of 50': /expected \d+ to be 300/,
      },
    },
    {
      what: 'the list of clients takes its time',
      file: 'routes/clients.ts',
      from: listing,
      to: `${pause(1200)}\n${listing}`,
      reddens: {
        'basic: 20 at once': late,
        'peak: 100 at once': late,
        'stress: 500 at once': late,
        'follows a ramp of users up and down': late,
        'takes a spike from 5 to 100 users and is well again after it': late,
        'carries each step of arrivals at random': late,
        'keeps its memory and its pace under a load that stays': late,
      },
    },
    {
      what: 'the page takes its time',
      file: 'routes/pages.ts',
      from: 'return renderStartPage(',
      to: `${pause(600)}\nreturn renderStartPage(`,
      reddens: { 'shows its page within its limits': late },
    },
    {
      what: 'an event that comes again is taken again',
      file: 'stores/webhook-store.ts',
      from: '[event.id, event.type, event]',
      to: '[event.id + Math.random(), event.type, event]',
      reddens: { 'are answered at once, and taken once': /expected 200 to be 100/ },
    },
  ],
}

const leakingAndMiscounting: Round = {
  files: ['04', '05', '06', '11', '12'],
  breaks: [
    {
      what: 'messages are numbered with gaps',
      file: 'stores/message-store.ts',
      from: 'last_seq = last_seq + 1',
      to: 'last_seq = last_seq + 2',
      reddens: {
        'serves 20 users who write, read back what they wrote, and leave': /check rate/,
        '20 sessions with 25 messages each, numbered without gaps': unequal,
      },
    },
    {
      what: 'the list of clients leaks memory',
      file: 'routes/clients.ts',
      from: listing,
      to: `globalThis.leak ??= []\nif (leak.length < 1500) leak.push(Buffer.alloc(2 ** 20, 1))\n${listing}`,
      reddens: { 'keeps its memory and its pace under a load that stays': /peak server memory/ },
    },
    {
      what: 'one client of eight is lost',
      file: 'routes/clients.ts',
      from: 'const client = await clients.add(request.body)',
      to: 'const client = await clients.add(request.body)\nif (client.id % 8 === 0) await clients.remove(client.id)',
      reddens: { '2,000 clients over 20 connections': /expected 1750 to be 2000/ },
    },
    {
      what: 'the images of a batch cannot be read',
      file: 'image-work.ts',
      from: "source.startsWith('broken')",
      to: "source.startsWith('batch')",
      reddens: { 'come in batches too, whose users wait until all of it is done': /check rate|error rate/ },
    },
    {
      what: 'a request of a hundred is not counted',
      file: 'route-counts.ts',
      from: 'this.#of(route).received++',
      to: 'if (Math.random() < 0.99) this.#of(route).received++',
      reddens: { 'is the same number in the end, route by route': unequal },
    },
  ],
}

const unsafeAtOnce: Round = {
  files: ['09', '10', '12'],
  breaks: [
    {
      what: 'the cache asks for everybody',
      file: 'cache.ts',
      from: 'if (loading) {',
      to: 'if (loading && this.#capacity === 0) {',
      reddens: { 'the cache asks for a value once, however many want it': /expected \d+ to be 10 / },
    },
    {
      what: 'messages are numbered with gaps',
      file: 'stores/message-store.ts',
      from: 'last_seq = last_seq + 1',
      to: 'last_seq = last_seq + 2',
      reddens: { 'the store numbers messages without gaps, however many write at once': unequal },
    },
    {
      what: 'the queue hands out the same entry',
      file: 'queue.ts',
      from: 'jobId: entry.data.jobId }',
      to: "jobId: 'the same' }",
      reddens: { 'the queue hands each entry to one of 20 takers': unequal },
    },
    {
      what: 'the report has one budget of each client only',
      file: 'stores/report-store.ts',
      from: 'sum(per_project.budget_cents)',
      to: 'max(per_project.budget_cents)',
      reddens: { 'joins everything there is, and stays right while it grows': failing },
    },
    {
      what: 'a transfer is not one transaction',
      file: 'stores/project-store.ts',
      from: 'database.transaction((connection) => transfer(connection, asked))',
      to: 'transfer(database, asked)',
      reddens: { 'commits a transfer whole or not at all': /expected \d+ to be \+0 / },
    },
    {
      what: 'a bulk is not one statement',
      file: 'stores/client-store.ts',
      from: 'const { rows } = await database.query<BulkResult>(bulkInsert, [JSON.stringify(clients)])',
      to: 'let rows = []\nfor (const client of clients) ({ rows } = await database.query(bulkInsert, [JSON.stringify([client])]))',
      reddens: { 'rolls a bulk back when one of it cannot be': unequal },
    },
    {
      what: 'who knows an older version wins too',
      file: 'stores/client-store.ts',
      from: 'version = coalesce($4, version) returning',
      to: 'version >= coalesce($4, 0) returning',
      reddens: { 'lets one of many writers of the same version win': unequal },
    },
    {
      what: '/health fails now and then',
      file: 'routes/health.ts',
      from: health,
      to: "async () => { if (Math.random() < 0.01) throw new Error('broken'); return { status: 'ok' } }",
      reddens: { 'over connections that never rest': failing },
    },
    {
      what: 'one session of ten cannot be opened',
      file: 'routes/sessions.ts',
      from: 'reply.code(201)',
      to: 'reply.code(Math.random() < 0.1 ? 500 : 201)',
      reddens: {
        'from users who take turns': failing,
        'at a rate, where every other one is refused': /error rate|match object/,
      },
    },
  ],
}

const staleAndLost: Round = {
  files: ['02', '10', '11'],
  breaks: [
    {
      what: 'a session takes its time',
      file: 'routes/sessions.ts',
      from: sessionsOpen,
      to: `${pause(400)}\n${sessionsOpen}`,
      reddens: { 'opens 200 sessions a second, and keeps every one of them': late },
    },
    {
      what: 'the cache keeps what has changed',
      file: 'cache.ts',
      from: 'forget(key: string): void {',
      to: 'forget(key: string): void {\nif (key) return',
      reddens: { 'creates, reads, changes and deletes': /check rate/ },
    },
    {
      what: 'time spent outlives its project',
      file: 'migrations.ts',
      from: 'project_id integer not null references projects on delete cascade',
      to: 'project_id integer not null',
      reddens: { 'inserts in bulk, and deletes with everything that belongs to it': unequal },
    },
    {
      what: 'one job of eight is accepted and lost',
      file: 'stores/job-store.ts',
      from: 'queue.add(connection, ids)',
      to: "queue.add(connection, ids.filter((id) => id > '2'))",
      reddens: {
        'are all done soon, every one that was accepted': /expected \d+ to be 80/,
        'come in batches too, whose users wait until all of it is done': failing,
      },
    },
  ],
}

const harmlessFaults: Round = {
  files: ['13', '14'],
  breaks: [
    {
      what: 'the hungry template is satisfied soon',
      file: 'faults/template.ts',
      from: 'const largest = 768',
      to: 'const largest = 8',
      reddens: { 'names the function that takes the time of every page': missing },
    },
    {
      what: 'the blocking hash blocks nobody',
      file: 'faults/hash.ts',
      from: 'const everyNth = 40',
      to: 'const everyNth = 1_000_000',
      reddens: { 'names the one that holds up everybody now and then': missing },
    },
    {
      what: 'the narrow pool is wide',
      file: 'faults/pool.ts',
      from: 'const connections = 2',
      to: 'const connections = 20',
      reddens: { 'says that the server had nothing to do, and a probe what it waited for': missing },
    },
    {
      what: 'the hoarding cache forgets',
      file: 'faults/cache.ts',
      from: 'this.#answers.set(',
      to: 'this.#answers.clear()\nthis.#answers.set(',
      reddens: { [leakCase]: /to match \/ CachedAnswer/ },
    },
  ],
}

const leakingWell: Round = {
  files: ['14'],
  breaks: [
    {
      what: 'the client that is asked for is kept by everybody',
      file: 'routes/clients.ts',
      from: 'cache.get(request.params.id,',
      to: '(globalThis.leak ??= []).push(new Array(1000).fill(0.5)) && cache.get(request.params.id,',
      reddens: { [leakCase]: /expected memory leak of/ },
    },
  ],
}

export const rounds: readonly Round[] = [
  slowAndForgetful,
  leakingAndMiscounting,
  unsafeAtOnce,
  staleAndLost,
  harmlessFaults,
  leakingWell,
]
