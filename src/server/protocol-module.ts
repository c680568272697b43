/**
 * Where a worker gets its protocol from: memcached's, or the module that the server was started
 * with. A worker is a thread of its own, so the module goes there by its address.
 */
import type { Engine } from '../engine/engine.ts'
import { RawAccess } from '../engine/raw-access.ts'
import type { ServerFacts } from '../protocols/memcached/host.ts'
import type { OpenProtocol } from './served.ts'

/** What such a module exports. */
export interface ProtocolModule {
  /** Called once per worker. */
  createProtocol(engine: Engine, facts: ServerFacts): OpenProtocol
}

/** @param module a file: URL; undefined: memcached's protocol */
export async function openerOf(
  module: string | undefined,
  engine: Engine,
  facts: ServerFacts,
): Promise<OpenProtocol> {
  if (module === undefined) {
    const { MemcachedConnection } = await import('../protocols/memcached/connection.ts')
    const raw = new RawAccess(engine)
    return (slot) => new MemcachedConnection(raw, facts, slot)
  }
  const protocol: ProtocolModule = await import(module)
  return protocol.createProtocol(engine, facts)
}
