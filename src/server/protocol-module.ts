/**
 * Where a worker gets its protocols from: memcached's, Redis' and HTTP, by the socket that a client
 * came in by, or the module that the server was started with. A worker is a thread of its own, so
 * the module goes there by its address.
 */
import type { Engine } from '../engine/engine.ts'
import { RawAccess } from '../engine/raw-access.ts'
import { ObservationBoard } from '../observe/observation-board.ts'
import type { ServerFacts } from '../protocols/memcached/host.ts'
import type { RedisHost } from '../protocols/redis/host.ts'
import type { HttpFacts } from './http-facts.ts'
import type { Protocol } from './listen.ts'
import { observerOf } from './observation.ts'
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
  if (module !== undefined) {
    const protocol: ProtocolModule = await import(module)
    return protocol.createProtocol(engine, facts)
  }
  const { connectionBoard, redis, http } = facts
  if (http !== undefined) http.observe = observerOf(engine, facts.observed)
  const raw = new RawAccess(engine)
  const board = new ObservationBoard(facts.observed.observation)
  const memcached = await memcachedOpener(raw, facts, board)
  const openers: Readonly<Record<Protocol, OpenProtocol>> = {
    memcached,
    redis: redis === undefined ? memcached : await redisOpener(raw, redis, board, http),
    http: http === undefined ? memcached : await httpOpener(raw, http, board),
  }
  return (slot) => openers[connectionBoard.protocolOf(slot)](slot)
}

async function memcachedOpener(
  raw: RawAccess,
  facts: WorkerFacts,
  board: ObservationBoard,
): Promise<OpenProtocol> {
  const { MemcachedConnection } = await import('../protocols/memcached/connection.ts')
  const { BINARY_COMMAND_NAMES } = await import('../protocols/memcached/binary-commands.ts')
  const { COMMAND_NAMES } = await import('../protocols/memcached/commands.ts')
  board.name('memcached', COMMAND_NAMES)
  board.name('memcached-binary', BINARY_COMMAND_NAMES)
  return (slot) => new MemcachedConnection(raw, facts, slot)
}

async function redisOpener(
  raw: RawAccess,
  host: RedisHost,
  board: ObservationBoard,
  http: HttpFacts | undefined,
): Promise<OpenProtocol> {
  const { RedisConnection } = await import('../protocols/redis/connection.ts')
  const { RedisWorker } = await import('../protocols/redis/worker.ts')
  const { COMMANDS } = await import('../protocols/redis/commands.ts')
  const names = COMMANDS.inOrder.map(({ name }) => name)
  board.name('redis', names)
  const worker = new RedisWorker(raw, host)
  if (http !== undefined) http.slow = () => worker.slow
  return (slot) => new RedisConnection(worker, slot)
}

async function httpOpener(
  raw: RawAccess,
  host: HttpFacts,
  board: ObservationBoard,
): Promise<OpenProtocol> {
  const { HttpConnection } = await import('../protocols/http/connection.ts')
  const { openHttp } = await import('../protocols/http/open.ts')
  const { prepareMetrics } = await import('../protocols/http/routes/metrics.ts')
  const worker = openHttp(raw, host)
  host.needsTurn = () => worker.needsTurn
  const names = worker.routes.routes.map(({ method, path }) => `${method} ${path}`)
  board.name('http', names)
  await prepareMetrics(host)
  return (slot) => new HttpConnection(worker, slot)
}
