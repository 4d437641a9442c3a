// Numbers as the reports show them, each with its unit; what is not known reads `-`.
import { formatLevel } from '../src/core/asked-words.ts'
import { formatBytes, formatMs, formatNumber, formatShare } from '../src/core/units.ts'
import type { Unit } from '../src/core/verdict.ts'
import type { QuantilesRecord } from '../src/record/case-record.ts'

const formats: Record<Unit, (value: number) => string> = {
  ms: formatMs,
  bytes: formatBytes,
  percent: formatPercent,
  share: formatShare,
  'per second': formatRate,
  'bytes per second': (bytes) => `${formatBytes(bytes)}/s`,
  'bytes per hour': (bytes) => `${formatBytes(bytes)}/h`,
  count: formatNumber,
}

const shares = { p50: 0.5, p95: 0.95, p99: 0.99, max: 1 } as const

export function formatQuantity(value: number | null, unit: Unit): string {
  return value === null ? '-' : formats[unit](value)
}

/** `198.2/s` */
export function formatRate(perSecond: number): string {
  return `${formatLevel(perSecond)}/s`
}

/** `43 %`, of one core. */
export function formatPercent(percent: number): string {
  return `${Math.round(percent).toLocaleString('en-US')} %`
}

/** A number of ms; `≥` where a percentile lands on iterations of which only that much is known. */
export function formatTime({ count, censored, ...times }: QuantilesRecord, name: keyof typeof shares): string {
  const time = times[name]
  if (time === null) return '-'
  return `${censored > (1 - shares[name]) * count ? '≥ ' : ''}${formatNumber(time)}`
}
