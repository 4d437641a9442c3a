// The matchers as TypeScript sees them on `expect(run)`; importing this file is what declares them.
import type { Limits } from '../core/limit.ts'
import type { Duration, Size } from '../core/units.ts'

/** Nothing for a run or a part of it, a promise for a run that has not started: await it. */
type Judgement<R, T> = T extends PromiseLike<unknown> ? Promise<void> : R

/** `{ per: 'vu' }`: for each of the virtual users or connections that a closed run had at most. */
interface PerUser {
  readonly per: 'vu'
}

declare module 'vitest' {
  interface Matchers<R, T> {
    /**
     * The median latency is below a time: ms, or text with a unit.
     * @example expect(run).toHaveP50Below(20)
     */
    toHaveP50Below(limit: Duration): Judgement<R, T>
    /**
     * Of 100 iterations 90 took less than a time: ms, or text with a unit.
     * @example expect(run).toHaveP90Below('80ms')
     */
    toHaveP90Below(limit: Duration): Judgement<R, T>
    /**
     * Of 100 iterations 95 took less than a time: ms, or text with a unit. Passes with 59 samples or more.
     * @example expect(run).toHaveP95Below(300)
     */
    toHaveP95Below(limit: Duration): Judgement<R, T>
    /**
     * Of 100 iterations 99 took less than a time: ms, or text with a unit. Passes with 299 samples or more.
     * @example expect(run).toHaveP99Below('1.5s')
     */
    toHaveP99Below(limit: Duration): Judgement<R, T>
    /**
     * Any percentile of the latency is below a time.
     * @param q a share between 0 and 1
     * @param limit ms, or text with a unit
     * @example expect(run).toHavePercentileBelow(0.999, '2s')
     */
    toHavePercentileBelow(q: number, limit: Duration): Judgement<R, T>
    /**
     * The mean latency is below a time: ms, or text with a unit.
     * @example expect(run).toHaveMeanBelow(50)
     */
    toHaveMeanBelow(limit: Duration): Judgement<R, T>
    /**
     * No iteration took a time or longer: ms, or text with a unit. Judges just what was seen, however few.
     * @example expect(run).toHaveMaxBelow('2s')
     */
    toHaveMaxBelow(limit: Duration): Judgement<R, T>
    /**
     * (failed + timed out) / (ok + failed + timed out) is below a share of 0 to 1.
     * @example expect(run).toHaveErrorRateBelow(0.05)
     */
    toHaveErrorRateBelow(limit: number): Judgement<R, T>
    /**
     * Nothing failed and nothing timed out.
     * @example expect(run).toHaveNoErrors()
     */
    toHaveNoErrors(): Judgement<R, T>
    /**
     * More than so many iterations per second ended ok.
     * @example expect(run).toHaveThroughputAbove(500)
     */
    toHaveThroughputAbove(limit: number): Judgement<R, T>
    /**
     * So many iterations per second, less 1 % at most, ended ok: the rate that was asked for was really carried.
     * @example expect(run).toSustainRate(200)
     */
    toSustainRate(rate: number): Judgement<R, T>
    /**
     * Every iteration that was due was started: a virtual user was always free.
     * @example expect(run).toHaveNoDroppedIterations()
     */
    toHaveNoDroppedIterations(): Judgement<R, T>
    /**
     * More than a share of 0 to 1 of all checks held.
     * @example expect(run).toHaveCheckRateAbove(0.99)
     */
    toHaveCheckRateAbove(limit: number): Judgement<R, T>
    /**
     * The mean CPU of the busiest server with its child processes, in percent of one core, is below a limit.
     * @example expect(run).toHaveCpuBelow(80)
     */
    toHaveCpuBelow(percent: number, options?: PerUser): Judgement<R, T>
    /**
     * The peak resident memory of the biggest server with its child processes is below a size: bytes, or text with a unit.
     * @example expect(run).toHaveMemoryBelow('300MB')
     */
    toHaveMemoryBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * The peak of the JavaScript heap in use of the biggest Node server is below a size: bytes, or text with a unit.
     * @example expect(run).toHaveHeapBelow('100MB')
     */
    toHaveHeapBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * Timers of a Node server were late by less than a time: the p99 of its worst second.
     * @example expect(run).toHaveEventLoopDelayBelow(50)
     */
    toHaveEventLoopDelayBelow(limit: Duration, options?: PerUser): Judgement<R, T>
    /**
     * No garbage collection of a Node server took a time or longer.
     * @example expect(run).toHaveGcPauseBelow('100ms')
     */
    toHaveGcPauseBelow(limit: Duration, options?: PerUser): Judgement<R, T>
    /**
     * A Node server had fewer sockets, timers and requests open at any time.
     * @example expect(run).toHaveOpenHandlesBelow(2, { per: 'vu' })
     */
    toHaveOpenHandlesBelow(limit: number, options?: PerUser): Judgement<R, T>
    /**
     * The worst server with its child processes read less from disk: bytes per second, or `'5MB/s'`, on average.
     * @example expect(run).toHaveDiskReadBelow('5MB/s')
     */
    toHaveDiskReadBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * The worst server with its child processes wrote less to disk: bytes per second, or `'5MB/s'`, on average.
     * @example expect(run).toHaveDiskWriteBelow('20MB/s')
     */
    toHaveDiskWriteBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * Less was sent to the servers, heads and bodies: bytes per second, or `'5MB/s'`, on average over the run. Inconclusive of a
     * part of a run, and of functions, whose connections are their own.
     * @example expect(run).toHaveSentBelow('5MB/s')
     */
    toHaveSentBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * Less was received from the servers, heads and bodies: bytes per second, or `'5MB/s'`, on average over the run. Inconclusive
     * of a part of a run, and of functions, whose connections are their own.
     * @example expect(run).toHaveReceivedBelow('50kB/s', { per: 'vu' })
     */
    toHaveReceivedBelow(limit: Size, options?: PerUser): Judgement<R, T>
    /**
     * The resident memory of the server that grows fastest grows by less: bytes per hour, or `'10MB/h'`. Inconclusive while
     * the run is too short to tell: of a server of 50 MB a minute tells apart about 100 MB/h, an hour 2 MB/h.
     * @example expect(run).toHaveMemoryGrowthBelow('50MB/h')
     */
    toHaveMemoryGrowthBelow(limit: Size): Judgement<R, T>
    /**
     * The heap of no Node server grows and goes on growing, by forced collections. Needs `load(target, { leaks: true })` of 20 s
     * or more, and is inconclusive without; then also where the time was too short to tell a leak from a cache that fills. The
     * failure names the constructors that grow and who allocated what is left.
     * @example expect(run).toHaveNoMemoryLeak()
     */
    toHaveNoMemoryLeak(): Judgement<R, T>
    /**
     * No sample of a series was a number or more: of a probe, or of the worst server by the names of `usage`.
     * @param limit in the unit of the series; sizes also as text
     * @example expect(run).toHaveSeriesMaxBelow('pool.waiting', 1)
     */
    toHaveSeriesMaxBelow(name: string, limit: number | string): Judgement<R, T>
    /**
     * The mean of all samples of a series is below a number.
     * @example expect(run).toHaveSeriesMeanBelow('queueDepth', 50)
     */
    toHaveSeriesMeanBelow(name: string, limit: number | string): Judgement<R, T>
    /**
     * The last sample of a series is below a number: of a probe that of the state after the load.
     * @example expect(run).toHaveSeriesLastBelow('queueDepth', 1)
     */
    toHaveSeriesLastBelow(name: string, limit: number | string): Judgement<R, T>
    /**
     * A series grows by less than so much an hour. Inconclusive when the limit lies in the 99 % interval of its slope.
     * @example expect(run).toHaveSeriesGrowthBelow('openFiles', 10)
     */
    toHaveSeriesGrowthBelow(name: string, perHour: number | string): Judgement<R, T>
    /**
     * What a server of `serve()` wrote to its log until now has a line that matches, or the text in it. A line that is
     * still on its way is waited for by `await expect.poll(() => app).toHaveLogged(...)`. Inconclusive, also with `.not`,
     * when nothing is found and the beginning of a long log was cut off.
     * @example expect(app).not.toHaveLogged(/ERROR|Database locked/)
     */
    toHaveLogged(pattern: RegExp | string): R
    /**
     * All limits are met. A bare value means the good side of the metric; a message lists them all.
     *
     * With levels, `{ p95: { target: 100, acceptable: 500, critical: 1000 } }`, it ends as approved (the target is met),
     * degraded (acceptable: passes with a warning; `{ strict: true }`: fails) or failed.
     * @example expect(run).toMeet({ p95: 300, errorRate: 0.01, throughput: { above: 500 }, memory: '300MB' })
     */
    toMeet(limits: Limits, options?: { readonly strict?: boolean }): Judgement<R, T>
  }
}
