// The way between a server's agents and us: private, gone with the server, and of no weight for those who hold it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { serve } from '../../src/engine/serve.ts'
import type { Server } from '../../src/processes/server.ts'
import { ask, linkOf, observeServer, patiently } from '../support/agent-samples.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const agent = new URL('../../src/agent/agent.ts', import.meta.url).href
const { TMPDIR } = process.env
let server: Server | undefined
let child: ChildProcess | undefined

afterEach(async () => {
  await server?.kill()
  child?.kill('SIGKILL')
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
})

async function channelOf(running: Server): Promise<string> {
  const { env } = await ask<{ env: Record<string, string> }>(running, '/options')
  return env.VITEST_LOAD_AGENT as string
}

it('is open to its owner alone, and gone when the server is', async () => {
  server = await serve('node serve-observed.ts', { cwd: directory })
  const path = await channelOf(server)
  expect(statSync(path).isSocket()).toBe(true)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  await server.restart()
  const next = await channelOf(server)
  expect(next).not.toBe(path)
  expect(existsSync(dirname(path))).toBe(false)
  await server.stop()
  await patiently(() => !existsSync(dirname(next)))
  expect(existsSync(dirname(next))).toBe(false)
})

it('is gone when a server could not be started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-channel-'))
  process.env.TMPDIR = folder
  await expect(serve('node serve-mortal.ts 3', { cwd: directory })).rejects.toThrow('exit code 3')
  await expect(serve('no-such-program')).rejects.toThrow('no such program')
  await patiently(() => readdirSync(folder).length === 0)
  expect(readdirSync(folder)).toEqual([])
  rmdirSync(folder)
})

it('is short enough for a socket, however deep the folder for temporary files lies', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-channel-'))
  const deep = join(folder, 'deep'.repeat(30))
  mkdirSync(deep)
  process.env.TMPDIR = deep
  server = await serve('node serve-observed.ts', { cwd: directory })
  expect(await linkOf(server).members()).toEqual([server.pid])
  rmSync(folder, { recursive: true })
})

it('that cannot be made is missed by the server as little', async () => {
  process.env.TMPDIR = '/no/such/folder'
  server = await serve('node serve-observed.ts', { cwd: directory })
  expect(await observeServer(server).end()).toEqual([
    expect.stringMatching(/no local socket could be opened for the agent \(ENOENT: .*no\/such\/folder/),
  ])
  const { env } = await ask<{ env: Record<string, string> }>(server, '/options')
  expect(env).not.toHaveProperty('VITEST_LOAD_AGENT')
})

it('is gone when its owner was killed', async () => {
  child = spawn(process.execPath, [`${directory}serve-caller.ts`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  const [pid] = JSON.parse(line) as [number]
  const path = /VITEST_LOAD_AGENT=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1] as string
  expect(existsSync(path)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await patiently(() => !existsSync(dirname(path)))
  expect(existsSync(dirname(path))).toBe(false)
})

it('is left by who speaks another language, and the others go on', async () => {
  server = await serve('node serve-observed.ts', { cwd: directory })
  const stranger = connect(await channelOf(server))
  stranger.on('error', () => {})
  stranger.write('GET / HTTP/1.1\r\n\r\n')
  await once(stranger, 'close')
  const observed = observeServer(server)
  await observed.until(1)
  expect(await observed.end()).toEqual([])
})

it('keeps no process alive, and none from ending as it would', async () => {
  server = await serve('node serve-observed.ts', { cwd: directory })
  const env = { ...process.env, NODE_OPTIONS: `--import ${agent}`, VITEST_LOAD_AGENT: await channelOf(server) }
  for (const [code, exit] of [
    ['1', 0],
    ['process.exitCode = 5', 5],
    ['setTimeout(() => process.exit(6), 50)', 6],
  ] as const) {
    child = spawn(process.execPath, ['-e', code], { env, stdio: ['ignore', 'inherit', 'inherit'] })
    expect(await once(child, 'exit')).toEqual([exit, null])
  }
  expect(await linkOf(server).members()).toEqual([server.pid])
})

it('that is not there is missed by nobody', async () => {
  const env = { ...process.env, NODE_OPTIONS: `--import ${agent}`, VITEST_LOAD_AGENT: '/no/such/agent' }
  const log = "process.on('uncaughtException', console.log).on('unhandledRejection', console.log)"
  child = spawn(process.execPath, ['-e', `${log}; setTimeout(() => console.log('done'), 200)`], { env, stdio: 'pipe' })
  const [output] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  expect(String(output)).toBe('done\n')
})
