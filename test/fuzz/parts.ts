/**
 * The parts of a fuzzing run, each within so many seconds: what it counted, what it found, and how
 * to see it again.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { createEngine } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { hasRedis, RedisServer } from '../protocols/redis/redis-server.ts'
import { LONG, SHORT } from './attacks.ts'
import { BINARY } from './binary-dialect.ts'
import { clock } from './clock.ts'
import { type Dialect, keepInputs, keptInputs } from './dialect.ts'
import { DIALECTS } from './dialects.ts'
import { Differential, differenceText, type Tally } from './differential.ts'
import { exchange } from './frames.ts'
import { fuzzGuided } from './guided.ts'
import { attackAll, type HostileReport } from './hostile.ts'
import { fuzzLive } from './live.ts'
import { HttpGrammar } from './http-grammar.ts'
import { fuzzLive as fuzzHttpLive } from './http-live.ts'
import { HttpTarget } from './http-target.ts'
import { memcachedVersion, startMemcached } from './memcached-process.ts'
import { Random } from './random.ts'
import { REDIS } from './redis-dialect.ts'
import { RedisDifferential, type RedisTally } from './redis-differential.ts'
import { TEXT } from './text-dialect.ts'
import { TONGUES } from './tongue.ts'
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

/** Random bytes and commands to a protocol, guided by its coverage. */
function guided(dialect: Dialect): (call: Call) => Promise<PartReport> {
  return async ({ seed, seconds, keeps, say }) => {
    const time = clock(seconds)
    const report = fuzzGuided(dialect, seed, () => time.isOver(), say)
    if (keeps === true) keepInputs(dialect, [...keptInputs(dialect), ...report.joined])
    const { inputs, splits, coveredAtStart, covered, joined } = report
    const counts = { inputs, splits, coveredAtStart, covered, joined: joined.length }
    return {
      figures: { ...counts, seconds: time.seconds() },
      findings: report.findings.map(({ input, problem }) => `${problem}\n${JSON.stringify(input)}`),
    }
  }
}

