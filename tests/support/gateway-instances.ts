// The example service for tests: instances in this process, processes of their own, and how they are asked.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { WebSocket } from 'ws'
import { type Database, useDatabase } from '../../examples/database/src/use-database.ts'
import { buildApp } from '../../examples/gateway/src/app.ts'
import { readConfig } from '../../examples/gateway/src/config.ts'
import type { Job } from '../../examples/gateway/src/stores/job-store.ts'

export type { Job }

// biome-ignore lint/suspicious/noExplicitAny: answers of every kind, which are only shown to expect()
export type Json = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Read as JSON where it is JSON. */
  readonly body: Json
}

interface Call {
  readonly method?: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** How one instance of the gateway is asked. */
export type Ask = ((path: string, call?: Call) => Promise<Answer>) & { readonly url: string }
/** With the line that said that it is ready. */
export type Program = ChildProcessByStdio<null, Readable, Readable> & { said?: string }

const sources = fileURLToPath(new URL('../../examples/gateway/src/', import.meta.url))
/** What is done at the end, last first: before the database goes, and with it. */
export const cleanups: (() => unknown)[] = []
const databaseCleanups: (() => unknown)[] = []
const defects: Error[] = []

export let database: Database
export let sql: pg.Pool
/** Two instances of the same gateway. */
export let ask: Ask
export let other: Ask

/** For all tests of a file: a database, two instances in this process, a worker process. All of it goes at the end. */
export function useGateway(): void {
  beforeAll(async () => {
    database = await useDatabase()
    databaseCleanups.push(() => database[Symbol.asyncDispose]())
    sql = new pg.Pool({ connectionString: database.url, max: 3 })
    // The pool's end does not wait for its connections: one that the database closes first is no error.
    sql.on('error', () => {})
    sql.on('connect', (connection) => connection.on('error', () => {}))
    databaseCleanups.push(() => sql.end())
    const instances = await Promise.all([startApp(), startApp(), startProgram('worker')])
    ask = instances[0]
    other = instances[1]
  }, 60_000)

  afterAll(async () => {
    for (const list of [cleanups, databaseCleanups]) {
      for (const cleanup of list.splice(0).reverse()) await cleanup()
    }
    expect(defects).toEqual([])
  }, 60_000)
}

function environment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { DATABASE_URL: database.url, PORT: '0', JOB_BACKOFF: '40', ...env }
}

/** The name of one that is dropped at the end. */
export function newSchema(): string {
  const name = `gateway_${randomUUID().replaceAll('-', '')}`
  databaseCleanups.push(() => sql.query(`drop schema if exists ${name} cascade`))
  return name
}

/** Nothing goes wrong behind the scenes unless a test means it to. */
function noteDefect(error: Error): void {
  defects.push(error)
}

/** An instance in this process. */
export async function startApp(env: Readonly<Record<string, string>> = {}, onError = noteDefect): Promise<Ask> {
  const app = await buildApp(readConfig(environment(env)), onError)
  cleanups.push(() => app.close())
  return askAt(await app.listen({ host: '127.0.0.1', port: 0 }))
}

function askAt(url: string): Ask {
  const ask = async (path: string, { method, json, headers, body }: Call = {}): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      method: method ?? (json === undefined && body === undefined ? 'GET' : 'POST'),
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: json === undefined ? body : JSON.stringify(json),
      redirect: 'manual',
    })
    const content = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(content) : content }
  }
  return Object.assign(ask, { url })
}

/** A process of its own, ready. */
export async function startProgram(name: 'server' | 'worker', env: Record<string, string> = {}): Promise<Program> {
  const program = run(name, env)
  const errors = text(program.stderr)
  for await (const line of createInterface(program.stdout)) {
    if (/ready|listens/.test(line)) return Object.assign(program, { said: line })
  }
  throw new Error(`${name} is not ready: ${await errors}`)
}

/** A process of its own, which may not become ready. */
export function run(name: 'server' | 'worker', env: Readonly<Record<string, string>>): Program {
  const inherited = { ...process.env, DATABASE_SCHEMA: '', LOG: '' }
  const options = {
    env: { ...inherited, ...environment(env) },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  }
  const program = spawn(process.execPath, [`${sources}${name}.ts`], options)
  const gone = once(program, 'exit')
  cleanups.push(async () => {
    program.kill('SIGKILL')
    await gone
  })
  return program
}

export async function eventually<T>(read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const value = await read()
    if (accept(value)) return value
    await sleep(15)
  }
  throw new Error(`it never came: ${JSON.stringify(await read())}`)
}

export async function openSession(at = ask) {
  const { status, body } = await at('/api/sessions', { json: { apiKey: randomUUID() } })
  expect(status).toBe(201)
  return { ...body, path: `/api/sessions/${body.id}`, headers: { authorization: `Bearer ${body.token}` } }
}

export async function addClient(projects: readonly number[] = []) {
  const client = await ask('/api/clients', { json: { name: 'Ada', email: `${randomUUID()}@example.org` } })
  expect(client.status).toBe(201)
  const ids: number[] = []
  for (const [at, budgetCents] of projects.entries()) {
    const project = await ask(`/api/clients/${client.body.id}/projects`, { json: { name: `p${at}`, budgetCents } })
    ids.push(project.body.id)
  }
  return { ...client.body, path: `/api/clients/${client.body.id}`, projects: ids }
}

export async function orderImage(
  image: { source: string; passes?: number; width?: number; height?: number },
  at = ask,
) {
  const { status, body, headers } = await at('/api/images', { json: image })
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/api/images/${body.id}`)
  return body.id as string
}

export const isOver = ({ state }: Job) => state === 'done' || state === 'dead'
export const jobOf = async (id: string): Promise<Job> => (await ask(`/api/images/${id}`)).body
export const untilOver = (id: string) => eventually(() => jobOf(id), isOver)

/** A WebSocket that is open, and what it hears. */
export async function openSocket(at: Ask, options: { origin?: string } = {}) {
  const socket = new WebSocket(`${at.url.replace('http', 'ws')}/ws`, options)
  const heard: Json[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  cleanups.push(() => socket.terminate())
  await once(socket, 'open')
  const until = (accept: (message: Json) => boolean) =>
    eventually(
      async () => heard.find(accept),
      (found) => found !== undefined,
    )
  return { socket, heard, until, say: (message: unknown) => socket.send(JSON.stringify(message)) }
}

/** The instance in a process of its own. */
export function askOf({ said = '' }: Program): Ask {
  return askAt(said.split(' ').at(-1) as string)
}
