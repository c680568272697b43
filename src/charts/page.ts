/**
 * A report as one page of HTML: tables and drawings, nothing from elsewhere and no script, so that
 * it opens without a network and can be sent by mail.
 */
import type { Chart, Table } from './chart.ts'
import { drawPanels } from './panels.ts'
import { drawRatios } from './ratios.ts'
import { drawStacks } from './stacks.ts'
import { drawBars, drawCurve, drawLines, escapeHtml } from './svg.ts'

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif}
body{max-width:1100px;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;margin:1em 0;font-size:13px}
td,th{border:1px solid #8886;padding:3px 8px;text-align:right}
td:first-child,th:first-child{text-align:left}
svg{width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:currentColor}svg .spread{stroke:currentColor;stroke-width:1.5}
svg .grid{stroke:#8885}polyline{stroke-width:1.8}`

/** @param body HTML, escaped by who made it */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>${STYLE}</style></head>
<body>${body}</body></html>
`
}

export function figure(chart: Chart): string {
  const caption = escapeHtml(`${chart.title} (${chart.unit})`)
  return `<figure><figcaption>${caption}</figcaption>${draw(chart)}</figure>`
}

function draw(chart: Chart): string {
  switch (chart.kind) {
    case 'bars':
      return drawBars(chart)
    case 'curve':
      return drawCurve(chart)
    case 'lines':
      return drawLines(chart)
    case 'panels':
      return drawPanels(chart)
    case 'ratios':
      return drawRatios(chart)
    case 'stacks':
      return drawStacks(chart)
  }
}

export function htmlTable(table: Table): string {
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  const rows = table.rows.map((cells) => row('td', cells)).join('\n')
  return `<h3>${escapeHtml(table.title)}</h3><table>${row('th', table.columns)}\n${rows}</table>`
}
