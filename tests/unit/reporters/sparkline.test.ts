// Bars from 0 to the peak.
import { expect, it } from 'vitest'
import { sparkline } from '../../../reporters/sparkline.ts'

it.each([
  [[0, 1, 2, 3, 4, 5, 6, 7], 8, '▁▂▃▄▅▆▇█'],
  [[5, 5, 5], 16, '███'],
  [[0, 0], 16, '▁▁'],
  [[1, 9, 1, 1, 1, 1], 3, '█▂▂'],
  [[-3, 3], 16, '▁█'],
  [[], 16, ''],
])('%j in %d columns is %s', (values, width, text) => {
  expect(sparkline(values, width)).toBe(text)
})
