/**
 * Adds the counts of a run to results/proof.ndjson, a line each, and rewrites the table of them in
 * docs/CORRECTNESS.md. How it is used is told by `--help`.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineFacts } from '../../bench/machine.ts'
import { commandLine, oneOf } from '../../bench/command-line.ts'
import { CHECKS, committedLines, DOCUMENT, withTable } from './table.ts'

/** Counts by suite and name. */
export type Counts = readonly (readonly [suite: string, name: string, count: number])[]

/** One search of the explorer, as its `--json` writes it. */
interface Search {
  readonly program: string
  readonly mode: string
  readonly executions: number
  readonly complete: boolean
  readonly failure?: unknown
}

/** What a run counted, from what it wrote. */
export function countsIn(check: string, text: string): Counts {
  const lines = text.trim().split('\n')
  if (check === 'explore') return countsOf(lines.map((line) => JSON.parse(line) as Search))
  if (check === 'twins') return countsOfTwins(lines)
  const last = lines.at(-1) ?? ''
  const counts: Counts = last.startsWith('{')
    ? flatten(JSON.parse(last)).map(([name, count]) => [check, name, count])
    : [...last.matchAll(/([\d,]+) ([a-z ]+)/g)].map(([, count = '', name = '']) => {
        return [check, name, Number(count.replaceAll(',', ''))]
      })
  if (counts.length === 0) throw new Error(`the last line of the output has no counts: '${last}'`)
  return counts
}

/** What a run of the explorer counts, for each of its modes. */
function countsOf(searches: readonly Search[]): Counts {
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

function countsOfTwins(lines: readonly string[]): Counts {
  const caught = lines.map((line) => line.match(/ caught by .* after (\d+) executions$/))
  const executions = caught.reduce((sum, found) => sum + Number(found?.[1] ?? 0), 0)
  return [
    ['twins', 'caught', caught.filter(Boolean).length],
    ['twins', 'not caught', lines.filter((line) => line.includes(' NOT CAUGHT ')).length],
    ['twins', 'executions', executions],
  ]
}

/** The numbers of a summary, those of its parts named after them; arrays are counted. */
function flatten(summary: unknown): [name: string, count: number][] {
  return Object.entries(summary as Record<string, unknown>).flatMap(([name, value]) => {
    if (['seed', 'seconds'].includes(name)) return []
    if (typeof value === 'number') return [[name, value]]
    if (Array.isArray(value)) return [[name, value.length]]
    if (typeof value !== 'object' || value === null) return []
    return flatten(value).map(([part, count]): [string, number] => [`${name} ${part}`, count])
  })
}

/** Counts given as NAME=COUNT. */
export function countsFrom(check: string, given: readonly string[]): Counts {
  return given.map((text) => {
    const [name, count] = text.split('=')
    if (!name || count === undefined || !Number.isFinite(Number(count)) || count === '') {
      throw new Error(`'${text}' is not NAME=COUNT`)
    }
    return [check, name, Number(count)] as const
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

const USAGE = `
node test/proof/record.ts CHECK FILE           what the run printed; of the explorer, the file
                                               that 'npm run explore -- --json FILE' wrote
node test/proof/record.ts CHECK NAME=COUNT...  counts given by name

CHECK is one of ${CHECKS.join(', ')}; --command TEXT says how it ran.
A line per count is added to results/proof.ndjson, and the table in docs/CORRECTNESS.md rewritten.`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { counts, command } = commandLine(USAGE, (args) => {
    const options = { command: { type: 'string' } } as const
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const [check = '', ...rest] = positionals
    oneOf('CHECK', check, CHECKS)
    if (rest.length === 0) throw new Error('a FILE or counts are missing')
    const isFile = rest.length === 1 && !rest[0]!.includes('=')
    const read = () => countsIn(check, readFileSync(rest[0]!, 'utf8'))
    return { counts: isFile ? read() : countsFrom(check, rest), command: values.command }
  })
  record(counts, command)
}
