// Starts a project in watch mode and cancels its run, as a key press does: `node cancel.js <root> <filter>`.
import { setTimeout } from 'node:timers/promises'
import { startVitest } from 'vitest/node'

const [root, filter] = process.argv.slice(2)
let cancelled = false
const vitest = await startVitest('test', [filter], {
  root,
  project: ['load'],
  watch: true,
  reporters: [
    'default',
    {
      async onTestCaseArtifactRecord() {
        if (cancelled) return
        cancelled = true
        console.log('cancelling')
        await setTimeout(1)
        await vitest.cancelCurrentRun('keyboard-input')
      },
    },
  ],
})
