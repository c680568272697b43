/**
 * redis-benchmark, the load generator of Redis itself, as a second client that this project has no
 * part in: SET and GET of random keys, round by round against every server. The servers' processor
 * time is read around each of its runs.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { cpuBetween, cpuTimeOf } from '../../src/load/server-process.ts'
import type { Progress } from '../progress.ts'
import type { RedisSizes } from './scenes.ts'
import type { RunningServer, ServerName } from './servers.ts'

const TOOL = 'redis-benchmark'
const TIMEOUT_MS = 120_000
const VALUE_BYTES = 32
/** GET asks for what SET has stored. */
const TESTS = ['SET', 'GET'] as const

export interface ToolRound {
  readonly cpuUs: number
  readonly perSecond: number
}

export interface ToolSeries {
  readonly server: ServerName
  readonly test: (typeof TESTS)[number]
  readonly depth: number
  readonly rounds: ToolRound[]
}

/** What it found; a sentence when it is not installed. */
export async function playTool(
  servers: readonly RunningServer[],
  sizes: RedisSizes,
  progress: Progress,
): Promise<ToolSeries[] | string> {
  const depths = Object.keys(sizes.toolRequests).map(Number)
  const found = depths.flatMap((depth) =>
    TESTS.flatMap((test) =>
      servers.map(({ name }): ToolSeries => ({ server: name, test, depth, rounds: [] })),
    ),
  )
  // Round 0 warms up and is not kept.
  for (let round = 0; round <= sizes.toolRounds; round++) {
    for (const series of found) {
      const { server, test, depth } = series
      progress.step(`${TOOL} ${test} depth ${depth}: ${server}`, round, sizes.toolRounds)
      const running = servers.find(({ name }) => name === server) as RunningServer
      const one = await run(running, series, sizes)
      if (one === undefined) return `${TOOL} is not installed (Debian package redis-tools).`
      if (round > 0) series.rounds.push(one)
    }
  }
  return found
}

async function run(
  { pid, target, name }: RunningServer,
  { test, depth }: ToolSeries,
  sizes: RedisSizes,
): Promise<ToolRound | undefined> {
  const requests = sizes.toolRequests[depth] as number
  const args = [
    ...['-h', target.host, '-p', String(target.port), '-t', test.toLowerCase(), '--csv'],
    ...['-n', String(requests), '-P', String(depth), '-c', String(sizes.connections)],
    ...['-r', String(sizes.keys), '-d', String(VALUE_BYTES)],
  ]
  const before = cpuTimeOf(pid)
  const words = await output(args)
  const after = cpuTimeOf(pid)
  if (words === undefined) return undefined
  const perSecond = Number(new RegExp(`^"${test}","([\\d.]+)"`, 'm').exec(words)?.[1])
  if (!(perSecond > 0)) throw new Error(`${TOOL} against ${name} said: ${words}`)
  const hasCpu = before !== undefined && after !== undefined
  const { userUs, systemUs } = hasCpu ? cpuBetween(before, after) : { userUs: 0, systemUs: 0 }
  return { perSecond, cpuUs: (userUs + systemUs) / requests }
}

/** Undefined when there is no such program. */
async function output(args: readonly string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(TOOL, args, { timeout: TIMEOUT_MS })).stdout
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
