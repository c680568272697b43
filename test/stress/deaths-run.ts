/**
 * `node test/stress/deaths-run.ts --seconds 60`: the stress run and its control run, in a process
 * of their own. Options: --seconds, --minutes, --seed, --kill-every (ms), --no-control, --pauses
 * (between accesses to shared memory), --narrow (chunk versions that wrap soon; see twin.ts),
 * --entry (address of the engine's entry file). The last line of the output is the report as JSON.
 */
import { parseArgs } from 'node:util'
import type { StressOutput } from './output.ts'
import { runStress } from './stress.ts'
import { makeTwin, NARROW_VERSIONS } from './twin.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    entry: { type: 'string' },
    'kill-every': { type: 'string', default: '200' },
    narrow: { type: 'boolean', default: false },
    pauses: { type: 'boolean', default: false },
    'no-control': { type: 'boolean', default: false },
  },
})

const seconds = values.minutes ? Number(values.minutes) * 60 : Number(values.seconds ?? 8)
const seed = values.seed ? Number(values.seed) : Date.now() % 1_000_000
const patches = values.narrow ? [NARROW_VERSIONS] : []
const twin = values.pauses || values.narrow ? makeTwin(patches, values.pauses) : undefined
const source = new URL('../../src/index.ts', import.meta.url).href
const entry = values.entry ?? twin?.entry ?? source
const options = { seconds, seed, entry, killEveryMs: Number(values['kill-every']) }

// Recovery runs in this thread too: what it throws is a finding.
process.on('uncaughtException', (error) => {
  const problems = [`the main thread threw ${error.stack}`]
  finish({ ok: false, seed, run: { problems }, controlStallMs: -1 })
})

const run = await runStress({ ...options, isControl: false })
process.stdout.write(`stress: seed ${seed}, ${JSON.stringify(run, null, 1)}\n`)
let controlStallMs = -1
if (!values['no-control'] && run.problems.length === 0) {
  const control = await runStress({ ...options, isControl: true })
  controlStallMs = control.longestStallMs
  const own = `${run.longestStallMs} ms (processor: ${run.longestStepCpuMs} ms)`
  const others = `${control.longestStallMs} ms (processor: ${control.longestStepCpuMs} ms)`
  process.stdout.write(`longest stall of a survivor ${own}, control ${others}\n`)
}
finish({ ok: run.problems.length === 0, seed, run, controlStallMs })

function finish(output: StressOutput): never {
  twin?.remove()
  process.stdout.write(`${JSON.stringify(output)}\n`)
  process.exit(output.ok ? 0 : 1)
}
