/**
 * The parts of a fuzzing run, each within so many seconds: what it counted, what it found, and how
 * to see it again.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { createEngine } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { LONG, SHORT } from './attacks.ts'
import { Differential, differenceText, type Tally } from './differential.ts'
import { exchange } from './frames.ts'
import { fuzzGuided, keepInputs, keptInputs } from './guided.ts'
import { attackAll } from './hostile.ts'
import { HttpGrammar } from './http-grammar.ts'
import { fuzzLive } from './http-live.ts'
import { HttpTarget } from './http-target.ts'
import { memcachedVersion, startMemcached } from './memcached-process.ts'
import { Random } from './random.ts'
import { catchWireTwins, WIRE_TWINS } from './twins.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HAND_OFFS = ['frames', 'sockets'] as const
const MIB = 2 ** 20

export interface PartReport {
  readonly figures: Readonly<Record<string, number>>
  readonly findings: readonly string[]
}

export interface Call {
  readonly seed: number
  readonly seconds: number
  /** For the differential: commands, whatever time they take. */
  readonly commands?: number
  /** Attacks in their long form. */
  readonly isLong?: boolean
  /** Inputs that reached something new are kept. */
  readonly keeps?: boolean
  say(line: string): void
}

function clock(seconds: number): { isOver(): boolean; seconds(): number } {
  const begun = performance.now()
  const passed = () => (performance.now() - begun) / 1000
  return { isOver: () => passed() > seconds, seconds: () => Math.round(passed() * 10) / 10 }
}

/** Random bytes and commands to the protocol, guided by its coverage. */
async function wire({ seed, seconds, keeps, say }: Call): Promise<PartReport> {
  const time = clock(seconds)
  const report = fuzzGuided(seed, () => time.isOver(), say)
  if (keeps === true) keepInputs([...keptInputs(), ...report.joined])
  const { inputs, splits, coveredAtStart, covered, joined } = report
  return {
    figures: {
      inputs,
      splits,
      coveredAtStart,
      covered,
      joined: joined.length,
      seconds: time.seconds(),
    },
    findings: report.findings.map(({ input, problem }) => `${problem}\n${JSON.stringify(input)}`),
  }
}

