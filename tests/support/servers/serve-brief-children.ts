// A server that has each answer computed by a process of its own, and tells the CPU time in ms that it used.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'

const work = 'const end = performance.now() + 200; while (performance.now() < end);'
const tell = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)'

createServer((_request, response) => {
  execFile(process.execPath, ['-e', `${work} ${tell}`], (_error, stdout) => response.end(stdout))
}).listen(Number(process.env.PORT))
