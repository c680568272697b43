/**
 * `npm run fuzz -- --minutes 10`: all fuzzing in turn, each part for its share of the time.
 * The options are told by `--help`.
 *
 * The last line is a summary as JSON. What was found is also saved, a file each, in the folder of
 * temporary files; then the program ends with 1.
 */
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machineFacts } from '../../bench/machine.ts'
import { fnv1a, hex } from '../../bench/measurement.ts'
import { lineOf } from '../../bench/report/write.ts'
import { commandLine, minutesOf, oneOf, wholeOf } from '../../bench/command-line.ts'
import { type Call, PARTS, type PartReport } from './parts.ts'

const RESULTS = fileURLToPath(new URL('../../results/', import.meta.url))
/** Shares of the time; the attacks and the models take what they take. */
const SHARES: Readonly<Record<string, number>> = {
  wire: 0.14,
  binary: 0.09,
  redis: 0.17,
  frames: 0.07,
  live: 0.08,
  differential: 0.12,
  'redis-differential': 0.08,
  hostile: 0.1,
  http: 0.15,
  models: 0.15,
}
const UNITS: Readonly<Record<string, string>> = {
  inputs: 'inputs',
  covered: 'characters of source',
  exchanges: 'exchanges',
  commands: 'commands',
  answers: 'answers',
  connections: 'connections',
  differences: 'differences',
  caught: 'twins',
  attacks: 'attacks',
  mostGrowthMiB: 'MiB',
  longestAnswerMs: 'ms',
  tests: 'tests',
}

const USAGE = `
npm run fuzz -- [options]: all fuzzing in turn, each part for its share of the time

  --minutes N          time of all parts (1); attacks and models take what they take
  --differential N     only N commands, compared with a real memcached
  --redis-differential N
                       only N commands, compared with a real redis-server
  --hostile            only the attacks of hostile clients, in their long form
  --twins              only the broken twins of twins.ts: each must be caught
  --only PART          one part for the whole time: ${Object.keys(PARTS).join(', ')}
  --seed N             the same choices again; any by default
  --keep               inputs that reached something new go to corpus/*.json
  --results FOLDER     where a line per figure is appended to runs.ndjson (results/); none: nowhere

Exit code: 0, 1 when something was found, 2 for wrong options.`

function commandsOf(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeOf(option, text, 1)
}

const { values, seed, minutes, commands, only } = commandLine(USAGE, (args) => {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      differential: { type: 'string' },
      'redis-differential': { type: 'string' },
      hostile: { type: 'boolean', default: false },
      twins: { type: 'boolean', default: false },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      results: { type: 'string', default: RESULTS },
    },
  })
  const { differential, 'redis-differential': redis } = values
  const named = [
    differential && 'differential',
    redis && 'redis-differential',
    values.hostile && 'hostile',
    values.twins && 'twins',
  ]
  const only = [...named, values.only].filter((part) => typeof part === 'string')
  if (only.length > 1) throw new Error(`one part at a time, not ${only.join(' and ')}`)
  if (values.only !== undefined) oneOf('--only', values.only, Object.keys(PARTS))
  return {
    values,
    seed: wholeOf('--seed', values.seed, 0),
    minutes: minutesOf(values.minutes),
    commands:
      commandsOf('--differential', differential) ?? commandsOf('--redis-differential', redis),
    only: only[0],
  }
})

const parts = only === undefined ? Object.keys(SHARES) : [only]
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const at = new Date().toISOString()
let saved: string | undefined
let found = 0
const summary: Record<string, PartReport['figures']> = {}

say(`fuzz: seed ${seed}, parts ${parts.join(', ')}`)
for (const part of parts) {
  const share = only === undefined ? SHARES[part]! : 1
  const call: Call = {
    seed,
    seconds: minutes * 60 * share,
    ...(commands === undefined ? {} : { commands }),
    isLong: values.hostile,
    keeps: values.keep,
    say: (line) => say(`  ${line}`),
  }
  say(`${part}:`)
  const report = await run(part, call)
  summary[part] = report.figures
  say(`  ${JSON.stringify(report.figures)}`)
  for (const finding of report.findings) save(part, finding)
  if (values.results !== 'none') note(part, report)
}
if (saved !== undefined) say(`what was found is in ${saved}`)
say(JSON.stringify({ ok: found === 0, seed, findings: found, ...summary }))
process.exit(found === 0 ? 0 : 1)

async function run(part: string, call: Call): Promise<PartReport> {
  const start = PARTS[part]
  if (start === undefined) throw new Error(`no such part: ${part}`)
  try {
    return await start(call)
  } catch (error) {
    return { figures: {}, findings: [error instanceof Error ? `${error.stack}` : String(error)] }
  }
}

function save(part: string, finding: string): void {
  found++
  saved ??= mkdtempSync(join(tmpdir(), 'heddle-fuzz-'))
  writeFileSync(join(saved, `${part}-${found}.txt`), `seed ${seed}\n${finding}\n`)
  say(`  FOUND ${finding}`)
}

/** A line per measurement. */
function note(part: string, { figures, findings }: PartReport): void {
  const origin = { at, form: 'fuzz', seed, ...machineFacts() }
  const parameters = { part, seconds: figures['seconds'] ?? 0, findings: findings.length }
  const checksum = hex(fnv1a(JSON.stringify(figures)))
  const lines = Object.entries(figures).flatMap(([name, value]) => {
    const unit = UNITS[name]
    if (unit === undefined) return []
    const what = { suite: 'fuzz', subject: 'heddle', operation: `${part} ${name}`, threads: 1 }
    return [lineOf({ ...what, value, unit, parameters, checksum }, origin)]
  })
  mkdirSync(values.results, { recursive: true })
  appendFileSync(join(values.results, 'runs.ndjson'), lines.join(''))
}
