// How the agent gets into the environment of a server, and how a Node that refuses it is known.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { agentRefusal, withAgent } from '../../../src/processes/environment.ts'

const optionsOf = (own: string | undefined): string => withAgent({ NODE_OPTIONS: own, PORT: '1' })?.NODE_OPTIONS ?? ''
const alone = withAgent({})?.NODE_OPTIONS as string
const agent = alone.replace('--import ', '')

describe('withAgent', () => {
  it('names a file that is there, in one word', () => {
    expect(alone).toMatch(/^--import file:\S+$/)
    expect(existsSync(fileURLToPath(agent))).toBe(true)
  })

  it('comes after what is there, whoever put it there', () => {
    expect(optionsOf('--max-old-space-size=300 --require "a b.cjs"')).toBe(
      `--max-old-space-size=300 --require "a b.cjs" ${alone}`,
    )
    expect(optionsOf('')).toBe(alone)
    expect(withAgent({ PORT: '1' })).toEqual({ PORT: '1', NODE_OPTIONS: alone })
  })

  it('comes once, also in a server that starts servers', () => {
    expect(optionsOf(`--enable-source-maps ${alone}`)).toBe(`--enable-source-maps ${alone}`)
    expect(optionsOf(alone)).toBe(alone)
  })

  it('stays away where NODE_OPTIONS was removed', () => {
    expect(withAgent({ NODE_OPTIONS: undefined })).toBeUndefined()
  })
})

describe('agentRefusal', () => {
  it.each([
    ['Node 16', '/usr/bin/node: --import is not allowed in NODE_OPTIONS\n', /takes no --import/],
    ['another Node', `node: bad option: --import ${agent}\n`, /takes no --import/],
    [
      'a Node that may not read the agent',
      `Error: Access to this API has been restricted\n  code: 'ERR_ACCESS_DENIED',\n  resource: '${fileURLToPath(agent)}'\n`,
      /could not start with the agent \(ERR_ACCESS_DENIED\)/,
    ],
    [
      'a Node that cannot read TypeScript',
      `Error: Unknown file in ${agent}\n  code: 'ERR_UNKNOWN_FILE_EXTENSION'\n`,
      /could not start with the agent \(ERR_UNKNOWN_FILE_EXTENSION\)/,
    ],
    [
      'a Node that knows no such file',
      'TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension ".server" for /app/www.server\n',
      /could not start with the agent \(ERR_UNKNOWN_FILE_EXTENSION\)/,
    ],
  ])('knows %s', (_, log, why) => {
    expect(agentRefusal(log)).toMatch(why)
  })

  it.each([
    ['nothing', ''],
    ['an application that fails', 'Error: connect ECONNREFUSED\n  code: "ERR_SOCKET"\n'],
    ['another option', 'node: --prof is not allowed in NODE_OPTIONS\n'],
    ['an application that prints its options', `starting with ${alone}\nout of coffee\n`],
  ])('is not found in the log of %s', (_, log) => {
    expect(agentRefusal(log)).toBeUndefined()
  })
})
