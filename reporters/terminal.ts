// The performance summary that follows Vitest's own: per case its runs, with a head that counts and a foot that points.
import { formatCount } from '../src/core/units.ts'
import type { CaseReport, Report } from '../src/record/report.ts'
import { lastAttempt } from './case-report.ts'
import type { SavedReport } from './json.ts'
import { beside, type Page } from './page.ts'
import { judgedLines, runLines } from './run-lines.ts'
import { type Piece, plain, words } from './text.ts'

type Outcome = 'passed' | 'failed' | 'inconclusive' | 'interrupted' | 'skipped'

const looks = {
  passed: { symbol: '✓', shade: 'green' },
  failed: { symbol: '×', shade: 'red' },
  inconclusive: { symbol: '?', shade: 'yellow' },
  interrupted: { symbol: '■', shade: 'yellow' },
  skipped: { symbol: '↓', shade: 'gray' },
} as const

/** Width of the margin in which Vitest's own summary has its titles. */
const titleWidth = 11

/** Lines without a line break, none wider than the page. */
export function renderSummary(report: Report, saved: SavedReport, page: Page): string[] {
  const owners = ownersOf(report)
  return [
    '',
    ...titled('Load', headPieces(report, page), page),
    ...report.cases.flatMap((load) => ['', ...caseLines(load, { page, owners })]),
    '',
    ...(saved.path === undefined ? [] : titled('Report', [{ text: saved.path }], page)),
    ...(saved.warning === undefined ? [] : titled('', words(saved.warning, page.colors.yellow), page)),
    '',
  ]
}

function headPieces({ cases, interrupted }: Report, { colors }: Page): Piece[] {
  const outcomes = cases.map(outcomeOf)
  const counts = (Object.keys(looks) as Outcome[]).flatMap((outcome) => {
    const count = outcomes.filter((other) => other === outcome).length
    return count === 0 ? [] : [{ text: `${count} ${outcome}`, paint: colors[looks[outcome].shade].bold }]
  })
  const remark = { text: 'the run was interrupted: what follows is partial', paint: colors.yellow }
  return [{ text: formatCount(cases.length, 'case'), paint: colors.bold }, ...counts, ...(interrupted ? [remark] : [])]
}

/** Vitest knows no third verdict: a case that ended badly for want of certainty alone is told apart here. */
function outcomeOf({ state, runs, errors }: CaseReport): Outcome {
  if (state !== 'failed' && state !== 'skipped') return state
  const verdicts = lastAttempt(runs).flatMap((run) => run.verdicts)
  const inconclusive = verdicts.some(({ status }) => status === 'inconclusive')
  const failed =
    verdicts.some(({ status }) => status === 'fail') || errors.some((text) => !/\binconclusive\b/.test(text))
  return inconclusive && !failed ? 'inconclusive' : state
}

/** The first case of each run, by the run's id: runs made before the tests are shown by several. */
function ownersOf({ cases }: Report): ReadonlyMap<string, CaseReport> {
  const shown = cases.flatMap((load) => lastAttempt(load.runs).map(({ id }) => [id, load] as const))
  return new Map(shown.reverse())
}

interface Summary {
  readonly page: Page
  readonly owners: ReadonlyMap<string, CaseReport>
}

function caseLines(load: CaseReport, { page, owners }: Summary): string[] {
  const { columns, colors } = page
  const outcome = outcomeOf(load)
  const { symbol, shade } = looks[outcome]
  const runs = lastAttempt(load.runs)
  const title: Piece[] = [
    { text: plain(load.file), paint: colors.dim },
    ...(load.name === load.file ? [] : [{ text: plain(load.name), gap: ' > ', paint: colors.bold }]),
    ...attemptPieces(load, page),
  ]
  const unexplained = outcome === 'failed' && !runs.some((run) => run.verdicts.some(({ status }) => status === 'fail'))
  return [
    ...beside(` ${colors[shade](symbol)} `, title, { columns, width: 3 }),
    ...(unexplained ? load.errors : []).flatMap((error) =>
      beside('   ', words(error, colors.red), { columns, width: 3 }),
    ),
    ...runs.flatMap((run) => {
      const owner = owners.get(run.id) ?? load
      return owner === load ? runLines(run, page) : judgedLines(run, { shownAt: owner.name, page })
    }),
  ]
}

function attemptPieces({ runs }: CaseReport, { colors }: Page): Piece[] {
  const { repeat = 0, retry = 0 } = lastAttempt(runs)[0]?.attempt ?? {}
  const which = [repeat > 0 ? `repeat ${repeat}` : '', retry > 0 ? `retry ${retry}` : ''].filter(Boolean)
  return which.length === 0 ? [] : [{ text: `(${which.join(', ')})`, gap: ' ', paint: colors.dim }]
}

function titled(title: string, pieces: readonly Piece[], { columns, colors }: Page): string[] {
  const width = titleWidth + 2
  return beside(colors.dim(`${title.padStart(titleWidth)}  `), pieces, { columns, width })
}
