// A worker process: takes image jobs from the queue until it is told to leave. Several may run.
import { openBackstage } from './backstage.ts'
import { runJobs } from './job-loop.ts'
import { Listener } from './listener.ts'
import { startProcess } from './start.ts'
import { attemptStore } from './stores/attempt-store.ts'
import { startSweeping } from './sweep.ts'
import { Wake } from './wake.ts'

await startProcess(async (config) => {
  const worker = `worker-${process.pid}`
  const onError = (error: Error) => console.error(`${worker}: ${error.message}`)
  const { database, queue, channels, close } = await openBackstage({ config, name: worker, supervise: true, onError })
  const wake = new Wake()
  const listener = new Listener({
    url: database.url,
    name: `${worker} listener`,
    channels: { [channels.work]: () => wake.ring() },
    onReturn: () => wake.ring(),
    onError,
  })
  await listener.start()

  const leaving = new AbortController()
  const attempts = attemptStore({ database, queue, channels, worker })
  const { jobsAtOnce, jobAttempts: mostAttempts, jobBackoff: firstBackoff } = config
  const options = { queue, attempts, wake, signal: leaving.signal, mostAttempts, firstBackoff, onError }
  const loops = Array.from({ length: jobsAtOnce }, () => runJobs(options))
  const stopSweeping = startSweeping(database, onError)

  return {
    ready: `${worker} is ready for ${jobsAtOnce} jobs at once`,
    async stop() {
      leaving.abort()
      wake.ring()
      stopSweeping()
      await Promise.all(loops)
      await listener.stop()
      await close()
    },
  }
})
