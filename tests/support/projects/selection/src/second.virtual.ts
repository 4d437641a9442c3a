// Needs the Vite plugin of its project.
import { expect, it } from 'vitest'

it('is served by a plugin', async () => {
  const name = 'virtual:answer'
  expect(await import(name)).toHaveProperty('default', 42)
})
