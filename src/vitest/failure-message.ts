// What a person reads when an expectation on a run does not hold: the number, its neighbours, whether to trust it, and
// what the server was doing.

import { askedWords, levelWords } from '../core/asked-words.ts'
import { describeCpu, describeExplanation, type ServerWhy } from '../core/explanation.ts'
import { generatorHealth } from '../core/generator-health.ts'
import { describeLeak, describeSites } from '../core/leak.ts'
import { formatValue, metrics } from '../core/metric.ts'
import { processName } from '../core/process-name.ts'
import type { StageData } from '../core/recording.ts'
import type { RunEvent } from '../core/run.ts'
import { unknownSeries } from '../core/series-metric.ts'
import { ServerSlice } from '../core/server-slice.ts'
import type { ServerSeries, Slice } from '../core/slice.ts'
import { StageSlice } from '../core/stage-slice.ts'
import { formatBytes, formatCount, formatMs, formatNumber, formatSpan } from '../core/units.ts'
import type { Unit, Verdict } from '../core/verdict.ts'
import { asksAboutCpu, asksAboutLoop, asksForHeap, asksWhy } from './asks-why.ts'

const widest = 100
const gap = '     '
const mostErrors = 5

/** Why one verdict is what it is. For `.not` give `negate(verdict)`. */
export function describeVerdict(verdict: Verdict, slice: Slice): string {
  return [headline(verdict), ...remarks(verdict, '  '), ...context([verdict], slice)].join('\n')
}

/** All verdicts of one call, each on its line, and the numbers behind them once. */
export function describeVerdicts(verdicts: readonly Verdict[], slice: Slice): string {
  const rows = verdicts.flatMap((verdict) => [
    `  ${(verdict.level === 'degraded' ? verdict.level : verdict.status).padEnd('inconclusive'.length)}  ${claim(verdict)}: ${got(verdict)}`,
    ...remarks(verdict, '    '),
  ])
  const failed = verdicts.filter(({ status }) => status === 'fail').length
  const unknown = verdicts.filter(({ status }) => status === 'inconclusive').length
  const count = [failed > 0 ? `${failed} not met` : '', unknown > 0 ? `${unknown} inconclusive` : '']
  const title = `expected "${slice.name}" to meet ${verdicts.length} limits: ${count.filter(Boolean).join(', ')}`
  return [title, ...rows, ...context(verdicts, slice)].join('\n')
}

function headline(verdict: Verdict): string {
  const { status, metric, subject } = verdict
  if (status === 'inconclusive') return `inconclusive: ${claim(verdict, ` of "${subject}"`)}, ${got(verdict)}`
  return `expected ${metric} of "${subject}" ${bound(verdict)}, got ${got(verdict)}`
}

function claim(verdict: Verdict, subject = ''): string {
  return `${verdict.metric}${subject} ${bound(verdict)}`
}

function bound({ relation, limit, unit }: Verdict): string {
  return `${relation} ${formatValue(limit, unit)}`
}

function got({ value, limit, unit, atLeast, interval }: Verdict): string {
  if (value === null) return 'nothing measured'
  const text = formatValue(value, unit)
  const number = text === formatValue(limit, unit) && value !== limit ? exactly(value, unit) : text
  return `${atLeast ? 'at least ' : ''}${number}${interval ? ` (${intervalWords(interval, unit)})` : ''}`
}

/** Of a percentile by order statistics; of a growth that of its slope. */
function intervalWords({ lower, upper }: NonNullable<Verdict['interval']>, unit: Unit): string {
  if (unit !== 'ms') return `99 % interval ${formatValue(lower, unit)} to ${formatValue(upper ?? Number.NaN, unit)}`
  const range = upper === null ? `${formatNumber(lower)} or more` : `${formatNumber(lower)}-${formatNumber(upper)}`
  return `95 % interval ${range}`
}

/** A value that rounding would make equal to its limit. */
function exactly(value: number, unit: Unit): string {
  const digits = (scaled: number) => Number(scaled.toPrecision(8)).toLocaleString('en-US', { maximumFractionDigits: 8 })
  if (unit === 'bytes') return `${Math.round(value).toLocaleString('en-US')} B`
  if (unit === 'share') return `${digits(value * 100)} %`
  if (unit === 'percent') return `${digits(value)} %`
  if (unit === 'per second') return `${digits(value)}/s`
  return unit === 'ms' ? `${digits(value)} ms` : digits(value)
}

function remarks({ reason, notes }: Verdict, indent: string): string[] {
  return [...(reason === undefined ? [] : [reason]), ...notes].flatMap((text) => wrap(text, indent))
}

