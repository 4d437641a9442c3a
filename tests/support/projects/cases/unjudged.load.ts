// Load at the top of a file that no test looks at.
import { setTimeout } from 'node:timers/promises'
import { beforeAll, it } from 'vitest'
import { load } from 'vitest-load'

beforeAll(async () => {
  await load(
    async () => {
      await setTimeout(5)
      throw new Error('no luck')
    },
    { vus: 1, duration: 200, name: 'unseen' },
  )
})

it('looks elsewhere', () => {})
