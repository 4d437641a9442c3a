// Prints what the project hands to its tests.
import { inject, it } from 'vitest'

it('knows its settings', ({ task }) => {
  console.log(`settings: ${JSON.stringify(inject('vitest-load'))}`)
  console.log(`timeout: ${task.timeout}, retry: ${task.retry}`)
})
