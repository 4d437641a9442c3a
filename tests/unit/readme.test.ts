// The first code block of the README is a case of the load suite, word by word.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

it('shows a case that really runs on its first screen', () => {
  const [, first] = read('README.md').split(/```(?:ts)?\n/)
  expect(first).toBe(read('tests/load/02-arrival-rate.load.ts'))
})
