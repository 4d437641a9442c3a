// What a server under test inherits.
import { expect, it } from 'vitest'
import { serverEnvironment } from '../../../src/processes/environment.ts'

const worker = { PATH: '/bin', NODE_ENV: 'test', VITEST: 'true', VITEST_POOL_ID: '1', TEST: 'true', DEV: '1', SSR: '1' }

it('is that of production, with nothing of Vitest in it', () => {
  expect(serverEnvironment(81, {}, worker)).toEqual({ PATH: '/bin', NODE_ENV: 'production', PORT: '81' })
})

it('lets its own values win, and remove', () => {
  const own = { NODE_ENV: 'staging', PORT: '99', MODE: 'fast', PATH: undefined }
  expect(serverEnvironment(81, own, worker)).toEqual(own)
})

it('takes nothing away outside of Vitest', () => {
  expect(serverEnvironment(81, {}, { BASE_URL: '/api', MODE: 'fast' })).toEqual({
    BASE_URL: '/api',
    MODE: 'fast',
    NODE_ENV: 'production',
    PORT: '81',
  })
})

it('finds nothing of Vitest left in the environment of this very worker', () => {
  const left = Object.keys(serverEnvironment(81)).filter((key) =>
    /^(VITEST.*|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/.test(key),
  )
  expect(process.env.VITEST).toBe('true')
  expect(left).toEqual([])
})
