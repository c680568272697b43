/**
 * The guard's measurements: embedded operations in a process of their own (micro.ts), and the
 * processor time that a server's whole process takes for a request, over memcached's text protocol
 * and RESP, at depth 1 and 16. A round starts everything anew for both trees, first the one and
 * then the other, the order turning from round to round: what a process was lucky or unlucky with
 * for all its life (compiled code, places in memory) is part of the noise that is tested against.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LoadPool } from '../../src/load/pool.ts'
import type { Cores } from '../load/cores.ts'
import { startServer } from '../load/servers.ts'
import type { ServerName } from '../load/servers.ts'
import { openSubject } from '../load/subjects.ts'
import { cpuUs } from '../load/throughput-report.ts'
import type { Tree } from './trees.ts'
import { REPOSITORY } from './trees.ts'

export const KINDS = ['micro', 'server'] as const
export type Kind = (typeof KINDS)[number]

export interface GuardSizes {
  readonly rounds: number
  readonly kinds: readonly Kind[]
  readonly seconds: number
  /** Of the embedded part; more than one sample of a process: for tests that have little time. */
  readonly micro: readonly [keys: number, batch: number, samples: number]
  readonly keys: number
  readonly connections: number
}

/** Samples of cost by measurement, nanoseconds or microseconds for each operation. */
export type Costs = Map<string, readonly number[]>
export type Pairs = Map<string, [old: number, fresh: number][]>

const MICRO = join(REPOSITORY, 'bench/guard/micro.ts')
const SERVERS: readonly (readonly [ServerName, string])[] = [
  ['heddle sockets 1', 'memcached text'],
  ['heddle RESP sockets 1', 'RESP'],
]
const DEPTHS = [1, 16]
const MEMORY_MB = 64
const WARM_UPS = 2

/** Both trees in rounds; a measurement that one of them does not have is left out. */
export async function playPairs(
  old: Tree,
  fresh: Tree,
  sizes: GuardSizes,
  cores: Cores,
  step: (what: string, round: number) => void,
): Promise<Pairs> {
  const pairs: Pairs = new Map()
  const pool = new LoadPool(1)
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      const found = new Map<Tree, Costs>()
      for (const tree of round % 2 === 0 ? [old, fresh] : [fresh, old]) {
        step(tree.name, round)
        found.set(tree, await measure(pool, tree, sizes, cores))
      }
      for (const [name, costs] of found.get(old)!) {
        const others = found.get(fresh)!.get(name)
        if (others === undefined) continue
        const more = costs.map((cost, n): [number, number] => [cost, others[n]!])
        pairs.set(name, [...(pairs.get(name) ?? []), ...more])
      }
    }
  } finally {
    await pool.close()
  }
  return pairs
}

async function measure(
  pool: LoadPool,
  tree: Tree,
  sizes: GuardSizes,
  cores: Cores,
): Promise<Costs> {
  const costs: Costs = new Map()
  if (sizes.kinds.includes('micro')) {
    for (const [name, ns] of await measureMicro(tree, sizes, cores)) {
      costs.set(`embedded ${name}, ns`, ns)
    }
  }
  if (sizes.kinds.includes('server')) {
    for (const [name, protocol] of SERVERS) {
      const depths = await measureServer(pool, tree, name, sizes, cores)
      for (const [depth, us] of depths) costs.set(`${protocol} depth ${depth}, us`, [us])
    }
  }
  return costs
}

async function measureMicro(tree: Tree, sizes: GuardSizes, { prefix }: Cores) {
  const script = [process.execPath, MICRO, tree.root, ...sizes.micro.map(String)]
  const [command, ...args] = [...prefix, ...script]
  const { stdout } = await promisify(execFile)(command!, args)
  return Object.entries(JSON.parse(stdout) as Record<string, number[]>)
}

async function measureServer(
  pool: LoadPool,
  tree: Tree,
  name: ServerName,
  sizes: GuardSizes,
  { prefix }: Cores,
): Promise<Map<number, number>> {
  const entry = join(tree.root, 'src/cli/main.ts')
  const server = await startServer(name, MEMORY_MB, { prefix, entry })
  if (typeof server === 'string') throw new Error(server)
  const costs = new Map<number, number>()
  try {
    const { keys, connections, seconds } = sizes
    const values = { low: 32, high: 32 }
    const order = { keys, connections, mostDepth: Math.max(...DEPTHS), values }
    const subject = await openSubject(pool, server, order)
    const play = (depth: number, time: number) =>
      subject.run({
        ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: 1, rate: undefined },
        ...{ depth, seconds: time, allowMisses: false },
      })
    for (const depth of DEPTHS) {
      for (let n = 0; n < WARM_UPS; n++) await play(depth, seconds / 2)
      costs.set(depth, cpuUs(await play(depth, seconds)))
    }
    await subject.close()
    return costs
  } finally {
    await server.stop()
  }
}
