/**
 * The history runs in a process of their own: `node test/stress/history-run.ts --seconds 20`. Options:
 * --seconds, --seed, --threads, --pauses and --narrow (see twin.ts), --entry (address of the engine's
 * entry file). The last line of the output is the report as JSON.
 */
import { parseArgs } from 'node:util'
import { runHistories } from './histories.ts'
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
const report = await runHistories({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  entry: values.entry ?? twin?.entry ?? source,
  isPaused: values.pauses,
  threads: Number(values.threads),
})
twin?.remove()
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), ...report })}\n`)
process.exit(report.problems.length === 0 ? 0 : 1)
