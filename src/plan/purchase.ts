/**
 * What to buy: workers for a rate of requests, nodes for workers and memory, and what they cost a
 * month. Every number comes from the caller; nothing is known here of any provider.
 */
import { MAX_MEMORY_BYTES } from '../../native-layout/limits.ts'

export interface Prices {
  /** Requests a second; undefined: unknown, one worker. */
  readonly rate: number | undefined
  /** Requests a second that one worker serves. */
  readonly workerRate: number
  /** Of a node, in bytes. */
  readonly nodeMemory: number
  readonly nodeCores: number
  /** A month, in any currency. */
  readonly nodePrice: number
}

export interface Purchase {
  readonly workers: number
  readonly nodes: number
  /** Of each node, in bytes; the cache has it in all. */
  readonly memoryPerNode: number
  readonly workersPerNode: number
  /** All nodes a month. */
  readonly cost: number
}

/** As docs/operations.md has it: of the process, of each worker. */
const PROCESS_BYTES = 128 * 2 ** 20
const WORKER_BYTES = 64 * 2 ** 20

/** What a node has for the cache itself, in bytes, with so many workers. */
export function cacheBytesOf({ nodeMemory }: Prices, workers: number): number {
  return Math.min(MAX_MEMORY_BYTES, nodeMemory - PROCESS_BYTES - workers * WORKER_BYTES)
}

/** @throws Error when a node has no memory left for a cache */
export function purchaseOf(memory: number, prices: Prices): Purchase {
  const { rate, workerRate, nodeCores, nodePrice } = prices
  const workers = Math.max(1, Math.ceil((rate ?? 0) / workerRate))
  let nodes = Math.ceil(workers / nodeCores)
  for (;;) {
    const workersPerNode = Math.ceil(workers / nodes)
    const room = cacheBytesOf(prices, workersPerNode)
    if (room * nodes >= memory) {
      const memoryPerNode = Math.ceil(memory / nodes / 2 ** 20) * 2 ** 20
      return { workers, nodes, memoryPerNode, workersPerNode, cost: nodes * nodePrice }
    }
    const largest = cacheBytesOf(prices, 1)
    if (largest <= 0) throw new Error('a node has no memory left for a cache')
    nodes = Math.max(nodes + 1, Math.floor(memory / largest))
  }
}
