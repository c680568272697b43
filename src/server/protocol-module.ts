/**
 * Where a worker gets its protocols from: memcached's and Redis', by the socket that a client came
 * in by, or the module that the server was started with. A worker is a thread of its own, so the
 * module goes there by its address.
 */
import type { Engine } from '../engine/engine.ts'
import { RawAccess } from '../engine/raw-access.ts'
import { ObservationBoard } from '../observe/observation-board.ts'
import type { ServerFacts } from '../protocols/memcached/host.ts'
import type { OpenProtocol } from './served.ts'
import type { WorkerFacts } from './worker-facts.ts'

/** What such a module exports. */
export interface ProtocolModule {
  /** Called once per worker. */
  createProtocol(engine: Engine, facts: ServerFacts): OpenProtocol
}

/** @param module a file: URL; undefined: the protocols of this package */
export async function openerOf(
  module: string | undefined,
  engine: Engine,
  facts: WorkerFacts,
): Promise<OpenProtocol> {
  if (module === undefined) {
    const { MemcachedConnection } = await import('../protocols/memcached/connection.ts')
    const { BINARY_COMMAND_NAMES } = await import('../protocols/memcached/binary-commands.ts')
    const { COMMAND_NAMES } = await import('../protocols/memcached/commands.ts')
    const board = new ObservationBoard(facts.observed.observation)
    board.name('memcached', COMMAND_NAMES)
    board.name('memcached-binary', BINARY_COMMAND_NAMES)
    const raw = new RawAccess(engine)
    const { connectionBoard, redis } = facts
    const openMemcached: OpenProtocol = (slot) => new MemcachedConnection(raw, facts, slot)
    if (redis === undefined) return openMemcached
    const { RedisConnection } = await import('../protocols/redis/connection.ts')
    const { RedisWorker } = await import('../protocols/redis/worker.ts')
    const { COMMANDS } = await import('../protocols/redis/commands.ts')
    board.name(
      'redis',
      COMMANDS.inOrder.map(({ name }) => name),
    )
    const worker = new RedisWorker(raw, redis)
    return (slot) => {
      if (connectionBoard.protocolOf(slot) !== 'redis') return openMemcached(slot)
      return new RedisConnection(worker, slot)
    }
  }
  const protocol: ProtocolModule = await import(module)
  return protocol.createProtocol(engine, facts)
}
