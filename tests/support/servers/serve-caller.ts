// A program that starts the server family through serve(), prints the pids as JSON and then waits for its own death.
import { fileURLToPath } from 'node:url'
import { serve } from '../../../src/engine/serve.ts'

const server = await serve(['node', fileURLToPath(new URL('./serve-family.ts', import.meta.url))])
console.log(JSON.stringify(await (await fetch(server.url)).json()))
setInterval(() => {}, 1000)
