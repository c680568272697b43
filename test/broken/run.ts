/**
 * `npm run twins`: explores all broken twins and prints a line for each. Ends with 1 if one was not
 * caught in time.
 *
 *     npm run twins                       all
 *     npm run twins -- --twin loserFrees  one of them, and what was found
 */
import { parseArgs } from 'node:util'
import { type Catch, catchTwins } from './catch-twins.ts'
import { BROKEN_TWINS } from './twins.ts'

const { values: flags } = parseArgs({ options: { twin: { type: 'string' } } })
const twins = BROKEN_TWINS.filter(({ name }) => flags.twin === undefined || name === flags.twin)
const start = performance.now()
const missed: string[] = []

await catchTwins(twins, report)

const seconds = ((performance.now() - start) / 1000).toFixed(1)
const said = missed.length === 0 ? 'all caught' : `not caught: ${missed.join(', ')}`
print(`${twins.length} twins in ${seconds} s, ${said}`)
process.exitCode = missed.length === 0 && twins.length > 0 ? 0 : 1

function report({ twin, executions, problems, error }: Catch): void {
  const { name, program, within } = twin
  if (problems.length > 0) {
    print(`${name} caught by '${program}' after ${executions} executions`)
    if (flags.twin !== undefined) print(problems.join('\n'))
    return
  }
  missed.push(name)
  const why = error ?? `${executions} executions of ${within}`
  print(`${name} NOT CAUGHT by '${program}': ${why}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
