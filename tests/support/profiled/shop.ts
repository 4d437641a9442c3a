// A server with one guilty route for each kind of guilt, and innocent ones. Types stand between its functions on purpose:
// what a compiler makes of it has other lines.
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'

interface Item {
  readonly name: string
  readonly amount: number
}

type Answer = () => string | Promise<string>

const items: readonly Item[] = Array.from({ length: 2000 }, (_, index) => ({ name: `item <${index}>`, amount: index }))

// template: all self time is its own.
function renderInvoice(rows: readonly Item[]): string {
  let digest = 0
  let html = ''
  for (const { name, amount } of rows) {
    for (let index = 0; index < name.length; index++) {
      for (let turn = 0; turn < 40; turn++) digest = (digest * 31 + name.charCodeAt(index) * turn) | 0
    }
    html = `<tr><td>${name}</td><td>${amount}</td></tr>`
  }
  return `${html}${digest}`
}

interface Login {
  readonly password: string
}

/** How many rounds take so many ms on this machine. */
function roundsFor(ms: number): number {
  const rounds = 20_000
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now()
    pbkdf2Sync('secret', 'salt', rounds, 32, 'sha512')
    return performance.now() - started
  })
  return Math.round((rounds * ms) / Math.min(...times))
}
const hashRounds = roundsFor(120)

// hash: all self time is in what it calls, and what that calls is not JavaScript.
const hashPassword = ({ password }: Login): string =>
  pbkdf2Sync(password, 'salt', hashRounds, 32, 'sha512').toString('hex')

/** Serialising: a builtin. */
function exportAll(rows: readonly Item[]): string {
  let size = 0
  for (let turn = 0; turn < 12; turn++) size += JSON.stringify(rows).length
  return String(size)
}

// even: none of these does more than another.
type Step = (turns: number) => number
const steps: readonly Step[] = [
  function first(turns) {
    let sum = 0
    for (let turn = 0; turn < turns; turn++) sum = (sum * 31 + turn) | 0
    return sum
  },
  function second(turns) {
    let sum = 1
    for (let turn = 0; turn < turns; turn++) sum = (sum * 33 + turn) | 0
    return sum
  },
  function third(turns) {
    let sum = 2
    for (let turn = 0; turn < turns; turn++) sum = (sum * 35 + turn) | 0
    return sum
  },
  function fourth(turns) {
    let sum = 3
    for (let turn = 0; turn < turns; turn++) sum = (sum * 37 + turn) | 0
    return sum
  },
  function fifth(turns) {
    let sum = 4
    for (let turn = 0; turn < turns; turn++) sum = (sum * 39 + turn) | 0
    return sum
  },
  function sixth(turns) {
    let sum = 5
    for (let turn = 0; turn < turns; turn++) sum = (sum * 41 + turn) | 0
    return sum
  },
]

let logins = 0
const routes: Readonly<Record<string, Answer>> = {
  '/template': () => renderInvoice(items),
  '/hash': () => (++logins % 100 === 50 ? hashPassword({ password: 'secret' }) : 'known'),
  '/export': () => exportAll(items),
  '/even': () => String(steps.reduce((sum, step) => sum + step(400_000), 0)),
  '/wait': () => new Promise((resolve) => setTimeout(resolve, 15, 'from the database')),
  '/plain': () => 'ok',
}

const server = createServer(async (request, response) => {
  response.end(await routes[request.url ?? '']?.())
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
