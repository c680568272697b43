/**
 * Adds the counts of a run to results/proof.ndjson, a line each, and rewrites the table of them:
 *
 *   node test/proof/record.ts explore FILE        lines of `npm run explore -- --json FILE`
 *   node test/proof/record.ts CHECK NAME=COUNT...  of any other check, such as `twins caught=30`
 *
 * `--command TEXT` says how it was run.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineFacts } from '../../bench/machine.ts'
import { committedLines, DOCUMENT, withTable } from './table.ts'

/** One search of the explorer, as its `--json` writes it. */
export interface Search {
  readonly program: string
  readonly mode: string
  readonly executions: number
  readonly complete: boolean
  readonly failure?: unknown
}

/** Counts by suite and name. */
export type Counts = readonly (readonly [suite: string, name: string, count: number])[]

/** What a run of the explorer counts, for each of its modes. */
export function countsOf(searches: readonly Search[]): Counts {
  const modes = [...new Set(searches.map(({ mode }) => mode))]
  return modes.flatMap((mode) => {
    const those = searches.filter((search) => search.mode === mode)
    const suite = `explore ${mode}`
    return [
      [suite, 'programs', those.length],
      [suite, 'without a bound', those.filter(({ complete }) => complete).length],
      [suite, 'executions', those.reduce((sum, { executions }) => sum + executions, 0)],
      [suite, 'failures', those.filter(({ failure }) => failure !== undefined).length],
    ] as const
  })
}

/** Counts given as NAME=COUNT. */
export function countsFrom(suite: string, given: readonly string[]): Counts {
  return given.map((text) => {
    const [name, count] = text.split('=')
    if (!name || count === undefined || !Number.isFinite(Number(count)) || count === '') {
      throw new Error(`'${text}' is not NAME=COUNT`)
    }
    return [suite, name, Number(count)] as const
  })
}

function record(counts: Counts, command: string | undefined): void {
  const file = fileURLToPath(new URL('../../results/proof.ndjson', import.meta.url))
  const facts = { at: new Date().toISOString(), form: 'proof', ...machineFacts() }
  const parameters = command === undefined ? {} : { command }
  for (const [suite, operation, value] of counts) {
    const line = { suite, subject: 'heddle', operation, value, unit: '', parameters, ...facts }
    appendFileSync(file, `${JSON.stringify(line)}\n`)
  }
  writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8'), committedLines()))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { command: { type: 'string' } },
    allowPositionals: true,
  })
  const [suite = '', ...rest] = positionals
  const isExplorer = suite === 'explore' && rest.length === 1 && !rest[0]!.includes('=')
  const searches = (): Search[] => {
    const lines = readFileSync(rest[0]!, 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as Search)
  }
  record(isExplorer ? countsOf(searches()) : countsFrom(suite, rest), values.command)
}
