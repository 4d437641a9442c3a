// Which --project filters ask for the load project.
import { expect, it } from 'vitest'
import { asksFor } from '../../../src/plugin/project-filter.ts'

it.each([
  { filters: undefined, asks: false },
  { filters: [], asks: false },
  { filters: 'load', asks: true },
  { filters: 'LOAD', asks: true },
  { filters: 'l*', asks: true },
  { filters: '*', asks: true },
  { filters: 'unit', asks: false },
  { filters: ['unit', 'load'], asks: true },
  { filters: '!load', asks: false },
  { filters: '!unit', asks: false },
  { filters: 'loa.', asks: false },
  { filters: 'loading', asks: false },
])('$filters: $asks', ({ filters, asks }) => {
  expect(asksFor('load', filters)).toBe(asks)
})
