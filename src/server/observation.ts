/**
 * Where snapshots of this server come from: the boards that its threads share. Any thread that has
 * them may take one; a worker does for its clients, the application's thread for itself.
 */
import type { Engine } from '../engine/engine.ts'
import { ObservationBoard, type ProtocolName } from '../observe/observation-board.ts'
import { Pulse } from '../observe/pulse.ts'
import { type ServerSnapshot, type Snapshot, takeSnapshot } from '../observe/snapshot.ts'
import { COUNT, CounterBoard } from '../protocols/memcached/counters.ts'
import { ConnectionBoard } from './connection-board.ts'
import type { ResolvedServeOptions } from './options.ts'
import { VERSION } from './version.ts'

/** Plain data: the boards, and what does not change while the server runs. */
export interface Observed {
  readonly observation: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly connections: SharedArrayBuffer
  readonly version: string
  readonly startedAt: number
  readonly handOff: string
  readonly workers: number
  readonly maxConnections: number
}

/** What the accepting thread makes: the boards' addresses, and its own pulse. */
export class Observation {
  readonly observed: Observed
  readonly #pulse: Pulse

  constructor(
    { handOff, workers, maxConnections }: ResolvedServeOptions,
    connections: ConnectionBoard,
    counters: CounterBoard,
  ) {
    this.observed = {
      observation: ObservationBoard.create(workers),
      counters: counters.buffer,
      connections: connections.memory,
      version: VERSION,
      startedAt: Date.now(),
      ...{ handOff, workers, maxConnections },
    }
    this.#pulse = new Pulse(this.observed.observation, 0)
  }

  end(): void {
    this.#pulse.end()
  }
}

/** @returns takes a snapshot: in bounded time, pausing nobody */
export function observerOf(engine: Engine, observed: Observed): () => Snapshot {
  const board = new ObservationBoard(observed.observation)
  const counters = new CounterBoard(observed.counters, 0)
  const connections = new ConnectionBoard(observed.connections)
  const server = () => serverSnapshot(observed, counters, connections)
  return () => takeSnapshot({ engine, board, server })
}

function serverSnapshot(
  { version, startedAt, handOff, workers, maxConnections }: Observed,
  counters: CounterBoard,
  connections: ConnectionBoard,
): ServerSnapshot {
  return {
    version,
    pid: process.pid,
    startedAt,
    handOff,
    workers,
    isAccepting: connections.isAccepting,
    connections: {
      open: openByProtocol(connections),
      most: maxConnections,
      accepted: counters.total(COUNT.total_connections),
      rejected: counters.total(COUNT.rejected_connections),
      kickedIdle: counters.total(COUNT.idle_kicks),
    },
    receivedBytes: counters.total(COUNT.bytes_read),
    sentBytes: counters.total(COUNT.bytes_written),
  }
}

function openByProtocol(connections: ConnectionBoard): Partial<Record<ProtocolName, number>> {
  const open: Partial<Record<ProtocolName, number>> = {}
  for (const protocol of connections.protocols()) open[protocol] = 0
  for (let slot = 0; slot < connections.slots; slot++) {
    if (!connections.isOpen(slot)) continue
    const protocol = connections.protocolOf(slot)
    open[protocol] = (open[protocol] ?? 0) + 1
  }
  return open
}
