/**
 * `npm run model`: runs the models and prints a table. Every program must pass, every broken twin
 * must be caught. The options are told by `--help`.
 */
import { parseArgs } from 'node:util'
import { commandLine } from '../../bench/command-line.ts'
import type { Exploration } from './checker/explore.ts'
import { checkProgram, checkVariant, type Suite } from './checker/suite.ts'
import { replay, walk } from './checker/walk.ts'
import { SUITES } from './suites.ts'

const USAGE = `
npm run model -- [options]: every program must pass, every broken twin must be caught

  --deep         the largest programs, too
  --only=NAME    one program or twin
  --trace        the shortest counterexample of each failure, step by step

Exit code: 0, 1 when something is not as expected, 2 for wrong options.`

const { only, deep, trace } = commandLine(USAGE, (args) => {
  const { values } = parseArgs({
    args,
    options: {
      deep: { type: 'boolean', default: false },
      only: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  })
  const names = SUITES.flatMap(({ programs, variants }) => {
    return [...programs.map(({ name }) => name), ...variants.map(({ flag }) => flag)]
  })
  if (values.only === undefined || names.includes(values.only)) return values
  throw new Error(`--only is '${values.only}': no program and no twin is called so`)
})
const chosen = (name: string, large = false): boolean =>
  only === undefined ? deep || !large : name === only
const write = (line: string): unknown => process.stdout.write(`${line}\n`)
const count = (n: number): string => n.toLocaleString('en-US')

/** The largest programs are sampled unless --deep asks for all of them. */
const WALK_SECONDS = 2

let unexpected = 0
const totals = { programs: 0, twins: 0, states: 0, steps: 0 }

function report(name: string, cells: string[], e: Exploration, ok: boolean): void {
  totals.states += e.states
  totals.steps += e.steps
  if (!ok) unexpected++
  write(`| ${name} | ${cells.join(' | ')} |`)
}

function run(suite: Suite): void {
  write(`\n${suite.name}: programs\n`)
  write('| program | states | steps | longest path | histories | alone at most | s | verdict |')
  write('|---|---:|---:|---:|---:|---:|---:|---|')
  for (const program of suite.programs) {
    if (!chosen(program.name, program.deep)) continue
    totals.programs++
    const { exploration: e, ok, text } = checkProgram(suite, program)
    const sizes = [e.states, e.steps, e.depth, e.histories, e.solo].map(count)
    report(program.name, [...sizes, e.seconds.toFixed(1), text], e, ok)
    if (trace && e.failure) write(replay(suite.subject(program, {}), e.failure))
  }
  for (const program of suite.programs) {
    if (!program.deep || chosen(program.name, true)) continue
    const { runs, kills, failure } = walk(suite.subject(program, {}), WALK_SECONDS, 12345)
    if (failure) unexpected++
    const walked = `${count(runs)} random executions, ${count(kills)} kills`
    write(`| ${program.name} | ${walked} | | | | | | ${failure?.text ?? 'passes'} |`)
  }
  write(`\n${suite.name}: broken twins\n`)
  write('| twin | rule it breaks | caught on | states | trace | as |')
  write('|---|---|---|---:|---:|---|')
  for (const twin of suite.variants) {
    if (!chosen(twin.flag, twin.deep)) continue
    totals.twins++
    const { exploration: e, ok, text } = checkVariant(suite, twin)
    const trail = count(e.failure?.path.length ?? 0)
    report(twin.flag, [twin.rule, twin.on, count(e.states), trail, ok ? text : `? ${text}`], e, ok)
    const program = suite.programs.find((p) => p.name === twin.on)
    if (!trace || !program || !e.failure) continue
    write(replay(suite.subject(program, { [twin.flag]: true }), e.failure))
  }
}

for (const suite of SUITES) run(suite)
write(
  `\n${totals.programs} programs, ${totals.twins} broken twins, ${count(totals.states)} states, ` +
    `${count(totals.steps)} steps: ${unexpected ? `${unexpected} UNEXPECTED` : 'as expected'}`,
)
process.exitCode = unexpected ? 1 : 0
