// A server whose heap behaves as KIND says: five kinds of leak of half a kilobyte a request and more, and four that only look
// like one.
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createSink, type Socket } from 'node:net'

class Order {
  readonly number: number
  readonly lines: readonly string[]

  constructor(number: number, lines: readonly string[]) {
    this.number = number
    this.lines = lines
  }
}

class CacheEntry {
  readonly value: readonly number[]

  constructor(value: readonly number[]) {
    this.value = value
  }
}

const orders: Order[] = []
const emitter = new EventEmitter().setMaxListeners(0)
const handlers = new Map<number, () => number>()
const sockets: Socket[] = []
const sink = createSink((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
const lru = new Map<number, CacheEntry>()
const pool: Buffer[] = []
const batch: string[][] = []
/** Numbers that nobody can foresee, the same in every run. */
let state = 1
const random = () => {
  state = (state * 48_271) % 2_147_483_647
  return state / 2_147_483_647
}

/** A string of its own, not a part of another. */
const textOf = (start: string) => start.padEnd(500, '.')

function rememberOrder(number: number): void {
  const lines: string[] = []
  for (let index = 0; index < 16; index++) lines.push(`line ${number} ${index}`)
  orders.push(new Order(number, lines))
}

function subscribe(number: number): void {
  const context = { number, text: textOf(`subscriber ${number}`) }
  emitter.on('change', () => context.number)
}

function keepHandler(number: number): void {
  const context = { number, text: textOf(`reply ${number}`) }
  handlers.set(number, function onReply() {
    return context.number
  })
}

function startTimer(number: number): void {
  const context = { number, text: textOf(`timer ${number}`) }
  setTimeout(() => context.number, 600_000)
}

function openSocket(): void {
  const socket = connect((sink.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  sockets.push(socket)
}

/**
 * Popular keys come again. It is full, with 1.8 MB, after some 1,050 requests: at 100/s in the middle of the time that is judged,
 * and before the end of it, because what fills until then looks like a leak to anybody.
 */
function cached(): void {
  const key = Math.floor(random() ** 3 * 20_000)
  const known = lru.get(key) ?? new CacheEntry(new Array(250).fill(key + 0.5))
  lru.delete(key)
  lru.set(key, known)
  if (lru.size > 900) lru.delete(lru.keys().next().value as number)
}

/** Functions that V8 compiles when they have run often enough. */
function warm(number: number): number {
  const source = number % 200
  const compiled = new Function(
    'x',
    `let y = x; for (let i = 0; i < ${source + 5}; i++) y = (y * 31 + ${source}) % 997; return y`,
  )
  return compiled(number) as number
}

function pooled(): void {
  const buffer = pool.pop() ?? Buffer.alloc(16_384)
  buffer.fill(1)
  setTimeout(() => pool.push(buffer), 5 + random() * 20)
}

/** Grows, and is let go all at once. */
function sawtooth(number: number): void {
  batch.push(Array.from({ length: 20 }, (_, index) => `row ${number} ${index}`))
  if (batch.length > 700) batch.length = 0
}

const kinds: Readonly<Record<string, (number: number) => unknown>> = {
  array: rememberOrder,
  listeners: subscribe,
  closures: keepHandler,
  timers: startTimer,
  sockets: openSocket,
  lru: cached,
  warmup: warm,
  pool: pooled,
  sawtooth,
}

const work = kinds[process.env.KIND ?? '']
if (!work) throw new Error(`KIND: expected one of ${Object.keys(kinds).join(', ')}, got ${process.env.KIND}`)
let count = 0
createServer((_, response) => {
  work(++count)
  response.end('ok')
  if (count === Number(process.env.EXIT)) process.exit(1)
}).listen(Number(process.env.PORT), '127.0.0.1')