/** Streams of several connections through the frames of one link. */
async function frames({ seed, seconds }: Call): Promise<PartReport> {
  const time = clock(seconds)
  const figures = { exchanges: 0, frames: 0, bytes: 0, seconds: 0 }
  const findings: string[] = []
  for (let at = seed; !time.isOver() && findings.length < 3; at++) {
    const report = exchange(new Random(at))
    figures.exchanges++
    figures.frames += report.frames
    figures.bytes += report.bytes
    if (report.problem !== undefined) findings.push(`exchange of seed ${at}: ${report.problem}`)
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

/** The same commands to a real memcached; both hand-offs, half of the commands each. */
async function differential(call: Call): Promise<PartReport> {
  const { seed, seconds, commands = Number.POSITIVE_INFINITY, say } = call
  if (memcachedVersion() === undefined) {
    return { figures: { commands: 0 }, findings: ['memcached is not installed'] }
  }
  const time = clock(seconds)
  const figures = { commands: 0, streams: 0, replyBytes: 0, differences: 0 }
  const findings: string[] = []
  for (const handOff of HAND_OFFS) {
    const half = clock(seconds / 2)
    const isOver = () => call.commands === undefined && half.isOver()
    // A stream in which time passes takes a quarter of a minute.
    const timed = call.commands !== undefined || seconds >= 60 ? 1 : 0
    const tallies = await compareWith(handOff, seed, Math.ceil(commands / 2), timed, isOver)
    for (const tally of tallies) {
      say(`${handOff}: ${tally.commands} commands in ${tally.streams} streams`)
      figures.commands += tally.commands
      figures.streams += tally.streams
      figures.replyBytes += tally.replyBytes
      if (tally.difference === undefined) continue
      figures.differences++
      findings.push(`with ${handOff} ${differenceText(tally.difference)}`)
    }
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

async function compareWith(
  handOff: (typeof HAND_OFFS)[number],
  seed: number,
  commands: number,
  timed: number,
  isOver: () => boolean,
): Promise<Tally[]> {
  const engine = createEngine({ name: `differential-${handOff}`, memory: '64mb' })
  const options = { memcachedPort: 0, workers: 1, handOff, acceptor: 'worker' } as const
  const server = await serve(engine, options)
  const memcached = await startMemcached()
  const port = Number(/\d+$/.exec(server.addresses[0]!)![0])
  const both = new Differential(port, memcached.port)
  try {
    // The other hand-off gets other streams.
    const first = handOff === 'frames' ? seed : seed + 500_000
    const inTime = await both.runTimed(first, timed)
    return [inTime, await both.run(first, commands, isOver)]
  } finally {
    both.close()
    memcached.stop()
    await server.close()
    engine.close()
  }
}

/** Clients that do not behave. */
async function hostile({ isLong, say }: Call): Promise<PartReport> {
  const time = clock(0)
  const findings: string[] = []
  let attacks = 0
  let growth = 0
  let longestMs = 0
  for (const handOff of HAND_OFFS) {
    await attackAll(handOff, isLong === true ? LONG : SHORT, (report) => {
      attacks++
      growth = Math.max(growth, (report.rssAfter - report.rssBefore) / MIB)
      longestMs = Math.max(longestMs, report.longestMs)
      say(`${handOff}, ${report.attack}: ${JSON.stringify(report)}`)
      for (const problem of report.problems) {
        findings.push(`${handOff}, ${report.attack}: ${problem}`)
      }
    })
  }
  const figures = { attacks, mostGrowthMiB: Math.round(growth), longestAnswerMs: longestMs }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

/** Random HTTP: to two connections in this process, then to servers by either hand-off. */
async function http({ seed, seconds }: Call): Promise<PartReport> {
  const findings: string[] = []
  const figures = { inputs: 0, answers: 0, connections: 0, seconds: 0 }
  const time = clock(seconds)
  const target = new HttpTarget()
  const random = new Random(seed)
  const grammar = new HttpGrammar(random)
  for (const half = clock(seconds / 2); !half.isOver() && findings.length < 3; figures.inputs++) {
    const input = grammar.next()
    const problem = await target.check(input, random)
    if (problem !== undefined)
      findings.push(`${problem}\n${JSON.stringify(input.toString('latin1'))}`)
  }
  const damage = target.close()
  if (damage !== undefined) findings.push(damage)
  for (const count of target.statuses.values()) figures.answers += count
  for (const handOff of HAND_OFFS) {
    const part = clock(seconds / 4)
    const report = await fuzzLive(handOff, seed, () => part.isOver())
    figures.connections += report.connections
    findings.push(...report.findings.map((finding) => `${handOff}, seed ${seed}: ${finding}`))
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

/** Broken twins: each must be found. */
async function twins({ say }: Call): Promise<PartReport> {
  const time = clock(0)
  const findings: string[] = []
  let caught = 0
  await catchWireTwins(WIRE_TWINS, ({ twin, after, problem }) => {
    if (after === undefined) findings.push(`${twin.name}: not caught by ${twin.check}: ${problem}`)
    else caught++
    say(`${twin.name} caught by ${twin.check} after ${after} of ${twin.within}`)
  })
  return { figures: { caught, seconds: time.seconds() }, findings }
}

/** The tests against a Map, more often and with other seeds, in a process of their own. */
async function models({ seed, seconds }: Call): Promise<PartReport> {
  const time = clock(seconds)
  const times = String(Math.max(1, Math.round(seconds / 45)))
  const env = { ...process.env, HEDDLE_MODEL_RUNS: times, HEDDLE_MODEL_SEED: String(seed) }
  const program = 'node_modules/vitest/vitest.mjs'
  const which = ['.model.test', 'test/engine/model.test']
  const args = [program, 'run', '--testTimeout', '3600000', '--maxWorkers', '1', ...which]
  const options = { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  const text = stripVTControlCharacters(stdout)
  const tests = Number(/Tests .*?(\d+) passed/.exec(text)?.[1] ?? 0)
  const figures = { tests, times: Number(times), seconds: time.seconds() }
  return { figures, findings: status === 0 ? [] : [text.slice(-6000) + stderr.slice(-2000)] }
}

export const PARTS: Readonly<Record<string, (call: Call) => Promise<PartReport>>> = {
  wire,
  frames,
  differential,
  hostile,
  http,
  twins,
  models,
}
