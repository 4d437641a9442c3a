// Runs the long case as watch mode does and cancels it under way, as a key press would.
import { createVitest } from 'vitest/node'

const { promise: underWay, resolve } = Promise.withResolvers()
const options = { project: ['load'], watch: true, reporters: ['default', { onTestCaseArtifactRecord: resolve }] }
const vitest = await createVitest('test', options)
const ended = vitest.start(['long'])
await underWay
console.log('cancelling')
await vitest.cancelCurrentRun('keyboard-input')
await ended
console.log('cancelled')
await vitest.close()
