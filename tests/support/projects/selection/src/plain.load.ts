// Sends nothing: shows that matchers are there, and which set-up files ran.
import { expect, it } from 'vitest'
import { Run } from 'vitest-load'

it('is a load test', () => {
  expect(Run.from).toBeTypeOf('function')
  expect('toHaveP95Below' in expect(1)).toBe(true)
  expect(process.env.ROOT_SETUP).toBeUndefined()
  console.log(`load set-up: ${process.env.LOAD_SETUP}, global: ${process.env.LOAD_GLOBAL_SETUP}`)
})
