// Every way of judging, met and missed.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Run, type Server, serve } from 'vitest-load'

const short = { connections: 2, amount: 200 }

let app: Server
let early: Run
beforeAll(async () => {
  app = await serve('node ../server.js', { ready: '/health' })
  early = await load(`${app.url}/health`, { ...short, name: 'early' })
})

describe('met', () => {
  it('awaited', async () => {
    const run = await load(`${app.url}/health`, short)
    expect(run).toHaveNoErrors()
    expect(run).toHaveMaxBelow('10s')
  })

  it('lazy, twice on one run', async () => {
    const run = load(`${app.url}/health`, short)
    await expect(run).toHaveNoErrors()
    await expect(run).toHaveMaxBelow('10s')
  })

  it('several at once, by names of their own', async () => {
    // Long enough to meet, whichever of the two is ready first.
    const longer = { connections: 2, duration: 2000 }
    const [first, second] = await Promise.all([load(`${app.url}/health`, longer), load(`${app.url}/health`, longer)])
    expect(first).toHaveNoErrors()
    expect(second).toHaveNoErrors()
  })

  it('resolves', async () => {
    await expect(load(`${app.url}/health`, short)).resolves.toHaveNoErrors()
  })

  it('not', async () => {
    await expect(load(`${app.url}/fail`, short)).not.toHaveNoErrors()
  })

  it('made before', () => {
    expect(early).toHaveNoErrors()
  })

  it('by limits', async () => {
    await load(`${app.url}/fail`, { ...short, limits: { errorRate: 1 } })
  })
})

describe('missed', () => {
  it('a target', async () => {
    const run = await load(`${app.url}/slow`, { connections: 20, amount: 200 })
    expect(run).toHaveP95Below(20) // the line that the message must name
  })

  it('several, softly', async () => {
    const run = await load(`${app.url}/fail`, short)
    expect.soft(run).toHaveNoErrors()
    expect.soft(run).toHaveErrorRateBelow(0.5)
  })

  it('limits', async () => {
    await load(`${app.url}/fail`, { ...short, limits: { errorRate: 0.25, max: '10s' } })
  })

  it('limits that end the run', async () => {
    await load(`${app.url}/fail`, {
      connections: 2,
      duration: '60s',
      warmup: 0,
      limits: { errorRate: 0.25 },
      abortOnBreach: true,
    })
  })

  it('no errors, which nobody asked about', async () => {
    const run = await load([`${app.url}/health`, `${app.url}/fail`], short)
    expect(run.request('GET /health')).toHaveMaxBelow('10s')
    expect(run).toHaveMaxBelow('10s')
  })

  it('nothing judged', async () => {
    await load(`${app.url}/fail`, short)
  })
})

describe('retried', () => {
  let attempts = 0
  it('passes the second time', { retry: 1 }, async () => {
    const path = attempts++ === 0 ? '/fail' : '/health'
    await expect(load(app.url + path, short)).toHaveNoErrors()
  })
})

it('repeated', { repeats: 1 }, async () => {
  await expect(load(`${app.url}/health`, short)).toHaveNoErrors()
})