function context(verdicts: readonly Verdict[], slice: Slice): string[] {
  return [
    ...latencyLine(verdicts, slice),
    line(ledger(slice), pace(slice)),
    ...slice.errors
      .slice(0, mostErrors)
      .flatMap(({ kind, count, example }) => wrap(`${count.toLocaleString('en-US')} ${kind}: ${example}`, '  ')),
    ...(verdicts.some(({ metric }) => metric === 'check rate') ? checkLines(slice) : []),
    ...verdicts.flatMap((verdict) => seriesLines(verdict, slice)),
    ...machineLines(verdicts, slice),
    ...whyLines(verdicts.filter(asksWhy), slice),
    ...(verdicts.some(asksForHeap) ? allocationLines(slice) : []),
    ...(verdicts.some(({ metric }) => metric === metrics.memoryLeak.label) ? leakLines(slice) : []),
  ]
}

function latencyLine(verdicts: readonly Verdict[], slice: Slice): string[] {
  const { latency } = slice
  if (latency.count === 0) return []
  const shares = new Map([0.5, 0.95, 0.99].map((q) => [`p${q * 100}`, q]))
  for (const { metric } of verdicts) {
    const [, percent] = /^p([\d.]+) latency$/.exec(metric) ?? []
    if (percent) shares.set(`p${percent}`, Number(percent) / 100)
  }
  const sorted = [...shares].sort(([, a], [, b]) => a - b)
  const read = (name: string, { lower, upper }: { lower: number; upper: number }) =>
    `${name} ${upper > lower ? '≥ ' : ''}${formatNumber(lower)}`
  const figures = sorted.map(([name, q]) => read(name, latency.bounds(q)))
  if (verdicts.some(({ metric }) => metric === 'mean latency')) figures.unshift(read('mean', latency.boundsOf('mean')))
  const origin = originOf(slice)
  const cut = latency.censored > 0 ? `, ${latency.censored.toLocaleString('en-US')} cut off` : ''
  return [
    line(
      `${figures.join('   ')}   ${read('max', latency.boundsOf('max'))} ms`,
      `${origin}, n = ${latency.count.toLocaleString('en-US')}${cut}`,
    ),
  ]
}

function originOf(slice: Slice): string {
  if (slice instanceof ServerSlice && slice.source === 'relay') return 'as its relay saw it, from the first byte'
  return slice.model === 'open' ? 'open model, from the planned instant' : 'closed model, from the send'
}

function ledger({ iterations, model }: Slice): string {
  const { ok, failed, timedOut, unfinished, dropped } = iterations
  const parts = [
    { count: ok, how: 'ok', always: true },
    { count: failed, how: 'failed' },
    { count: timedOut, how: 'timed out' },
    { count: unfinished, how: 'unfinished' },
    { count: dropped, how: 'dropped', always: model === 'open' },
  ]
  return parts
    .filter(({ count, always }) => count > 0 || always)
    .map(({ count, how }) => `${count.toLocaleString('en-US')} ${how}`)
    .join(' · ')
}

/** What was asked for and what came of it. A window, and a request by itself, were not asked for. */
function pace(slice: Slice): string {
  const { name, data, throughput } = slice
  const answered = `${formatNumber(throughput)}/s ok`
  const stage = stageOf(slice)
  if (stage && slice instanceof StageSlice) {
    // The rate that is asked is the level of a stage that holds one.
    const level = data.model === 'open' && stage.from === stage.to ? '' : ` ${levelWords(stage, data.model)}`
    return `stage '${stage.name}'${level}, ${reached(slice, stage.from !== stage.to) ?? answered}`
  }
  if (stage) return `in stage '${stage.name}' ${levelWords(stage, data.model)}, ${answered}`
  if (name !== data.name) return answered
  const { rate, arrivals, stages } = data.asked
  const asked = rate !== undefined && arrivals !== 'poisson' ? '' : `${askedWords(data.asked)}, `
  return asked + (reached(slice, stages !== undefined) ?? answered)
}

/** The stage that a slice is, or that it is a request of. A request of the run may have the name of a stage. */
function stageOf(slice: Slice): StageData | undefined {
  return slice.data.stages.find((stage) => {
    const name = `${slice.data.name} > ${stage.name}`
    if (slice instanceof StageSlice) return slice.name === name
    return stage.lanes.some((lane) => slice.name === `${name} > ${lane.name}`)
  })
}

/** Of an open run. */
function reached({ askedRate, iterations, duration }: Slice, isMean: boolean): string | undefined {
  if (askedRate === undefined) return undefined
  const begun = iterations.scheduled - iterations.dropped
  const rate = duration > 0 ? (begun * 1000) / duration : Number.NaN
  return `${formatNumber(askedRate)}/s asked${isMean ? ' on average' : ''}, ${formatNumber(rate)}/s reached`
}

function checkLines({ checks }: Slice): string[] {
  return checks.flatMap(({ name, passed, failed }) =>
    wrap(`check "${name}": ${passed.toLocaleString('en-US')} held, ${failed.toLocaleString('en-US')} did not`, '  '),
  )
}

