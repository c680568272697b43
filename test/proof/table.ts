/**
 * The table of runs in docs/CORRECTNESS.md, made from results/proof.ndjson, to which record.ts
 * adds: `node test/proof/table.ts` rewrites what stands between the two marks there. Of equal
 * checks and counts the latest line stands.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commandLine } from '../../bench/command-line.ts'

export const BEGIN = '<!-- runs: written by test/proof/table.ts -->'
export const END = '<!-- runs end -->'
export const DOCUMENT = fileURLToPath(new URL('../../docs/CORRECTNESS.md', import.meta.url))
const LINES = fileURLToPath(new URL('../../results/proof.ndjson', import.meta.url))
/** Checks in the order of the table. */
export const CHECKS = ['model', 'explore', 'twins', 'stress', 'fuzz', 'differential']

/** What the table needs of a line in results/. */
export interface Line {
  readonly suite: string
  readonly operation: string
  readonly value: number
  readonly unit: string
  readonly at: string
  readonly commit: string
  readonly seed?: number
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** The lines of all runs. */
export function committedLines(): Line[] {
  if (!existsSync(LINES)) return []
  const lines = readFileSync(LINES, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Line)
}

/** Ranks of a check: by its first word, then as the lines came. */
function rankOf(suite: string): number {
  const rank = CHECKS.indexOf(suite.split(' ')[0]!)
  return rank < 0 ? CHECKS.length : rank
}

/** The table in Markdown. Where nothing has run it says so. */
export function tableOf(lines: readonly Line[]): string {
  const latest = new Map<string, Line>()
  for (const line of lines) {
    const key = JSON.stringify([line.suite, line.operation, detailOf(line)])
    const before = latest.get(key)
    if (before === undefined || before.at <= line.at) latest.set(key, line)
  }
  if (latest.size === 0) return 'No run is recorded yet.\n'
  const rows = [...latest.values()].sort((a, b) => rankOf(a.suite) - rankOf(b.suite))
  const head = '| check | what | how many | how | when | commit |\n|---|---|---:|---|---|---|\n'
  return head + rows.map(rowOf).join('')
}

function rowOf(line: Line): string {
  const { suite, operation, value, unit, at, commit, seed } = line
  const count = `${value.toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}`
  const how = [line.parameters?.['command'], detailOf(line)].filter(Boolean).join(', ')
  const seeded = seed === undefined ? how : `${how}${how === '' ? '' : ', '}seed ${seed}`
  const when = `${at.slice(0, 10)} ${at.slice(11, 16)}`
  return `| ${suite} | ${operation} | ${count} | ${seeded} | ${when} | ${commit} |\n`
}

/** What tells two counts of one name apart: the parameters, but for the command and the time. */
function detailOf({ parameters = {} }: Line): string {
  const told = Object.entries(parameters).filter(([name]) => !UNTOLD.includes(name))
  return told.map(([name, value]) => `${name} ${String(value)}`).join(', ')
}
const UNTOLD = ['command', 'seconds', 'minutes']

/** The document with the table of these lines between its marks. */
export function withTable(document: string, lines: readonly Line[]): string {
  const from = document.indexOf(BEGIN)
  const to = document.indexOf(END)
  if (from < 0 || to < from) throw new Error('the document has no marks for the table of runs')
  const before = document.slice(0, from + BEGIN.length)
  return `${before}\n\n${tableOf(lines)}\n${document.slice(to)}`
}

const USAGE = `
node test/proof/table.ts: rewrites the table of runs in docs/CORRECTNESS.md from the lines in
results/proof.ndjson, to which test/proof/record.ts adds`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  commandLine(USAGE, (args) => parseArgs({ args }))
  const lines = committedLines()
  writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8'), lines))
  process.stdout.write(`docs/CORRECTNESS.md has the table of ${lines.length} lines\n`)
}
