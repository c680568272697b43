/**
 * `npm run twins`: explores all broken twins and prints a line for each. Ends with 1 if one was not
 * caught in time.
 * The options are told by `--help`.
 */
import { parseArgs } from 'node:util'
import { commandLine } from '../../bench/command-line.ts'
import { type Catch, catchTwins } from './catch-twins.ts'
import { BROKEN_TWINS } from './twins.ts'

const USAGE = `
npm run twins -- [options]: the code with one step broken, each explored until it is caught

  --twin NAME   one of them, and what was found
  --steps       with --twin: also the accesses of the shortest schedule found, and its seed

Exit code: 0, 1 when one was not caught, 2 for wrong options.`

const flags = commandLine(USAGE, (args) => {
  const { values } = parseArgs({
    args,
    options: { twin: { type: 'string' }, steps: { type: 'boolean' } },
  })
  if (values.steps && values.twin === undefined) throw new Error('--steps needs --twin NAME')
  if (values.twin === undefined || BROKEN_TWINS.some(({ name }) => name === values.twin))
    return values
  throw new Error(`--twin is '${values.twin}': no twin is called so`)
})
const twins = BROKEN_TWINS.filter(({ name }) => flags.twin === undefined || name === flags.twin)
const start = performance.now()
const missed: string[] = []

await catchTwins(twins, report, flags.steps)

const seconds = ((performance.now() - start) / 1000).toFixed(1)
const said = missed.length === 0 ? 'all caught' : `not caught: ${missed.join(', ')}`
print(`${twins.length} twins in ${seconds} s, ${said}`)
process.exitCode = missed.length === 0 ? 0 : 1

function report({ twin, executions, problems, seed, table, error }: Catch): void {
  const { name, program, within } = twin
  if (problems.length > 0) {
    print(`${name} caught by '${program}' after ${executions} executions`)
    if (flags.twin !== undefined) print(problems.join('\n'))
    if (flags.steps) print(`\n${table}\n\nseed, for the source with this step broken: ${seed}`)
    return
  }
  missed.push(name)
  const why = error ?? `${executions} executions of ${within}`
  print(`${name} NOT CAUGHT by '${program}': ${why}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
