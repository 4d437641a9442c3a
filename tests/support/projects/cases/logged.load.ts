// What servers logged, and numbers of the user's own, in every way of expecting them.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

let app: Server
const tell = (path: string) => fetch(`${app.url}/${path}`)

beforeAll(async () => {
  app = await serve('node ../log-server.js', { ready: /listening/, name: 'app' })
  await tell('say/ERROR one password=hunter2')
  await tell('say/all is well')
})

describe('the log', () => {
  it('has what is expected', async () => {
    await expect.poll(() => app).toHaveLogged('all is well')
    expect(app).toHaveLogged('listening')
    expect(app).toHaveLogged(/^ERROR \w+/)
    expect(app).not.toHaveLogged(/Database locked/)
    expect({ app }).toEqual({ app: expect.toHaveLogged(/error/i) })
  })

  it('has not', () => {
    expect(app).toHaveLogged(/Database locked/) // not there
  })

  it('has what it must not', () => {
    expect(app).not.toHaveLogged(/ERROR/)
  })

  it('is that of a server', () => {
    expect('app' as unknown).toHaveLogged('')
  })

  it('is that of one of several', () => {
    expect([app, app] as unknown).toHaveLogged(/listening/)
  })

  it('reaches back before a restart', async () => {
    await app.restart()
    expect(app.log).not.toContain('ERROR')
    expect(app).toHaveLogged(/ERROR/)
  })
})

describe('probes', () => {
  it('are judged and recorded', async () => {
    let depth = 5
    const run = await load(app.url, {
      ...{ vus: 1, duration: 1200, thinkTime: 50 },
      probes: { queue: () => depth--, broken: () => Number.NaN },
      limits: { series: { queue: { mean: { below: 10 } } } },
    })
    expect(run).toHaveSeriesMaxBelow('queue', 6)
    expect(run).toHaveSeriesLastBelow('memory', '2GB')
    expect(run.probe('queue').last).toBeLessThan(5)
    expect(() => expect(run).toHaveSeriesMaxBelow('queu', 6)).toThrow("expected one of 'queue', 'broken'")
  })

  it('that are above fail', async () => {
    const run = await load(app.url, { vus: 1, duration: 300, thinkTime: 50, probes: { queue: () => 7 } })
    expect(run).toHaveSeriesMaxBelow('queue', 6)
  })

  it('that nobody answered are inconclusive', async () => {
    const run = await load(app.url, { vus: 1, duration: 300, thinkTime: 50, probes: { queue: () => Number.NaN } })
    expect(run).toHaveSeriesMaxBelow('queue', 6)
  })
})

describe('a log that is too long', () => {
  it('still has its end', async () => {
    await tell('say/early bird')
    await tell('talk')
    await expect.poll(() => app, { timeout: 10_000 }).toHaveLogged(/^19999 /)
  })

  it('cannot say what was not in it', () => {
    expect(app).not.toHaveLogged(/early bird/)
  })

  it('cannot say what was in it', () => {
    expect(app).toHaveLogged(/early bird/)
  })
})
