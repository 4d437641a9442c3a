// The process: starts a PostgreSQL of its own, prints its URL, and takes it along when it ends.
import { makeFolder, sweepFolders } from './folder.ts'
import { startPostgres } from './postgres.ts'

const watchInterval = 500
// Whoever runs this may keep all new files to himself; the account that root hands PostgreSQL to must read some.
process.umask(0o022)

const port = readPort(process.env.PORT || '5432')
// Before there is anything to take along: a signal is heard only when all of the following is done.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave(0))
sweepFolders()
const folder = makeFolder()
const giveUp = new AbortController()
let leaving = false

// A starter that was killed told nobody.
const starter = process.ppid
setInterval(() => process.ppid !== starter && leave(0), watchInterval)

try {
  const fsync = !process.argv.includes('--no-fsync')
  const { url, ended } = await startPostgres({ folder: folder.path, port, fsync, signal: giveUp.signal })
  console.log(`ready ${url}`)
  await fail(`PostgreSQL ended: ${await ended}`)
} catch (error) {
  await fail(error instanceof Error ? error.message : String(error))
}

async function leave(code: number): Promise<void> {
  if (leaving) return
  leaving = true
  giveUp.abort()
  await folder.remove()
  process.exit(code)
}

async function fail(reason: string): Promise<void> {
  if (!leaving) console.error(reason)
  await leave(1)
}

function readPort(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 65_535) return number
  console.error(`PORT: expected a whole number from 1 to 65535, got '${text}'`)
  process.exit(1)
}
