/**
 * Writes what a run found: a line per measurement appended to results/runs.ndjson, a Markdown
 * file per part in results/tables, percentile distributions in results/distributions, and one
 * self-contained HTML page in results/reports. A rerun replaces tables, distributions and page
 * (git keeps the earlier ones); the lines only grow.
 */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineFacts } from '../machine.ts'
import type { Measurement, SuiteResult, Table } from '../measurement.ts'
import { PARTS } from '../options.ts'
import type { RunOptions } from '../options.ts'
import { figure, htmlPage, htmlTable } from '../../src/charts/page.ts'
import { escapeHtml } from '../../src/charts/svg.ts'

export interface FinishedPart extends SuiteResult {
  readonly seconds: number
}

export interface RunRecord {
  readonly startedAt: string
  readonly machine: MachineFacts
  readonly options: RunOptions
  readonly parts: readonly FinishedPart[]
}

export interface WrittenFiles {
  readonly lines: string
  readonly tables: readonly string[]
  readonly report: string
}

export function writeRun(run: RunRecord): WrittenFiles {
  const folder = run.options.resultsFolder
  for (const name of ['tables', 'reports']) mkdirSync(join(folder, name), { recursive: true })
  const lines = join(folder, 'runs.ndjson')
  appendFileSync(lines, ndjsonOf(run))
  const tables = run.parts.map((part) => {
    const form = part.form ?? run.options.form
    const file = join(folder, 'tables', `${part.part}-${form}.md`)
    writeFileSync(file, markdownOf(run, part))
    return file
  })
  for (const part of run.parts) {
    writeDistributions(folder, part.form ?? run.options.form, part)
  }
  const report = join(folder, 'reports', `${reportName(run)}.html`)
  writeFileSync(report, htmlOf(run))
  return { lines, tables, report }
}

function writeDistributions(folder: string, form: string, part: FinishedPart): void {
  const { distributions = [] } = part
  if (distributions.length === 0) return
  const place = join(folder, 'distributions', `${part.part}-${form}`)
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  for (const { name, text } of distributions) writeFileSync(join(place, `${name}.hgrm`), text)
}

/** `default.html` for a whole run, `default-micro.html` for a part of one. */
function reportName(run: RunRecord): string {
  const { form, parts } = run.options
  return parts.length === PARTS.length ? form : [form, ...parts].join('-')
}

function ndjsonOf(run: RunRecord): string {
  const { seed, form } = run.options
  const origin = { at: run.startedAt, form, seed, ...run.machine }
  let text = ''
  for (const part of run.parts) {
    for (const measurement of part.measurements) {
      text += lineOf(measurement, origin)
    }
  }
  return text
}

/** Where and when a measurement was taken: the second half of its line. */
export interface Origin extends MachineFacts {
  readonly at: string
  readonly form: string
  readonly seed: number
}

/** The line of one measurement, of a part of the harness or of another program. */
export function lineOf(
  measurement: Omit<Measurement, 'suite'> & { readonly suite: string },
  origin: Origin,
): string {
  return `${JSON.stringify({ ...measurement, ...origin })}\n`
}

function factsOf(run: RunRecord): string {
  const { machine, options } = run
  return (
    `${run.startedAt}, commit ${machine.commit}, Node ${machine.node} (V8 ${machine.v8}), ` +
    `${machine.cores} x ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.platform}, ` +
    `form ${options.form}, ${options.threads} threads, seed ${options.seed}`
  )
}

function markdownOf(run: RunRecord, part: FinishedPart): string {
  const head = [`# ${part.part}`, '', `${factsOf(run)}; ${part.seconds.toFixed(1)} s.`, '']
  const about = part.about.flatMap((sentence) => [`- ${sentence}`])
  return `${[...head, ...about, '', ...part.tables.map(markdownTable)].join('\n')}\n`
}

export function markdownTable(table: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = table.columns.map((_, column) => (column === 0 ? '---' : '---:'))
  const lines = [row(table.columns), row(rule), ...table.rows.map(row)]
  return `## ${table.title}\n\n${lines.join('\n')}\n`
}

function htmlOf(run: RunRecord): string {
  const title = `heddle benchmark, ${run.startedAt.slice(0, 10)}`
  const seconds = run.parts.map((part) => [part.part, part.seconds.toFixed(1)])
  const overview = { title: 'Parts', columns: ['part', 'seconds'], rows: seconds }
  const body = [
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(factsOf(run))}</p>`,
    htmlTable(overview),
    ...run.parts.map(htmlPart),
  ]
  return htmlPage(title, body.join('\n'))
}

function htmlPart(part: FinishedPart): string {
  const about = part.about.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('')
  const charts = part.charts.map(figure)
  const tables = part.tables.map(htmlTable)
  return `<h2>${part.part}</h2><ul>${about}</ul>${charts.join('\n')}${tables.join('\n')}`
}
