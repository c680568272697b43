/**
 * The table of targets: `npm run bench:targets` picks each figure out of results/runs.ndjson, the
 * newest that was measured, and writes results/tables/targets.md: what was asked for, what was
 * found, met or not, and the command that shows it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { commandLine } from './command-line.ts'
import { DEFAULT_RESULTS } from './options.ts'
import { markdownTable } from './report/write.ts'
import { readLines } from './targets/lines.ts'
import { SPACE } from './targets/space.ts'
import { SPEED } from './targets/speed.ts'
import { judgeTarget, targetTables } from './targets/target.ts'

const USAGE = `
npm run bench:targets -- [options]: each target beside the newest figure, met or not met

  --results FOLDER  where runs.ndjson lies and tables/targets.md is written (results/)

Exit code: 0, whatever is met; 2 for wrong options.`

const values = commandLine(
  USAGE,
  (args) =>
    parseArgs({ args, options: { results: { type: 'string', default: DEFAULT_RESULTS } } }).values,
)
const lines = readLines(readFileSync(join(values.results, 'runs.ndjson'), 'utf8'))
const judged = [...SPEED, ...SPACE].map((target) => judgeTarget(target, lines))
const counts = Map.groupBy(judged, ({ verdict }) => verdict)
const summary = [...counts].map(([verdict, these]) => `${these.length} ${verdict}`).join(', ')
const about = [
  '# targets',
  '',
  'Each target of the project for speed, memory and hit ratio beside the newest figure that was',
  'measured: the median of rounds (lowest-highest). Where a ratio to a rival cannot be met because',
  "the machine's floor (a C program that answers and stores nothing) alone is beyond it, the same",
  "limit holds for what lies above the floor. The runtime's floor is the same program in Node,",
  "through the server's own sockets: what its ratio leaves is all that heddle can win or lose.",
  '',
  `${judged.length} targets: ${summary}.`,
  '',
]
const text = `${[...about, ...targetTables(judged).map(markdownTable)].join('\n')}\n`
mkdirSync(join(values.results, 'tables'), { recursive: true })
const file = join(values.results, 'tables', 'targets.md')
writeFileSync(file, text)
process.stdout.write(`${text}\n${file}\n`)
