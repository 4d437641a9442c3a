// Watches a child with few file descriptors left, then with enough: tells how many samples came of each.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { monitorProcesses } from '../../src/monitor/process-usage.ts'

const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
const results = []
for (const free of [0, 1, 2, 3]) results.push({ free, known: false, ...(await watch(free, false)) })
results.push({ free: 0, known: true, ...(await watch(0, true)) })
child.kill()
console.log(JSON.stringify(results))

/** @param known has its base line before the descriptors are gone */
async function watch(free: number, known: boolean): Promise<{ starved: number; fed: number }> {
  let samples = 0
  const targets = () => [{ name: 'child', pid: Number(child.pid) }]
  const options = { every: () => () => {}, onSample: () => samples++ }
  const early = known ? monitorProcesses(targets, options) : undefined
  await early?.sample()
  const taken = takeAll()
  for (const file of taken.splice(0, free)) closeSync(file)
  const monitor = early ?? monitorProcesses(targets, options)
  for (let count = 0; count < 2; count++) {
    await sleep(220)
    await monitor.sample()
  }
  const starved = samples
  for (const file of taken) closeSync(file)
  for (let count = 0; count < 2; count++) {
    await monitor.sample()
    await sleep(220)
  }
  await monitor.stop()
  return { starved, fed: samples - starved }
}

function takeAll(): number[] {
  const files: number[] = []
  try {
    for (;;) files.push(openSync('/dev/null', 'r'))
  } catch {
    return files
  }
}
