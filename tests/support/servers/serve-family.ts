// A server with two children that ignore SIGTERM: one in its process group, one in a session of its own. GET / tells
// all three pids.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:http'

const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`

async function startChild(detached: boolean): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, ['-e', stubborn], {
    detached,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  return child.pid as number
}

const pids = [process.pid, await startChild(false), await startChild(true)]
createServer((_request, response) => response.end(JSON.stringify(pids))).listen(Number(process.env.PORT))
