// Runs where the root's or a project's own include says so, with the root's set-up file.
import { expect, it } from 'vitest'

it('is a check', () => {
  expect(process.env.ROOT_SETUP).toBe('ran')
})
