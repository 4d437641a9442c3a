// Repeats a measurement and says what came out: median and spread.

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export async function repeat<Round>(rounds: number, measure: () => Promise<Round>): Promise<Round[]> {
  const results: Round[] = []
  for (let round = 0; round < rounds; round++) results.push(await measure())
  return results
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number) => sorted[index] as number
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) }
}

export function describeSpread({ median, least, most }: Spread, unit: string): string {
  return `${median.toFixed(1)} ${unit} (${least.toFixed(1)} to ${most.toFixed(1)})`
}
