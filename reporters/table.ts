// Aligned rows under a head: words to the left, numbers to the right, what there is no room for left out.
import { beside, type Page } from './page.ts'
import { shorten, widthOf } from './text.ts'

export interface Column {
  readonly head: string
  /** Default: right, as numbers are. */
  readonly align?: 'left'
  /** On a page too narrow for all columns these go, the least first. */
  readonly spare?: number
}

interface Table {
  /** The first has words. */
  readonly columns: readonly Column[]
  /** A cell for each column. */
  readonly rows: readonly (readonly string[])[]
  /** Columns left of it, and what stands there in the first line. */
  readonly margin: { readonly width: number; readonly mark: string }
}

/** The first column is shortened below `leastFirst` only when no other can go, below `narrowest` never. */
const leastFirst = 12
const narrowest = 4
const gap = '  '

export function tableLines({ columns, rows, margin }: Table, page: Page): string[] {
  const shown = fitting({ columns, rows }, page.columns - margin.width)
  const line = (cells: readonly string[]) =>
    shown
      .map(({ index, width, align }) => {
        const text = shorten(cells[index] as string, width)
        const space = ' '.repeat(width - widthOf(text))
        return align === 'left' ? text + space : space + text
      })
      .join(gap)
      .trimEnd()
  const room = { columns: page.columns, width: margin.width }
  return [
    ...beside(margin.mark, [{ text: line(columns.map(({ head }) => head)), paint: page.colors.dim }], room),
    ...rows.flatMap((cells) => beside(' '.repeat(margin.width), [{ text: line(cells) }], room)),
  ]
}

/** The columns that there is room for, each as wide as its widest cell; the first takes what the others leave. */
function fitting({ columns, rows }: Pick<Table, 'columns' | 'rows'>, room: number) {
  const measured = columns.map((column, index) => ({
    ...column,
    index,
    width: Math.max(widthOf(column.head), ...rows.map((cells) => widthOf(cells[index] as string))),
  }))
  const [first, ...others] = measured as [(typeof measured)[0], ...typeof measured]
  const left = () => room - others.reduce((sum, { width }) => sum + gap.length + width, 0)
  const spares = others.filter(({ spare }) => spare !== undefined).sort((a, b) => Number(a.spare) - Number(b.spare))
  for (const spare of spares) {
    if (left() >= Math.min(first.width, leastFirst)) break
    others.splice(others.indexOf(spare), 1)
  }
  return [{ ...first, align: 'left', width: Math.max(narrowest, Math.min(first.width, left())) }, ...others]
}
