// Starts the real server as a child, with a loader of its own, as runners of TypeScript do; its argument names the file.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const loader = new URL('./transform-loader.ts', import.meta.url).href
const server = fileURLToPath(new URL(process.argv[2] as string, import.meta.url))
spawn(process.execPath, ['--import', loader, server], { stdio: 'inherit' }).on('exit', (code) =>
  process.exit(code ?? 1),
)
