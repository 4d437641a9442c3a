// What servers and generator used during a run, and whether the generator kept up.
import { formatBytes } from '../src/core/units.ts'
import type { RunRecord, SummaryRecord } from '../src/record/case-record.ts'
import { labelled, type Page } from './page.ts'
import { formatPercent } from './quantity.ts'
import { type Piece, plain, words } from './text.ts'

interface Used {
  readonly cpu?: SummaryRecord | null
  readonly memory?: SummaryRecord | null
}

export function serverLines({ usage }: RunRecord, page: Page): string[] {
  return usage.servers.flatMap((server) => {
    const name = plain(server.name)
    const named = name === 'server' ? [] : [{ text: name }]
    return labelled('server', [...named, ...usedPieces(server.series)], page)
  })
}

export function generatorLines({ usage: { generator } }: RunRecord, page: Page): string[] {
  if (!generator) return []
  const { keptUp, reasons } = generator
  const shortfall = `did not keep up: ${reasons.join('; ')}`
  return [
    ...labelled('generator', [...(keptUp ? [{ text: 'kept up' }] : []), ...usedPieces(generator)], page),
    ...(keptUp ? [] : labelled('', words(shortfall, page.colors.yellow), page)),
  ]
}

function usedPieces({ cpu, memory }: Used): Piece[] {
  return [
    {
      text: cpu ? `cpu ${formatPercent(cpu.mean)}, peak ${formatPercent(cpu.max)}` : 'cpu unknown',
    },
    { text: memory ? `rss ${formatBytes(memory.mean)}, peak ${formatBytes(memory.max)}` : 'rss unknown' },
  ]
}
