// Fault `template`: a table on the start page that is worked out anew, pair by pair, each time it is shown.
import { type Html, html } from '../html.ts'

/** 768 x 768 greatest common divisors take tens of milliseconds. */
const largest = 768
const shapesShown = 12

/** How many sizes of an image there are of each shape, such as 4:3. */
export function renderRows(): Html {
  const counts = new Float64Array((shapesShown + 1) ** 2)
  for (let width = 1; width <= largest; width++) {
    for (let height = 1; height <= largest; height++) {
      let [divisor, rest] = [width, height]
      while (rest > 0) [divisor, rest] = [rest, divisor % rest]
      const [across, down] = [width / divisor, height / divisor]
      if (across > shapesShown || down > shapesShown) continue
      const place = across * (shapesShown + 1) + down
      counts[place] = (counts[place] ?? 0) + 1
    }
  }
  const rows = Array.from(counts, (count, place) => ({ count, place })).filter(({ count }) => count > 0)
  return html`<table>${rows.map(({ count, place }) => html`<tr><td>${shapeOf(place)}</td><td>${count}</td></tr>`)}</table>`
}

function shapeOf(place: number): string {
  return `${Math.floor(place / (shapesShown + 1))}:${place % (shapesShown + 1)}`
}
