// Servers that concurrent tests start, and one that cannot be started.
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { serve } from 'vitest-load'

describe.concurrent('at the same time', () => {
  it.each([600, 0])('has its server after %i ms', async (delay) => {
    const app = await serve('node ../server.js', { ready: () => setTimeout(delay, true) })
    console.log(`server: ${app.pid}`)
    // Longer than the other test takes.
    await setTimeout(delay)
    expect(app.exit).toBeUndefined()
  })
})

it('has no server', async () => {
  await serve('node ../no-such-file.js --token SECRET')
})
