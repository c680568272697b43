/**
 * The guard: `npm run bench:guard` compares this working tree with the last commit that has lines
 * in results/runs.ndjson, in interleaved rounds, and names what got slower beyond noise
 * (guard/statistics.ts says when). What looks slower is measured again before it is named. A line
 * for each measurement is appended to results/runs.ndjson, so this commit is the next one's
 * baseline.
 */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { commandLine, oneOf, wholeOf } from './command-line.ts'
import { ALPHA, LEAST_EFFECT, LEAST_ROUNDS, MOST_ROUNDS, judge } from './guard/statistics.ts'
import type { Verdict } from './guard/statistics.ts'
import { KINDS, playPairs } from './guard/play.ts'
import type { GuardSizes, Kind, Pairs } from './guard/play.ts'
import { REPOSITORY, folderTree, lastRecorded, treeOf } from './guard/trees.ts'
import type { Tree } from './guard/trees.ts'
import { takeCores } from './load/cores.ts'
import { machineFacts } from './machine.ts'
import { fnv1a, hex, median, shown } from './measurement.ts'
import { startProgress } from './progress.ts'
import { DEFAULT_RESULTS } from './options.ts'
import { lineOf, markdownTable } from './report/write.ts'

const USAGE = `
npm run bench:guard -- [options]: is this working tree slower than the last recorded commit?

  --against WHAT    a commit, or a folder with another checkout (the last commit recorded in
                    results/runs.ndjson); HEAD in a clean tree shows how often it cries wolf
  --of FOLDER       another tree than this one
  --only KIND       ${KINDS.join(' or ')}: only embedded operations, only servers
  --rounds N        pairs of each measurement, ${LEAST_ROUNDS} to ${MOST_ROUNDS} (8)
  --smoke           tiny sizes: what the tests run
  --results FOLDER  where the lines are written (results/)

A measurement is slower when its median ratio is at least ${1 + LEAST_EFFECT} and a signed-rank test
over the pairs gives less than ${ALPHA}, in two series, the second only of what the first suspects.
Exit code: 0, 1 when something got slower, 2 for wrong options.`

const DEFAULT_ROUNDS = '8'
const SIZES = { micro: [100_000, 20_000, 1], seconds: 0.4, keys: 20_000, connections: 50 } as const
/** Two rounds of four samples each make the eight pairs. */
const SMOKE = { micro: [1_000, 1_000, 4], seconds: 0.1, keys: 500, connections: 4 } as const
const SMOKE_ROUNDS = { micro: 2, server: 1 }

interface Asked {
  readonly against: string | undefined
  readonly of: string | undefined
  readonly kinds: readonly Kind[]
  readonly rounds: number
  readonly isSmoke: boolean
  readonly results: string
}

function readAsked(args: string[]): Asked {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      of: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string', default: DEFAULT_ROUNDS },
      smoke: { type: 'boolean', default: false },
      results: { type: 'string', default: DEFAULT_RESULTS },
    },
  })
  const { only } = values
  return {
    ...{ against: values.against, of: values.of, isSmoke: values.smoke, results: values.results },
    kinds: only === undefined ? KINDS : [oneOf('--only', only, KINDS) as Kind],
    rounds: wholeOf('--rounds', values.rounds, LEAST_ROUNDS, MOST_ROUNDS),
  }
}

const asked = commandLine(USAGE, readAsked)
const facts = machineFacts()
const startedAt = new Date().toISOString()
const against = asked.against ?? lastRecorded(asked.results, facts.commit)
if (against === undefined) {
  process.stderr.write('no other commit is recorded in results/runs.ndjson; see --against\n')
  process.exit(2)
}
process.exitCode = await guard(against)

async function guard(named: string): Promise<number> {
  const old = treeOf(named)
  // However this ends short of SIGKILL, no worktree is left.
  process.on('exit', () => old.remove())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2))
  const cores = takeCores()
  const progress = startProgress()
  progress.begin('guard')
  try {
    const fresh = folderTree(asked.of ?? REPOSITORY, asked.of ?? facts.commit)
    const sizes: GuardSizes = {
      ...(asked.isSmoke ? SMOKE : SIZES),
      ...{ rounds: asked.isSmoke ? SMOKE_ROUNDS[asked.kinds[0]!] : asked.rounds },
      kinds: asked.kinds,
    }
    const series = (kinds: readonly Kind[]): Promise<Pairs> =>
      playPairs(old, fresh, { ...sizes, kinds }, cores, (name, round) =>
        progress.step(name, round, sizes.rounds),
      )
    const first = await series(sizes.kinds)
    const suspected = [...first].filter(([, pairs]) => judge(pairs).change === 'slower')
    const kinds = KINDS.filter((kind) => suspected.some(([name]) => kindOf(name) === kind))
    const second: Pairs = kinds.length === 0 ? new Map() : await series(kinds)
    progress.end()
    report(old, fresh, first, second)
    return slower(first, second).length > 0 ? 1 : 0
  } finally {
    cores.release()
  }
}

function kindOf(name: string): Kind {
  return name.startsWith('embedded') ? 'micro' : 'server'
}

/** In both series. */
function slower(first: Pairs, second: Pairs): string[] {
  const isSlower = (pairs: Pairs, name: string) => {
    const found = pairs.get(name)
    return found !== undefined && judge(found).change === 'slower'
  }
  return [...first.keys()].filter((name) => isSlower(first, name) && isSlower(second, name))
}

function report(old: Tree, fresh: Tree, first: Pairs, second: Pairs): void {
  const named = new Set(slower(first, second))
  const verdictOf = (name: string, { change }: Verdict) => {
    if (named.has(name)) return 'SLOWER'
    return change === 'slower' ? 'same: not seen again' : change
  }
  const rows = [...first].map(([name, pairs]) => {
    const verdict = judge(pairs)
    const { ratio, spread, slowerByChance } = verdict
    return [
      name,
      shown(median(pairs.map(([before]) => before))),
      shown(median(pairs.map(([, after]) => after))),
      `${ratio.toFixed(3)} (${spread.low.toFixed(3)}-${spread.high.toFixed(3)})`,
      slowerByChance.toFixed(4),
      second.has(name) ? judge(second.get(name)!).ratio.toFixed(3) : '-',
      verdictOf(name, verdict),
    ]
  })
  const columns = ['CPU of', old.name, fresh.name, 'ratio', 'by chance', 'again', 'verdict']
  const title = `${fresh.name} beside ${old.name}, ${asked.rounds} pairs`
  process.stdout.write(`\n${markdownTable({ title, columns, rows })}`)
  record(first, old.name)
  const words =
    named.size === 0 ? 'Nothing got slower beyond noise.' : `Slower: ${[...named].join('; ')}`
  process.stdout.write(`\n${words}\n`)
}

function record(found: Pairs, oldName: string): void {
  mkdirSync(asked.results, { recursive: true })
  const origin = { at: startedAt, form: asked.isSmoke ? 'smoke' : 'default', seed: 0, ...facts }
  for (const [operation, pairs] of found) {
    const { ratio, spread, slowerByChance } = judge(pairs)
    const measurement = {
      ...{ suite: 'guard', subject: 'heddle', operation, threads: 1, value: ratio, unit: 'times' },
      ...{ spread, parameters: { against: oldName, byChance: slowerByChance } },
      checksum: hex(fnv1a(operation)),
    }
    appendFileSync(join(asked.results, 'runs.ndjson'), lineOf(measurement, origin))
  }
}
