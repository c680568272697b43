/**
 * Load generators that are no part of this project, where they are installed: redis-benchmark
 * (Redis), memtier_benchmark (Redis Labs), mc-crusher (memcached) and memaslap (libmemcached). Each
 * loads every server of a family in turn, round by round. None of them is believed about itself:
 * operations are counted by the server's own counters, and processor time is that of its process.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KEY_PREFIX } from '../../src/load/workload.ts'
import { cpuBetween, cpuTimeOf } from '../../src/load/server-process.ts'
import { readStats } from '../load/memory.ts'
import type { RunningServer, ServerName } from '../load/servers.ts'
import { BASE } from './axes.ts'
import type { Family } from './axes.ts'
import type { MatrixStage, Stable } from './stage.ts'

export interface ToolOrder {
  readonly port: number
  readonly seconds: number
  readonly depth: number
  readonly connections: number
  readonly keys: number
  readonly valueBytes: number
  /** For a file that it wants. */
  readonly folder: string
}

export interface Tool {
  readonly name: string
  /** Where it comes from. */
  readonly origin: string
  readonly family: Family['name']
  /** It sends one request at a time on a connection. */
  readonly hasNoDepth?: boolean
  /** It goes on until it is stopped. */
  readonly isEndless?: boolean
  readonly args: (order: ToolOrder) => readonly string[]
}

const HOST = '127.0.0.1'
/** More than it can send in the time; it is stopped when that is over. */
const ENDLESS_REQUESTS = '2000000000'

function memtier(family: Family['name'], protocol: string): Tool {
  return {
    ...{ name: 'memtier_benchmark', origin: 'github.com/RedisLabs/memtier_benchmark', family },
    args: ({ port, seconds, depth, connections, keys, valueBytes }) => [
      ...['-s', HOST, '-p', String(port), `--protocol=${protocol}`, '--hide-histogram'],
      ...['-t', '1', '-c', String(connections), `--pipeline=${depth}`, '--ratio=1:9'],
      ...['-d', String(valueBytes), `--key-maximum=${keys}`, `--test-time=${Math.ceil(seconds)}`],
    ],
  }
}

export const TOOLS: readonly Tool[] = [
  {
    ...{ name: 'redis-benchmark', origin: 'Debian package redis-tools', family: 'redis' },
    isEndless: true,
    args: ({ port, depth, connections, keys, valueBytes }) => [
      ...['-h', HOST, '-p', String(port), '-t', 'get', '--csv', '-n', ENDLESS_REQUESTS],
      ...['-P', String(depth), '-c', String(connections), '-r', String(keys)],
      ...['-d', String(valueBytes)],
    ],
  },
  memtier('redis', 'redis'),
  memtier('memcached', 'memcache_text'),
  {
    ...{ name: 'mc-crusher', origin: 'github.com/memcached/mc-crusher', family: 'memcached' },
    isEndless: true,
    args: ({ port, depth, connections, keys, folder }) => {
      const file = join(folder, 'crusher.conf')
      const prefix = KEY_PREFIX.toString('latin1')
      writeFileSync(
        file,
        `send=ascii_get,recv=blind_read,conns=${connections},key_prefix=${prefix},` +
          `key_count=${keys},key_prealloc=1,pipelines=${depth}\n`,
      )
      return ['--conf', file, '--ip', HOST, '--port', String(port)]
    },
  },
  {
    ...{ name: 'memcaslap', origin: 'Debian package libmemcached-tools', family: 'memcached' },
    hasNoDepth: true,
    // Its keys hold control characters, which are not for the text protocol: heddle refuses them.
    args: ({ port, seconds, connections, valueBytes }) => [
      '--binary',
      ...['-s', `${HOST}:${port}`, '-T', '1', '-c', String(connections)],
      ...['-t', `${Math.ceil(seconds)}s`, '-X', String(valueBytes)],
    ],
  },
]

export interface ToolRound {
  readonly cpuUs: number
  readonly perSecond: number
}

export interface ToolSeries {
  readonly tool: Tool
  readonly depth: number
  readonly family: Family
  readonly server: ServerName
  readonly rounds: ToolRound[]
}

export interface ToolsPlayed {
  readonly found: readonly ToolSeries[]
  readonly absent: readonly string[]
}

