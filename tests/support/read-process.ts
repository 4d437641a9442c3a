// Tells as JSON what this user may read of the process whose pid is given.
import { openProcFiles } from '../../src/monitor/proc-files.ts'

const files = openProcFiles(Number(process.argv[2]))
console.log(JSON.stringify(files?.read() ?? null))
files?.close()
