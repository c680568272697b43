/**
 * Charts as inline SVG text: bars with their spread, percentile curves whose horizontal axis
 * counts nines (0 %, 90 %, 99 %, ...), so that the tail gets the room that it deserves, and lines
 * over a rate; panels.ts draws several of these side by side. Colours are of middle brightness and
 * text takes the page's, so that charts can be read on light and dark ground. No script, no style
 * sheet from outside.
 */
import { shown } from './chart.ts'
import type { BarChart, CurveChart, LineChart } from './chart.ts'

const COLOURS = ['#8a8a8a', '#d97706', '#3b82f6', '#dc2626', '#059669', '#8b5cf6', '#db2777']
export const WIDTH = 900
const LEFT = 190
const RIGHT = 130
const BAR_HEIGHT = 14
const GROUP_GAP = 12
const CURVE_HEIGHT = 380
const CURVE_MARGIN = 50
const CURVE_LEFT = 95
const CURVE_RIGHT = 40
/** Above the lines are two rows of legend. */
const CURVE_TOP = 40
const LEGEND_COLUMNS = 5

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** A server keeps its colour in all charts of a page, whichever others are in them. */
const SERVER_COLOURS: Readonly<Record<string, string>> = {
  'heddle frames 1': '#3b82f6',
  'heddle frames 2': '#06b6d4',
  'heddle sockets 1': '#8b5cf6',
  'heddle sockets 2': '#db2777',
  'memcached -t 1': '#059669',
  redis: '#dc2626',
  floor: '#8a8a8a',
  'embedded heddle': '#d97706',
  'embedded lru-cache': '#84a10a',
  'embedded none': '#5b7083',
  'heddle frames 1, acceptor apart': '#d97706',
}

export function colourOf(labels: readonly string[], label: string): string {
  return SERVER_COLOURS[label] ?? (COLOURS[labels.indexOf(label) % COLOURS.length] as string)
}

export function svg(height: number, title: string, parts: readonly string[]): string {
  const head = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">`
  return `${head}${parts.join('')}</svg>`
}

export function text(x: number, y: number, content: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(content)}</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
}

/** Horizontal bars; the thin line over a bar goes from the lowest to the highest round. */
export function drawBars(chart: BarChart): string {
  const groups = chart.groups.filter((group) => group.bars.length > 0)
  const bars = groups.flatMap((group) => group.bars)
  const labels = [...new Set(bars.map((bar) => bar.label))]
  const most = Math.max(...bars.map((bar) => bar.value)) * 1.15
  const scale = (WIDTH - LEFT - RIGHT) / (most > 0 ? most : 1)
  const parts: string[] = []
  let y = 8
  for (const group of groups) {
    const middle = y + (group.bars.length * BAR_HEIGHT) / 2 + 4
    parts.push(text(LEFT - 8, middle, group.label, 'end'))
    for (const bar of group.bars) {
      const length = Math.max(1, bar.value * scale)
      const fill = colourOf(labels, bar.label)
      const place = `x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 2}"`
      parts.push(`<rect ${place} fill="${fill}"/>`)
      const low = LEFT + Math.min(bar.low, most) * scale
      const high = LEFT + Math.min(bar.high, most) * scale
      parts.push(line(low, y + 6, high, y + 6, 'spread'))
      parts.push(
        text(Math.max(LEFT + length, high) + 5, y + 10, `${shown(bar.value)} ${bar.label}`),
      )
      y += BAR_HEIGHT
    }
    y += GROUP_GAP
  }
  return svg(y + 4, chart.title, parts)
}

function nines(percentile: number): number {
  return -Math.log10(1 - percentile / 100)
}

interface Axes {
  readonly toX: (x: number) => number
  readonly ticks: readonly (readonly [x: number, label: string])[]
}

interface Series {
  readonly label: string
  readonly points: readonly (readonly [x: number, value: number])[]
}

/** Both axes are logarithmic: nines to the right, the value upwards. */
export function drawCurve(chart: CurveChart): string {
  const percentiles = chart.series.flatMap((series) => series.points.map((point) => point[0]))
  const deepest = Math.max(...percentiles.map(nines), 1)
  const toX = (percentile: number) => scaleX(nines(percentile) / deepest)
  const ticks = [0, 50, 90, 99, 99.9, 99.99, 99.999]
    .filter((percentile) => nines(percentile) <= deepest)
    .map((percentile) => [percentile, `${percentile} %`] as const)
  const caption = `percentile of requests; vertical: ${chart.unit}`
  return drawSeries(chart.title, chart.series, { toX, ticks }, caption)
}

/** The horizontal axis is linear, the value upwards logarithmic. */
export function drawLines(chart: LineChart): string {
  const places = chart.series.flatMap((series) => series.points.map((point) => point[0]))
  const most = Math.max(...places, 1)
  const toX = (x: number) => scaleX(x / most)
  const ticks = [...new Set(places)].sort((a, b) => a - b).map((x) => [x, shown(x)] as const)
  return drawSeries(
    chart.title,
    chart.series,
    { toX, ticks },
    `${chart.across}; vertical: ${chart.unit}`,
  )
}

function scaleX(share: number): number {
  return CURVE_LEFT + share * (WIDTH - CURVE_RIGHT - CURVE_LEFT)
}

function drawSeries(title: string, all: readonly Series[], axes: Axes, caption: string): string {
  const labels = all.map((series) => series.label)
  const values = all.flatMap((series) => series.points.map((point) => point[1]))
  const most = Math.log10(Math.max(...values, 10))
  const least = Math.floor(Math.log10(Math.max(1, Math.min(...values))))
  const right = WIDTH - CURVE_RIGHT
  const bottom = CURVE_HEIGHT - CURVE_MARGIN
  const toY = (value: number) =>
    bottom - ((Math.log10(Math.max(value, 1)) - least) / (most - least || 1)) * (bottom - CURVE_TOP)
  const parts: string[] = []
  for (let power = least; power <= most; power++) {
    const y = toY(10 ** power)
    parts.push(line(CURVE_LEFT, y, right, y, 'grid'))
    parts.push(text(CURVE_LEFT - 6, y + 4, shown(10 ** power), 'end'))
  }
  for (const [place, label] of axes.ticks) {
    const x = axes.toX(place)
    parts.push(line(x, CURVE_TOP, x, bottom, 'grid'))
    parts.push(text(x, bottom + 16, label, 'middle'))
  }
  all.forEach((series, index) => {
    const path = series.points.map(([x, v]) => `${axes.toX(x).toFixed(1)},${toY(v).toFixed(1)}`)
    const colour = colourOf(labels, series.label)
    parts.push(`<polyline fill="none" stroke="${colour}" points="${path.join(' ')}"/>`)
    const x = CURVE_LEFT + 10 + (index % LEGEND_COLUMNS) * 160
    const y = 2 + Math.floor(index / LEGEND_COLUMNS) * 15
    parts.push(`<rect x="${x}" y="${y}" width="10" height="10" fill="${colour}"/>`)
    parts.push(text(x + 15, y + 9, series.label))
  })
  parts.push(text(CURVE_LEFT, CURVE_HEIGHT - 12, caption))
  return svg(CURVE_HEIGHT, title, parts)
}
