// Numbers as the reports show them, each with its unit; what is not known reads `-`.
import { formatBytes, formatMs, formatNumber, formatShare } from '../src/core/units.ts'
import type { Unit } from '../src/core/verdict.ts'

const formats: Record<Unit, (value: number) => string> = {
  ms: formatMs,
  bytes: formatBytes,
  percent: formatPercent,
  share: formatShare,
  'per second': formatRate,
  count: formatNumber,
}

export function formatQuantity(value: number | null, unit: Unit): string {
  return value === null ? '-' : formats[unit](value)
}

/** `198.2/s`: one decimal, none above 1000. */
export function formatRate(perSecond: number): string {
  return `${decimal(perSecond)}/s`
}

/** `43 %`, of one core. */
export function formatPercent(percent: number): string {
  return `${Math.round(percent).toLocaleString('en-US')} %`
}

function decimal(value: number): string {
  return Number(value.toFixed(value >= 1000 ? 0 : 1)).toLocaleString('en-US')
}
