// Reads and writes the units people use: durations ('30s'), sizes ('300MB'), counts and shares.

/** Milliseconds, or text such as `'500ms'`, `'30s'`, `'1.5m'`, `'2h'`. */
export type Duration = number | string
/** Bytes, or text such as `'300MB'`, `'64KiB'` (1 kB = 1000 B, 1 KiB = 1024 B). */
export type Size = number | string

const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const sizeUnits: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** A number of ms below this is meant as something else: other tools count in seconds. */
export const shortestNumber = 100

export function meantAsSeconds(ms: number): string {
  return `${ms} is ${ms} ms: write '${ms}s' for seconds`
}

/** Milliseconds, or undefined when the value is no duration. Negative and infinite values are no durations. */
export function parseDuration(value: unknown): number | undefined {
  return parse(value, durationUnits)
}

/** Bytes, or undefined when the value is no size. */
export function parseSize(value: unknown): number | undefined {
  return parse(value, sizeUnits)
}

/** Bytes per second or hour: a number, or text such as `'10MB/h'`; undefined when the value is neither. */
export function parseSizePer(unit: 's' | 'h', value: unknown): number | undefined {
  if (typeof value !== 'string') return parseSize(value)
  const [size, per, ...rest] = value.split('/')
  return per?.trim() === unit && rest.length === 0 ? parseSize(size) : undefined
}

function parse(value: unknown, units: Record<string, number>): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(value)
  const unit = match?.[2]?.toLowerCase() ?? ''
  const amount = Object.hasOwn(units, unit) ? Number(match?.[1]) * (units[unit] as number) : Number.NaN
  return Number.isFinite(amount) ? amount : undefined
}

/** `0.42 ms`, `12.3 ms`, `184 ms`, `1,204 ms`, `12.5 s`: what a person compares at a glance. NaN reads `-`. */
export function formatMs(ms: number): string {
  if (Number.isNaN(ms)) return '-'
  if (ms === Number.POSITIVE_INFINITY) return 'unlimited'
  if (ms >= 10_000) return `${formatNumber(ms / 1000)} s`
  return `${formatNumber(ms)} ms`
}

/** How long something lasts: `0.4 s`, `30 s`, `1.5 min`, `2 h`. */
export function formatSpan(ms: number): string {
  const [size, unit] = ms >= 7_200_000 ? [3_600_000, 'h'] : ms >= 120_000 ? [60_000, 'min'] : [1000, 's']
  return `${Number((ms / (size as number)).toFixed(1)).toLocaleString('en-US')} ${unit}`
}

/** About three significant digits below 100, whole numbers with separators above. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '-'
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US')
  if (size >= 10) return value.toFixed(1)
  return value.toFixed(size >= 0.1 ? 2 : 3)
}

export function formatBytes(bytes: number): string {
  if (Number.isNaN(bytes)) return '-'
  if (bytes < 0) return `-${formatBytes(-bytes)}`
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`
  if (bytes >= 1e3) return `${Math.round(bytes / 1e3)} kB`
  return `${Math.round(bytes)} B`
}

/** A share of 0 to 1 as a percentage; one that is not quite 0 or 1 never reads as 0 or 100 %. */
export function formatShare(share: number): string {
  if (Number.isNaN(share)) return '-'
  const percent = share * 100
  if (percent > 0 && percent < 0.01) return '<0.01 %'
  if (percent > 99.99 && percent < 100) return '>99.99 %'
  return `${Number(percent.toFixed(2))} %`
}

/** `1 request`, `2 requests`, `12,000 requests`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
