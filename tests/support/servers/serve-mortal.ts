// A server that says what hurts and ends with the exit code of its first argument.
console.log('reading the configuration')
console.error('cannot reach the database')
process.exitCode = Number(process.argv[2])
