/**
 * Shares over the size of a cache, such as a miss-ratio curve: to the right the size, logarithmic,
 * upwards 0 to 100 %. Each point that was measured has a dot.
 */
import { shown } from './chart.ts'
import type { RatioChart } from './chart.ts'
import { line, svg, text, WIDTH } from './svg.ts'

const COLOURS = ['#8a8a8a', '#dc2626', '#3b82f6', '#d97706', '#059669', '#8b5cf6', '#db2777']
const MORE_COLOURS = ['#06b6d4', '#84cc16', '#a16207']
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 60, 170, 14, 46]
const GRID = [0, 20, 40, 60, 80, 100]
/** More of them would write over each other. */
const MOST_TICKS = 12

export function drawRatios(chart: RatioChart): string {
  const sizes = chart.series.flatMap((series) => series.points.map(([size]) => size))
  const [least, most] = [Math.log10(Math.min(...sizes)), Math.log10(Math.max(...sizes))]
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM]
  const toX = (size: number) =>
    LEFT + ((Math.log10(size) - least) / (most - least || 1)) * (right - LEFT)
  const toY = (percent: number) => bottom - (percent / 100) * (bottom - TOP)
  const parts: string[] = []
  for (const percent of GRID) {
    const y = toY(percent)
    parts.push(line(LEFT, y, right, y, 'grid'), text(LEFT - 6, y + 4, `${percent} %`, 'end'))
  }
  const ticks = [...new Set(sizes)].sort((a, b) => a - b)
  const every = Math.ceil(ticks.length / MOST_TICKS)
  for (const size of ticks.filter((_, index) => index % every === 0)) {
    const x = toX(size)
    parts.push(line(x, TOP, x, bottom, 'grid'), text(x, bottom + 16, shown(size), 'middle'))
  }
  chart.series.forEach(({ label, points }, index) => {
    const colour = [...COLOURS, ...MORE_COLOURS][index % (COLOURS.length + MORE_COLOURS.length)]
    const places = points.map(([size, percent]) => [toX(size).toFixed(1), toY(percent).toFixed(1)])
    const path = places.map((place) => place.join(',')).join(' ')
    parts.push(`<polyline fill="none" stroke="${colour}" points="${path}"/>`)
    for (const [x, y] of places) parts.push(`<circle cx="${x}" cy="${y}" r="2" fill="${colour}"/>`)
    const y = TOP + 4 + index * 16
    const x = right + 14
    parts.push(`<rect x="${x}" y="${y}" width="10" height="10" fill="${colour}"/>`)
    parts.push(text(x + 15, y + 9, label))
  })
  parts.push(text(LEFT, HEIGHT - 10, `${chart.across}, logarithmic; vertical: ${chart.unit}`))
  return svg(HEIGHT, chart.title, parts)
}