/** The neighbours of a figure of a series, and from how many samples it is. */
function seriesLines({ metric }: Verdict, slice: Slice): string[] {
  const [, name = ''] = /^(?:max|mean|last|growth) of (.+?)(?: per hour)?(?: per VU)?$/.exec(metric) ?? []
  if (name === '' || unknownSeries(slice.usage, name) !== undefined) return []
  const series = slice.series(name)
  if (series.count === 0) return []
  const figures = (['mean', 'max', 'last'] as const).map(
    (figure) => `${figure} ${formatValue(series[figure], series.unit)}`,
  )
  return [`  ${name}: ${figures.join('   ')}     ${formatCount(series.count, 'sample')}`]
}

function machineLines(verdicts: readonly Verdict[], slice: Slice): string[] {
  const servers = [
    ...slice.data.events.flatMap(serverEnd),
    ...slice.servers.flatMap((server, _, all) => serverPart(server, all.length > 1)),
  ]
  const times = verdicts.filter(({ unit }) => unit === 'ms').map(({ limit }) => limit)
  const { keptUp, reasons } = generatorHealth(slice, times.length > 0 ? { limit: Math.min(...times) } : {})
  if (!keptUp)
    return [
      ...servers.map((server) => `  ${server}`),
      ...wrap(`generator: could not keep up: ${reasons.join('; ')}`, '  '),
    ]
  const { lag } = slice
  const health =
    lag.count > 0 ? `lag p99 ${formatMs(lag.p99)}` : `busy ${formatNumber(slice.usage.generator.utilization * 100)} %`
  const generator = `generator: kept up (${health})`
  const [last = generator, ...rest] = [...servers].reverse()
  return [
    ...rest.reverse().map((server) => `  ${server}`),
    last === generator ? `  ${generator}` : line(last, generator),
  ]
}

function allocationLines({ allocations }: Slice): string[] {
  return allocations.flatMap((each) => {
    const head = `what the load left in ${allocations.length > 1 || each.process !== undefined ? processName(each) : 'the heap'}:`
    return [`  ${head}`, ...describeSites(each.sites).map((text) => `  ${text}`)]
  })
}

function leakLines({ leaks = [] }: Slice): string[] {
  return leaks.flatMap(describeLeak).flatMap((text, index) => {
    return text.startsWith(' ') ? [`  ${text}`] : wrap(index === 0 ? `heap of ${text}` : text, '  ')
  })
}

/** Of several servers those that were busy or held up; else the busiest of all. */
function whyLines(verdicts: readonly Verdict[], { why }: Slice): string[] {
  if (verdicts.length === 0) return []
  const isAboutCpu = verdicts.every(asksAboutCpu)
  const isAboutLoop = verdicts.every((verdict) => asksAboutLoop(verdict) || asksAboutCpu(verdict))
  const describe = (server: ServerWhy) =>
    isAboutCpu || (isAboutLoop && server.hot.length === 0) ? describeCpu(server) : describeExplanation(server)
  const isGuilty = ({ loop, hot }: ServerWhy) => loop === 'busy' || loop === 'blocked' || hot.length > 0
  const guilty = isAboutCpu ? [] : why.filter(isGuilty)
  const busiest = [...why].sort((a, b) => (b.busyShare ?? 0) - (a.busyShare ?? 0)).slice(0, 1)
  return (guilty.length > 0 ? guilty : busiest).flatMap((server) => {
    const [first = '', ...rest] = describe(server)
    const head =
      why.length > 1 || server.process !== undefined ? first.replace('why: ', `why: ${processName(server)}: `) : first
    return [head, ...rest, ...profileLine(server)].map((text) => `  ${text}`)
  })
}

function profileLine({ profile, hot, cpu = [] }: ServerWhy): string[] {
  return profile === undefined || hot.length + cpu.length === 0
    ? []
    : [`     profile: ${profile} (opens in Chrome DevTools; it may hold secrets)`]
}

function serverEnd({ name, at, detail }: RunEvent): string[] {
  if (!name.endsWith(' ended')) return []
  return [`server: ${name} ${formatSpan(Math.max(0, at))} into the run${detail ? ` (${detail})` : ''}`]
}

function serverPart({ name, series: { cpu, memory, loopBusy } }: ServerSeries, named: boolean): string[] {
  if (!cpu || !memory) return []
  const title = named ? `server ${name}` : 'server'
  const loop = loopBusy ? ` · event loop ${Math.round(loopBusy.mean * 100)} % busy` : ''
  return [
    `${title}: cpu ${formatNumber(cpu.mean)} % (peak ${formatNumber(cpu.max)}) · rss ${formatBytes(memory.max)}${loop}`,
  ]
}

/** Both on one line where they fit. */
function line(left: string, right: string): string {
  const joined = `  ${left}${gap}${right}`
  return joined.length <= widest ? joined : `  ${left}\n  ${right}`
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= widest) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${indent}${lines.length > 0 ? '  ' : ''}${word}`)
  }
  return lines
}
