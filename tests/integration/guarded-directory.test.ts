// Directories that may hold secrets: whatever happens, they go.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { withDescriptors } from '../support/hostile-servers/starved-process.ts'

const script = fileURLToPath(new URL('../support/starved-directory.ts', import.meta.url))

it('goes with its process where it cannot be removed before, which is no error', async () => {
  const [command = '', ...args] = withDescriptors(64)([process.execPath, script])
  const directory = execFileSync(command, args, { encoding: 'utf8' })
  expect(directory).toMatch(/vitest-load-starved-/)
  await expect.poll(() => existsSync(directory), { timeout: 10_000 }).toBe(false)
})
