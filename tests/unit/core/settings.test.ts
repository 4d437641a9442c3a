// What the config and the environment say together.
import { expect, it } from 'vitest'
import { defaultSettings, readSettings } from '../../../src/core/settings.ts'

it('has defaults, which nobody can change', () => {
  expect(readSettings({}, {})).toEqual({
    allowHosts: [],
    maxErrorRate: 0.01,
    inconclusive: 'fail',
    outputDir: '.vitest/vitest-load',
  })
  expect(Object.isFrozen(defaultSettings)).toBe(true)
})

it('takes the config over the defaults, and the environment over the config', () => {
  const config = { baseUrl: 'http://127.0.0.1:1', maxErrorRate: 0, inconclusive: 'skip' } as const
  expect(readSettings(config, {})).toMatchObject(config)
  expect(readSettings(config, { VITEST_LOAD_BASE_URL: 'http://127.0.0.1:2' }).baseUrl).toBe('http://127.0.0.1:2')
})

it('takes what is not set for not given', () => {
  const config = { baseUrl: 'http://127.0.0.1:1' }
  expect(readSettings(config, { VITEST_LOAD_BASE_URL: '', VITEST_LOAD_ALLOW_HOSTS: '' })).toEqual({
    ...defaultSettings,
    ...config,
  })
  const unset = { allowHosts: undefined, maxErrorRate: undefined, inconclusive: undefined, baseUrl: undefined }
  expect(readSettings(unset as never, {})).toEqual(defaultSettings)
})

it('allows the hosts of both', () => {
  const { allowHosts } = readSettings({ allowHosts: ['a.test'] }, { VITEST_LOAD_ALLOW_HOSTS: ' b.test,,10.0.0.0/8 ' })
  expect(allowHosts).toEqual(['a.test', 'b.test', '10.0.0.0/8'])
})
