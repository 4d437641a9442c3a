// What a relay counts of a server in a window: a ledger that balances, and nothing from before or after.
import { describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/core/distribution.ts'
import { isBalanced } from '../../../src/core/iterations.ts'
import { ServerExchanges } from '../../../src/relay/exchange-count.ts'
import { createWindow, mark } from '../../../src/relay/exchange-window.ts'

/** The machine's clock is 1000 ms ahead of the local one. */
const toLocal = (machine: number) => machine - 1000
const window = (id = 1) => createWindow(id, { duration: 300, over: 400 })

function server() {
  const exchanges = new ServerExchanges(toLocal)
  const ask = (at: number) => exchanges.begun(at)
  return { exchanges, ask }
}

describe('a window', () => {
  it('counts what begins in it, by how it ends', () => {
    const { exchanges, ask } = server()
    const own = window()
    const early = ask(90)
    exchanges.open(own)
    const beforeTheBeginningIsKnown = ask(95)
    mark(own, 'begun', 1100)
    const warmUp = ask(99)
    for (const exchange of [early, beforeTheBeginningIsKnown, warmUp]) exchange.answered(500, 120, 'GET /')
    ask(100).answered(200, 110, 'GET /')
    ask(150).answered(302, 180, 'GET /')
    ask(150).answered(101, 180, 'GET /')
    ask(200).answered(404, 210, 'GET /x')
    ask(200).answered(503, 210, 'GET /')
    ask(210).lost('reset', 220, 'GET /')
    ask(210).lost('truncated', 220, 'GET /')
    ask(210).lost('closed', 220, 'GET /')
    ask(210).lost('refused', 220, 'GET /')
    ask(210).lost('protocol', 220, 'GET /')
    ask(220).lost('left', 300, 'GET /slow')
    ask(220).lost('left', 501, 'GET /')
    ask(220).lost('unreadable', 230, 'GET /')
    ask(390).answered(200, 401, 'GET /')
    const underWay = ask(390)
    const { lane, unreadable } = exchanges.close(1, 600) ?? { lane: undefined }
    underWay.answered(200, 700, 'GET /')
    expect(unreadable).toBe(0)
    expect(lane?.iterations).toEqual({ scheduled: 15, ok: 4, failed: 7, timedOut: 1, unfinished: 3, dropped: 0 })
    expect(isBalanced(lane?.iterations as never)).toBe(true)
    expect(lane).toMatchObject({ okInTime: 3, ownInTime: 3, early: { count: 3, sum: 70 } })
    expect(Object.fromEntries(lane?.errors.map(({ kind, count }) => [kind, count]) ?? [])).toEqual({
      ...{ 'http-4xx': 1, 'http-5xx': 1, reset: 1, truncated: 1, closed: 1, refused: 1, protocol: 1, timeout: 1 },
    })
    expect(lane?.errors.map(({ example }) => example)).toEqual(
      expect.arrayContaining([
        'GET /x: status 404',
        'GET /slow: the client left before the end of the answer',
        'GET /: the server reset the connection',
      ]),
    )
    const latency = new Distribution(lane?.latency as never, lane?.censoredLatency as never)
    expect(latency).toMatchObject({ count: 8, censored: 4 })
    expect(latency.min).toBe(10)
  })

  it('that nobody asked anything in is empty, also when it never began', () => {
    const { exchanges, ask } = server()
    exchanges.open(window())
    ask(50).answered(200, 60, 'GET /')
    expect(exchanges.close(1, 100)?.lane).toMatchObject({ iterations: { scheduled: 0, ok: 0 }, latency: { count: 0 } })
    expect(exchanges.close(1, 100)).toBeUndefined()
  })

  it('that is given up has clients who leave for that reason', () => {
    const { exchanges, ask } = server()
    const own = window()
    exchanges.open(own)
    mark(own, 'begun', 1100)
    const [before, after] = [ask(110), ask(120)]
    before.lost('left', 190, 'GET /')
    mark(own, 'given up', 1200)
    after.lost('left', 201, 'GET /')
    expect(exchanges.close(1, 300)?.lane.iterations).toMatchObject({ scheduled: 2, timedOut: 1, unfinished: 1 })
  })

  it('has clients that ended their half: some waited for an answer, the others have left then', () => {
    const { exchanges, ask } = server()
    const own = window()
    exchanges.open(own)
    mark(own, 'begun', 1100)
    const [waits, leaves, isOver] = [ask(110), ask(110), ask(110)]
    for (const exchange of [waits, leaves]) exchange.halfClosed(130)
    isOver.halfClosed(550)
    waits.answered(200, 140, 'GET /')
    const { lane } = exchanges.close(1, 600) as NonNullable<ReturnType<typeof exchanges.close>>
    expect(lane.iterations).toMatchObject({ scheduled: 3, ok: 1, timedOut: 1, unfinished: 1 })
    expect(lane.censoredLatency).toMatchObject({ count: 2, min: 20, max: 440 })
  })

  it('knows nothing of another', () => {
    const { exchanges, ask } = server()
    const [one, two] = [window(1), window(2)]
    exchanges.open(one)
    exchanges.open(two)
    mark(one, 'begun', 1000)
    mark(two, 'begun', 1100)
    ask(50).answered(200, 60, 'GET /')
    const both = ask(150)
    expect(exchanges.close(1, 160)?.lane.iterations).toMatchObject({ scheduled: 2, ok: 1, unfinished: 1 })
    both.answered(200, 170, 'GET /')
    exchanges.unreadable()
    const { lane, unreadable } = exchanges.close(2, 200) as NonNullable<ReturnType<typeof exchanges.close>>
    expect(lane.iterations).toMatchObject({ scheduled: 1, ok: 1, unfinished: 0 })
    expect(unreadable).toBe(1)
  })
})
