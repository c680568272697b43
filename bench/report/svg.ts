/**
 * Charts as inline SVG text: bars with their spread, and percentile curves whose horizontal axis
 * counts nines (0 %, 90 %, 99 %, ...), so that the tail gets the room that it deserves. No
 * script, no style sheet from outside.
 */
import { shown } from '../measurement.ts'
import type { BarChart, CurveChart } from '../measurement.ts'

const COLOURS = ['#8a8a8a', '#d97706', '#2563eb', '#b91c1c', '#059669', '#7c3aed']
const WIDTH = 900
const LEFT = 190
const RIGHT = 130
const BAR_HEIGHT = 14
const GROUP_GAP = 12
const CURVE_HEIGHT = 360
const CURVE_MARGIN = 50
const CURVE_LEFT = 95

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function colourOf(labels: readonly string[], label: string): string {
  return COLOURS[labels.indexOf(label) % COLOURS.length] as string
}

function svg(height: number, title: string, parts: readonly string[]): string {
  const head = `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">`
  return `${head}${parts.join('')}</svg>`
}

function text(x: number, y: number, content: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(content)}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
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

/** Both axes are logarithmic: nines to the right, the value upwards. */
export function drawCurve(chart: CurveChart): string {
  const labels = chart.series.map((series) => series.label)
  const points = chart.series.flatMap((series) => [...series.points])
  const most = Math.log10(Math.max(...points.map((point) => point[1]), 10))
  const least = Math.floor(Math.log10(Math.max(1, Math.min(...points.map((point) => point[1])))))
  const deepest = Math.max(...points.map((point) => nines(point[0])), 1)
  const right = WIDTH - 40
  const bottom = CURVE_HEIGHT - CURVE_MARGIN
  const toX = (percentile: number) =>
    CURVE_LEFT + (nines(percentile) / deepest) * (right - CURVE_LEFT)
  const toY = (value: number) =>
    bottom - ((Math.log10(Math.max(value, 1)) - least) / (most - least || 1)) * (bottom - 20)
  const parts: string[] = []
  for (let power = least; power <= most; power++) {
    const y = toY(10 ** power)
    parts.push(line(CURVE_LEFT, y, right, y, 'grid'))
    parts.push(text(CURVE_LEFT - 6, y + 4, shown(10 ** power), 'end'))
  }
  for (const percentile of [0, 50, 90, 99, 99.9, 99.99, 99.999]) {
    if (nines(percentile) > deepest) break
    parts.push(line(toX(percentile), 20, toX(percentile), bottom, 'grid'))
    parts.push(text(toX(percentile), bottom + 16, `${percentile} %`, 'middle'))
  }
  chart.series.forEach((series, index) => {
    const path = series.points.map(([p, v]) => `${toX(p).toFixed(1)},${toY(v).toFixed(1)}`)
    const colour = colourOf(labels, series.label)
    parts.push(`<polyline fill="none" stroke="${colour}" points="${path.join(' ')}"/>`)
    const x = CURVE_LEFT + 10 + index * 160
    parts.push(`<rect x="${x}" y="2" width="10" height="10" fill="${colour}"/>`)
    parts.push(text(x + 15, 11, series.label))
  })
  parts.push(text(CURVE_LEFT, CURVE_HEIGHT - 12, `percentile of requests; vertical: ${chart.unit}`))
  return svg(CURVE_HEIGHT, chart.title, parts)
}
