// Serves nothing itself, but starts a server without the agent: to us it could be of any language.
import { spawn } from 'node:child_process'

const program =
  "require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1')"
const env = { ...process.env, NODE_OPTIONS: '' }
const server = spawn(process.execPath, ['-e', program], { stdio: 'inherit', env })
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code) => process.exit(code ?? 0))
