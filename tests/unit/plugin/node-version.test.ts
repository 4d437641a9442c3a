// Which Node is new enough.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkNode } from '../../../src/plugin/node-version.ts'

it.each(['22.12.0', '22.20.1', '24.0.0', '26.1.0'])('%s is', (version) => {
  expect(() => checkNode(version)).not.toThrow()
})

it.each(['20.20.2', '22.11.9', '18.0.0'])('%s is not, and the error says so', (version) => {
  expect(() => checkNode(version)).toThrow(`needs Node 22.12 or later, and this is Node ${version}`)
})

it('is what the package says', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(engines.node).toBe('>=22.12')
})
