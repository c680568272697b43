/**
 * The history runs in a process of their own: `node test/stress/history-run.ts --seconds 20`.
 * Options: --seconds, --seed, --threads, --pauses and --narrow (see twin.ts), --entry (address of
 * the engine's entry file). The last line of the output is the report as JSON.
 */
import { parseArgs } from 'node:util'
import { runHistories } from './histories.ts'
import type { HistoriesOutput } from './output.ts'
import { makeTwin, NARROW_VERSIONS } from './twin.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    entry: { type: 'string' },
    threads: { type: 'string', default: '8' },
    pauses: { type: 'boolean', default: false },
    narrow: { type: 'boolean', default: false },
  },
})
const patches = values.narrow ? [NARROW_VERSIONS] : []
const twin = values.pauses || values.narrow ? makeTwin(patches, values.pauses) : undefined
const source = new URL('../../src/index.ts', import.meta.url).href
// Recovery runs in this thread too: what it throws is a finding.
process.on('uncaughtException', (error) => {
  finish({ problems: [`the main thread threw ${error.stack}`] })
})
finish(
  await runHistories({
    seconds: Number(values.seconds),
    seed: Number(values.seed),
    entry: values.entry ?? twin?.entry ?? source,
    isPaused: values.pauses,
    threads: Number(values.threads),
  }),
)

function finish(report: HistoriesOutput['report']): never {
  twin?.remove()
  const output: HistoriesOutput = { seed: Number(values.seed), report }
  process.stdout.write(`${JSON.stringify(output)}\n`)
  process.exit(report.problems.length === 0 ? 0 : 1)
}