export async function playTools(stage: MatrixStage, stable: Stable): Promise<ToolsPlayed> {
  const { sizes } = stage
  const found: ToolSeries[] = []
  const absent = new Set<string>()
  if (sizes.toolRounds === 0) return { found, absent: [] }
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-tool-'))
  try {
    for (const tool of TOOLS) {
      const family = sizes.families.find(({ name }) => name === tool.family) as Family
      for (const depth of tool.hasNoDepth === true ? [1] : sizes.toolDepths) {
        const series = await playTool(stage, stable, { tool, depth, family, folder })
        if (series === undefined) absent.add(`${tool.name} is not installed (${tool.origin}).`)
        else found.push(...series)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { found, absent: [...absent] }
}

interface Scene {
  readonly tool: Tool
  readonly depth: number
  readonly family: Family
  readonly folder: string
}

/** Undefined where there is no such program. */
async function playTool(stage: MatrixStage, stable: Stable, scene: Scene) {
  const { sizes, progress } = stage
  const { tool, depth, family, folder } = scene
  const series: ToolSeries[] = []
  const running: RunningServer[] = []
  for (const name of family.servers) {
    // The floor counts nothing, and knows the keys of this project's generator only.
    const server = name === 'floor' ? undefined : await stable.get(name, family, BASE)
    if (server === undefined) continue
    running.push(server)
    series.push({ tool, depth, family, server: name, rounds: [] })
  }
  for (let round = 0; round < sizes.toolRounds; round++) {
    for (const [index, server] of running.entries()) {
      progress.step(`${tool.name} depth ${depth}: ${server.name}`, round, sizes.toolRounds)
      const order: ToolOrder = {
        ...{ port: server.target.port, seconds: sizes.toolSeconds, depth, folder },
        ...{ connections: BASE.connections, keys: BASE.keys, valueBytes: BASE.valueBytes },
      }
      const one = await measure(tool, order, server)
      if (one === undefined) return undefined
      series[index]!.rounds.push(one)
    }
  }
  return series
}

async function measure(tool: Tool, order: ToolOrder, server: RunningServer) {
  const countBefore = await commandsOf(server)
  const before = cpuTimeOf(server.pid)
  const beganAt = performance.now()
  const isThere = await runFor(tool, order)
  const seconds = (performance.now() - beganAt) / 1000
  const after = cpuTimeOf(server.pid)
  if (!isThere) return undefined
  const commands = (await commandsOf(server)) - countBefore
  if (!(commands > 0)) throw new Error(`${tool.name} against ${server.name}: no command counted`)
  const hasCpu = before !== undefined && after !== undefined
  const { userUs, systemUs } = hasCpu ? cpuBetween(before, after) : { userUs: 0, systemUs: 0 }
  return { cpuUs: (userUs + systemUs) / commands, perSecond: commands / seconds }
}

/** False where there is no such program; its own failure is an error. */
function runFor(tool: Tool, order: ToolOrder): Promise<boolean> {
  const limitMs = tool.isEndless === true ? order.seconds * 1000 : order.seconds * 3000 + 10_000
  return new Promise((resolve, reject) => {
    const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const
    execFile(tool.name, tool.args(order), options, (error, _, stderr) => {
      const wasStopped = tool.isEndless === true && error?.killed === true
      if (error === null || wasStopped) resolve(true)
      else if (error.code === 'ENOENT') resolve(false)
      else reject(new Error(`${tool.name} failed: ${error.message} ${stderr}`))
    })
  })
}

/** Commands that the server says it has executed. */
async function commandsOf(server: RunningServer): Promise<number> {
  if (server.target.protocol === 'redis') return redisCommands(server.target.port)
  const stats = await readStats(server, 'stats')
  return (stats.get('cmd_get') ?? 0) + (stats.get('cmd_set') ?? 0)
}

function redisCommands(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port })
    let text = ''
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`INFO said ${text.slice(0, 200)}`)))
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const count = /total_commands_processed:(\d+)\r\n/.exec(text)?.[1]
      if (count === undefined) return
      resolve(Number(count))
      socket.destroy()
    })
    socket.write('INFO stats\r\n')
  })
}
