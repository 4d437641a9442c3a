// A server whose routes are slow in ways that are known, and others that are well.
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

interface Row {
  readonly name: string
  readonly price: number
}

const rows: readonly Row[] = Array.from({ length: 60 }, (_, index) => ({ name: `item ${index}`, price: index * 1.25 }))
let requests = 0

/**
 * So slow that whoever waits for it need not be fast: the event loop is never without a request. The answer is short: sending
 * a long one is Node's work, and would be a good part of the time.
 */
function renderRows(): string {
  let html = ''
  for (let copy = 0; copy < 1000; copy++) {
    html = ''
    for (const { name, price } of rows) html += `<tr><td>${name.toUpperCase()}</td><td>${price.toFixed(2)}</td></tr>`
  }
  return html
}

function copyOrders(): string {
  let text = ''
  for (let copy = 0; copy < 800; copy++) text = JSON.stringify(JSON.parse(JSON.stringify(rows)))
  return text
}

/** 80 ms on a fast machine of today: one request in fifty, so that the event loop stays mostly idle. */
function hashPassword(): string {
  return pbkdf2Sync('password', 'salt', 800_000, 32, 'sha256').toString('hex')
}

const held: string[][] = []

function holdPages(): string {
  const page: string[] = []
  for (const { name } of rows) page.push(`${name} ${requests++}`)
  held.push(page)
  return String(held.length)
}

const routes: Readonly<Record<string, () => string | Promise<string>>> = {
  '/template': renderRows,
  '/json': copyOrders,
  '/hash': () => (++requests % 50 === 0 ? hashPassword() : 'ok'),
  '/hold': holdPages,
  '/wait': () => sleep(20).then(() => 'ok'),
  '/plain': () => 'ok',
  '/little': () => JSON.stringify(rows),
}

createServer(async (request, response) => {
  response.end((await routes[request.url ?? '']?.()) ?? 'ok')
}).listen(Number(process.env.PORT), '127.0.0.1')
