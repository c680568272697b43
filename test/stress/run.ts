/**
 * `npm run stress`: real threads, recorded, killed, suspended and measured; the options are told
 * by `--help`. Each part prints a table; the last line is the summary as JSON. Problems are printed
 * with the seed that found them, and make the exit code 1.
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineFacts } from '../../bench/machine.ts'
import { fnv1a, hex } from '../../bench/measurement.ts'
import { lineOf } from '../../bench/report/write.ts'
import { commandLine, minutesOf, oneOf, wholeOf } from '../../bench/command-line.ts'
import { deaths } from './parts/deaths.ts'
import { histories } from './parts/histories.ts'
import { listeners } from './parts/listeners.ts'
import { memory } from './parts/memory.ts'
import type { Part, PartResult } from './parts/part.ts'
import { server } from './parts/server.ts'
import { suspension, WHOLE_SECONDS } from './parts/suspension.ts'
import { transfers } from './parts/transfers.ts'

interface Entry {
  readonly name: string
  readonly part: Part
  /** Of the time. */
  readonly share: number
  /** Seconds after which all of it is done; the rest of its share goes to the others. */
  readonly most: number
}
const PARTS: readonly Entry[] = [
  { name: 'histories', part: histories, share: 0.16, most: Infinity },
  { name: 'deaths', part: deaths, share: 0.26, most: Infinity },
  { name: 'suspension', part: suspension, share: 0.44, most: WHOLE_SECONDS },
  { name: 'memory', part: memory, share: 0.04, most: 360 },
  { name: 'server', part: server, share: 0.02, most: Infinity },
  { name: 'listeners', part: listeners, share: 0.04, most: Infinity },
  { name: 'transfers', part: transfers, share: 0.04, most: Infinity },
]
const RESULTS = fileURLToPath(new URL('../../results/', import.meta.url))

/** Threads find TypeScript stripped: see test/types/cache.mjs. */
async function prepareTypes(): Promise<void> {
  const at = (name: string): string => new URL(`../types/${name}`, import.meta.url).href
  const { default: stripAll } = (await import(at('strip-all.mjs'))) as { default(): void }
  stripAll()
  process.env['NODE_OPTIONS'] =
    `${process.env['NODE_OPTIONS'] ?? ''} --import=${at('hook.mjs')}`.trim()
  await import(at('hook.mjs'))
}

function write(folder: string, name: string, result: PartResult, at: string, seed: number): void {
  const origin = { at, form: 'stress', seed, ...machineFacts() }
  const own = {
    suite: `stress ${name}`,
    subject: 'heddle',
    checksum: hex(fnv1a(`${name} ${seed}`)),
  }
  const problems = { operation: 'problems', value: result.problems.length, unit: '', threads: 0 }
  const lines = [...result.figures, problems].map((figure) => {
    return lineOf({ parameters: {}, ...own, ...figure }, origin)
  })
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, 'runs.ndjson'), lines.join(''))
}

/** Seconds of each part. */
function timesOf(parts: readonly Entry[], total: number): ReadonlyMap<string, number> {
  const shares = parts.reduce((sum, { share }) => sum + share, 0)
  const full = parts.find(({ share, most }) => (total * share) / shares > most)
  if (full === undefined) {
    return new Map(parts.map(({ name, share }) => [name, (total * share) / shares]))
  }
  const others = parts.filter((part) => part !== full)
  return new Map([...timesOf(others, total - full.most), [full.name, full.most]])
}

const USAGE = `
npm run stress -- [options]: real threads, recorded, killed, suspended and measured

  --minutes N        time of all parts (2); short times are exceeded, as each part does something
  --parts A,B        some of ${PARTS.map(({ name }) => name).join(', ')}
  --seed N           the same choices again (the schedule is the machine's); any by default
  --results FOLDER   where a line per figure is appended to runs.ndjson (results/); none: nowhere

Exit code: 0, 1 when something was found, 2 for wrong options.`

const { values, chosen, seed, seconds } = commandLine(USAGE, (args) => {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      parts: { type: 'string', default: PARTS.map(({ name }) => name).join() },
      results: { type: 'string', default: RESULTS },
    },
  })
  const names = PARTS.map(({ name }) => name)
  const wanted = values.parts.split(',').map((name) => oneOf('--parts', name.trim(), names))
  return {
    values,
    chosen: PARTS.filter(({ name }) => wanted.includes(name)),
    seed: wholeOf('--seed', values.seed, 0),
    seconds: minutesOf(values.minutes) * 60,
  }
})

await prepareTypes()
const print = (text: string): void => void process.stdout.write(text)
const started = performance.now()
const times = timesOf(chosen, seconds)
const totals: Record<string, number> = {}
const problems: string[] = []
for (const { name, part } of chosen) {
  const at = new Date().toISOString()
  print(`\n## ${name}, seed ${seed}\n\n`)
  const result = await part({ seconds: Math.ceil(times.get(name)!), seed, print })
  for (const [key, value] of Object.entries(result.totals)) {
    totals[key] = (totals[key] ?? 0) + value
  }
  for (const problem of result.problems) print(`\nPROBLEM ${problem}\n`)
  problems.push(...result.problems)
  if (values.results !== 'none') write(values.results, name, result, at, seed)
}
const took = Math.round((performance.now() - started) / 1000)
const { histories: checked, kills, longestStallMs, controlStallMs } = totals
const stall =
  longestStallMs === undefined
    ? ''
    : `, longest stall of a survivor ${longestStallMs} ms (control ${controlStallMs} ms)`
const integrity = problems.length === 0 ? 'integrity clean' : `${problems.length} problems`
print(
  `\n${checked ?? 0} histories checked (${totals['undecided'] ?? 0} undecided), ${kills ?? 0} ` +
    `kills${stall}, ${integrity}, ${took} s\n`,
)
print(
  `${JSON.stringify({ ok: problems.length === 0, seed, seconds: took, ...totals, problems })}\n`,
)
process.exit(problems.length === 0 ? 0 : 1)