/** Streams of several connections through the frames of one link. */
async function frames({ seed, seconds }: Call): Promise<PartReport> {
  const time = clock(seconds)
  const figures = { exchanges: 0, frames: 0, bytes: 0, seconds: 0 }
  const findings: string[] = []
  for (let at = seed; !time.isOver() && findings.length < 3; at++) {
    for (const dialect of DIALECTS) {
      const report = exchange(dialect, new Random(at))
      figures.exchanges++
      figures.frames += report.frames
      figures.bytes += report.bytes
      if (report.problem === undefined) continue
      findings.push(`${dialect.name}, exchange of seed ${at}: ${report.problem}`)
    }
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

/** Inputs of all dialects to a running server, by both hand-offs. */
async function live({ seed, seconds, say }: Call): Promise<PartReport> {
  const time = clock(seconds)
  const figures = { inputs: 0, compared: 0, replyBytes: 0 }
  const findings: string[] = []
  for (const dialect of DIALECTS) {
    for (const handOff of HAND_OFFS) {
      const own = clock(seconds / (DIALECTS.length * HAND_OFFS.length))
      const report = await fuzzLive(dialect, handOff, seed, () => own.isOver())
      say(`${dialect.name} by ${handOff}: ${report.inputs} inputs, ${report.compared} compared`)
      figures.inputs += report.inputs
      figures.compared += report.compared
      figures.replyBytes += report.replyBytes
      findings.push(...report.findings.map((finding) => `by ${handOff}, ${finding}`))
    }
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

/** What a comparison with a real server counted, and its first difference as text. */
interface Compared {
  readonly commands: number
  readonly streams: number
  readonly replyBytes: number
  readonly difference: string | undefined
}

type Compare = (
  handOff: (typeof HAND_OFFS)[number],
  seed: number,
  commands: number,
  isOver: () => boolean,
) => Promise<readonly Compared[]>

/** The same commands to a real server; both hand-offs, half of the commands each. */
async function byBothHandOffs(call: Call, compare: Compare): Promise<PartReport> {
  const { seed, seconds, commands = Number.POSITIVE_INFINITY, say } = call
  const time = clock(seconds)
  const figures = { commands: 0, streams: 0, replyBytes: 0, differences: 0 }
  const findings: string[] = []
  for (const handOff of HAND_OFFS) {
    const half = clock(seconds / HAND_OFFS.length)
    const isOver = () => call.commands === undefined && half.isOver()
    // The other hand-off gets other streams.
    const first = handOff === 'frames' ? seed : seed + 500_000
    const most = Math.ceil(commands / HAND_OFFS.length)
    for (const compared of await compare(handOff, first, most, isOver)) {
      say(`${handOff}: ${compared.commands} commands in ${compared.streams} streams`)
      figures.commands += compared.commands
      figures.streams += compared.streams
      figures.replyBytes += compared.replyBytes
      if (compared.difference === undefined) continue
      figures.differences++
      findings.push(`with ${handOff} ${compared.difference}`)
    }
  }
  return { figures: { ...figures, seconds: time.seconds() }, findings }
}

async function differential(call: Call): Promise<PartReport> {
  if (memcachedVersion() === undefined) {
    return { figures: { commands: 0 }, findings: ['memcached is not installed'] }
  }
  // A stream in which time passes takes a quarter of a minute.
  const timed = call.commands !== undefined || call.seconds >= 60 ? 1 : 0
  return byBothHandOffs(call, async (handOff, seed, commands, isOver) => {
    const tallies = await compareWith(handOff, seed, commands, timed, isOver)
    return tallies.map(({ difference, ...counts }) => {
      return { ...counts, difference: difference && differenceText(difference) }
    })
  })
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
    const inTime = await both.runTimed(seed, timed)
    return [inTime, await both.run(seed, commands, isOver)]
  } finally {
    both.close()
    memcached.stop()
    await server.close()
    engine.close()
  }
}

async function redisDifferential(call: Call): Promise<PartReport> {
  if (!hasRedis()) return { figures: { commands: 0 }, findings: ['redis-server is not installed'] }
  return byBothHandOffs(call, async (...given) => [await compareWithRedis(...given)])
}

async function compareWithRedis(
  handOff: (typeof HAND_OFFS)[number],
  seed: number,
  commands: number,
  isOver: () => boolean,
): Promise<RedisTally> {
  const engine = createEngine({ name: `redis-${handOff}`, memory: '64mb' })
  const server = await serve(engine, { redisPort: 0, workers: 1, handOff, acceptor: 'worker' })
  const redis = await RedisServer.start()
  const port = Number(/\d+$/.exec(server.redisAddresses[0]!)![0])
  try {
    return await new RedisDifferential(port, redis).run(seed, commands, isOver)
  } finally {
    await redis.stop()
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
  const hear = (report: HostileReport): void => {
    const where = `${report.tongue} by ${report.handOff}, ${report.attack}`
    attacks++
    growth = Math.max(growth, (report.rssAfter - report.rssBefore) / MIB)
    longestMs = Math.max(longestMs, report.longestMs)
    say(`${where}: ${JSON.stringify(report)}`)
    for (const problem of report.problems) findings.push(`${where}: ${problem}`)
  }
  for (const tongue of TONGUES) {
    for (const handOff of HAND_OFFS) {
      await attackAll(tongue, handOff, isLong === true ? LONG : SHORT, hear)
    }
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
    const report = await fuzzHttpLive(handOff, seed, () => part.isOver())
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
  wire: guided(TEXT),
  binary: guided(BINARY),
  redis: guided(REDIS),
  frames,
  live,
  differential,
  'redis-differential': redisDifferential,
  hostile,
  http,
  twins,
  models,
}
