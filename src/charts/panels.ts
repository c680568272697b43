/**
 * Several line charts in one picture, two in a row, with one legend and the same axes, so that
 * heights may be compared across them. Axes are logarithmic, but for time: subjects that differ by
 * a factor of a hundred, in rate and in latency, stand beside each other. Every point has a dot,
 * since where a subject was measured is part of what is said.
 */
import { shown } from './chart.ts'
import type { LineChart, PanelChart } from './chart.ts'
import { WIDTH, colourOf, line, svg, text } from './svg.ts'

const COLUMNS = 2
const PANEL_WIDTH = WIDTH / COLUMNS
const PANEL_HEIGHT = 270
const LEFT = 62
const RIGHT = 14
const TOP = 24
const BOTTOM = 34
const LEGEND_ROW = 15
const LEGEND_COLUMNS = 4
const LEGEND_WIDTH = WIDTH / LEGEND_COLUMNS
/** Between two powers of ten, where there are few of them. */
const STEPS = [1, 2, 5] as const
const FEW_POWERS = 2

const TIME_TICKS = 6

interface Range {
  readonly low: number
  readonly high: number
  readonly isLinear: boolean
}

export function drawPanels(chart: PanelChart): string {
  const all = chart.panels.flatMap((panel) => panel.series)
  const labels = [...new Set(all.map((series) => series.label))]
  const points = all.flatMap((series) => series.points)
  const xs = points.map((point) => point[0])
  const across = chart.isTime === true ? timeOf(xs) : rangeOf(xs)
  const up = rangeOf(points.map((point) => point[1]))
  const legendHeight = Math.ceil(labels.length / LEGEND_COLUMNS) * LEGEND_ROW + 6
  const parts = labels.flatMap((label, index) => {
    const x = (index % LEGEND_COLUMNS) * LEGEND_WIDTH + 10
    const y = 2 + Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW
    const box = `<rect x="${x}" y="${y}" width="10" height="10" fill="${colourOf(labels, label)}"/>`
    return [box, text(x + 15, y + 9, label)]
  })
  chart.panels.forEach((panel, index) => {
    const x = (index % COLUMNS) * PANEL_WIDTH
    const y = legendHeight + Math.floor(index / COLUMNS) * PANEL_HEIGHT
    parts.push(text(x + LEFT, y + TOP - 8, panel.title))
    parts.push(...drawPanel(panel.series, labels, across, up, x, y))
  })
  const rows = Math.ceil(chart.panels.length / COLUMNS)
  const height = legendHeight + rows * PANEL_HEIGHT + LEGEND_ROW
  parts.push(text(LEFT, height - 4, `${chart.across}; vertical: ${chart.unit}`))
  return svg(height, chart.title, parts)
}

function drawPanel(
  all: LineChart['series'],
  labels: readonly string[],
  across: Range,
  up: Range,
  x: number,
  y: number,
): string[] {
  const left = x + LEFT
  const right = x + PANEL_WIDTH - RIGHT
  const top = y + TOP
  const bottom = y + PANEL_HEIGHT - BOTTOM
  const toX = (value: number) => left + shareOf(across, value) * (right - left)
  const toY = (value: number) => bottom - shareOf(up, value) * (bottom - top)
  const parts: string[] = []
  for (const value of ticksOf(up)) {
    parts.push(line(left, toY(value), right, toY(value), 'grid'))
    parts.push(text(left - 5, toY(value) + 4, shortly(value), 'end'))
  }
  for (const value of ticksOf(across)) {
    parts.push(line(toX(value), top, toX(value), bottom, 'grid'))
    parts.push(text(toX(value), bottom + 15, shortly(value), 'middle'))
  }
  for (const { label, points } of all) {
    const colour = colourOf(labels, label)
    const places = points.map(([px, py]) => [toX(px).toFixed(1), toY(py).toFixed(1)] as const)
    const path = places.map((place) => place.join(',')).join(' ')
    parts.push(`<polyline fill="none" stroke="${colour}" points="${path}"/>`)
    for (const [cx, cy] of places) {
      parts.push(`<circle cx="${cx}" cy="${cy}" r="2.2" fill="${colour}"/>`)
    }
  }
  return parts
}

/** Of what can stand on a logarithmic axis, never of no width. */
function rangeOf(values: readonly number[]): Range {
  const finite = values.filter((value) => Number.isFinite(value) && value > 0)
  if (finite.length === 0) return { low: 1, high: 10, isLinear: false }
  const low = Math.min(...finite)
  const high = Math.max(...finite)
  const isLinear = false
  return high > low * 1.2 ? { low, high, isLinear } : { low: low / 1.5, high: high * 1.5, isLinear }
}

function timeOf(values: readonly number[]): Range {
  return { low: 0, high: Math.max(1, ...values), isLinear: true }
}

function shareOf({ low, high, isLinear }: Range, value: number): number {
  if (isLinear) return (value - low) / (high - low)
  return Math.log(Math.max(value, low) / low) / Math.log(high / low)
}

function ticksOf({ low, high, isLinear }: Range): number[] {
  if (isLinear) {
    const power = 10 ** Math.floor(Math.log10((high - low) / TIME_TICKS))
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => high / one <= TIME_TICKS)!
    return Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => index * step)
  }
  const isFew = Math.log10(high / low) < FEW_POWERS
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const step of isFew ? STEPS : [1]) {
      const value = step * 10 ** power
      if (value >= low && value <= high) ticks.push(value)
    }
  }
  return ticks
}

/** `20k`, `1.5M`: a tick has little room. */
function shortly(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`
  if (value === 0) return '0'
  return value >= 1 ? String(Number(value.toPrecision(3))) : shown(value)
}
