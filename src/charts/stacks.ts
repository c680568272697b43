/**
 * Stacked horizontal bars: what a whole is made of, a bar for each subject, a colour for each part,
 * and a legend above.
 */
import { shown } from './chart.ts'
import type { StackChart } from './chart.ts'
import { escapeHtml, svg, text, WIDTH } from './svg.ts'

const COLOURS = [
  ...['#b91c1c', '#f97316', '#fbbf24', '#8a8a8a', '#3b82f6', '#06b6d4'],
  ...['#059669', '#84cc16', '#8b5cf6', '#db2777', '#a16207', '#64748b'],
]
const LEFT = 230
const RIGHT = 70
const BAR_HEIGHT = 18
const BAR_GAP = 8
const LEGEND_COLUMNS = 4
const LEGEND_ROW = 15
/** A part that is narrower has no room for its number. */
const LEAST_LABEL = 26

export function drawStacks(chart: StackChart): string {
  const { parts, stacks } = chart
  const sums = stacks.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...sums, Number.MIN_VALUE)
  const drawn = parts.map((part, index) => legendOf(part, index))
  let y = Math.ceil(parts.length / LEGEND_COLUMNS) * LEGEND_ROW + 12
  for (const [index, { label, values }] of stacks.entries()) {
    drawn.push(text(LEFT - 8, y + 13, label, 'end'))
    let x = LEFT
    for (const [part, value] of values.entries()) {
      const width = value * scale
      drawn.push(partOf(x, y, width, colourOf(part), `${parts[part]}: ${shown(value)}`))
      if (width >= LEAST_LABEL) drawn.push(text(x + width / 2, y + 13, shown(value), 'middle'))
      x += width
    }
    drawn.push(text(x + 6, y + 13, shown(sums[index]!)))
    y += BAR_HEIGHT + BAR_GAP
  }
  return svg(y + 4, chart.title, drawn)
}

function colourOf(part: number): string {
  return COLOURS[part % COLOURS.length]!
}

function partOf(x: number, y: number, width: number, colour: string, words: string): string {
  const place = `x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}"`
  return `<rect ${place} fill="${colour}"><title>${escapeHtml(words)}</title></rect>`
}

function legendOf(part: string, index: number): string {
  const x = 20 + (index % LEGEND_COLUMNS) * 215
  const y = 2 + Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW
  const square = `<rect x="${x}" y="${y}" width="10" height="10" fill="${colourOf(index)}"/>`
  return square + text(x + 15, y + 9, part)
}
