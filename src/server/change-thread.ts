/**
 * The thread that reads the engine's feed for all workers, and only while somebody needs it: writes
 * cost more while the feed is open.
 *
 * Nothing wakes a reader of the feed, since writers must not pay for that; so it looks every
 * millisecond while there is something, and every few when nothing has happened for a while. What
 * has expired is no change before it is found: so it looks for that, too. A thread of its own: a
 * worker may be busy with one long command, and the accepting thread may be the program's. If it
 * dies, another begins, and tells that anything may have changed meanwhile.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Engine } from '../engine/engine.ts'
import type { HeddleError } from '../engine/errors.ts'
import type { Mutation, MutationFeed } from '../engine/feed.ts'
import { maintain } from '../engine/maintenance-thread.ts'
import type { EngineHandle } from '../engine/session.ts'
import { RedisBoard } from '../protocols/redis/board.ts'
import { attachForBytes } from './bytes-only.ts'
import {
  ABSENT,
  ChangeRing,
  ChangeWriter,
  CLOSED,
  DEL,
  EVICT,
  EXPIRE,
  FLUSH,
  FULL,
  LOST,
  PUT,
  TAKEN,
} from './change-ring.ts'

/** `workerData` of the thread. */
export interface ChangeThreadSpec {
  readonly engine: EngineHandle
  readonly changes: SharedArrayBuffer
  /** The Redis board: it says whether somebody needs to know. */
  readonly board: SharedArrayBuffer
  /** The one before has died: until that is noticed the feed is its. */
  readonly isSuccessor: boolean
}

const KINDS: Readonly<Record<Mutation['kind'], number>> = {
  PUT,
  DEL,
  EXPIRE,
  EVICT,
  FLUSH,
  RESYNC: LOST,
}
const MOST_PER_POLL = 1024
/** After a poll that brought so many, the next follows at once. */
const MANY = 256
/** Quiet for so long, and the pause from then on. */
const PAUSES: readonly (readonly [quietMs: number, pauseMs: number])[] = [
  [5000, 8],
  [1000, 4],
  [100, 2],
  [0, 1],
]
const RETRY_MS = 20
/** So long the feed of a thread that died may still count as taken. */
const PATIENCE_MS = 500
const SUCCESSOR_PATIENCE_MS = 5000
/** So often a bounded step of maintenance finds what has expired, though nobody asks for it. */
const MAINTAIN_MS = 10
/** Needed by nobody for so long: closed. */
const LINGER_MS = 1000
const LOOK_MS = 100

export function runChangeThread(spec: ChangeThreadSpec, port: MessagePort): void {
  const ring = new ChangeRing(spec.changes)
  let engine: Engine
  try {
    engine = attachForBytes(spec.engine)
  } catch {
    ring.state = FULL
    process.exit(0)
  }
  const distributor = new Distributor(engine, new ChangeWriter(ring), spec)
  port.on('message', () => distributor.end())
  distributor.turn()
}

class Distributor {
  readonly #engine: Engine
  readonly #writer: ChangeWriter
  readonly #board: RedisBoard
  readonly #patienceMs: number
  readonly #begunAt = performance.now()
  #feed: MutationFeed | undefined
  /** When there was something, when somebody needed it, when that was looked at. */
  #busyAt = this.#begunAt
  #neededAt = this.#begunAt
  #lookedAt = this.#begunAt
  #maintainedAt = this.#begunAt

  constructor(engine: Engine, writer: ChangeWriter, spec: ChangeThreadSpec) {
    this.#engine = engine
    this.#writer = writer
    this.#board = new RedisBoard(spec.board, 0)
    this.#patienceMs = spec.isSuccessor ? SUCCESSOR_PATIENCE_MS : PATIENCE_MS
  }

  readonly turn = (): void => {
    const now = performance.now()
    if (now - this.#lookedAt >= LOOK_MS) this.#look(now)
    if (this.#feed === undefined) {
      this.#open(now)
      setTimeout(this.turn, this.#feed === undefined ? RETRY_MS : 0)
      return
    }
    if (now - this.#maintainedAt >= MAINTAIN_MS) {
      this.#maintainedAt = now
      maintain(this.#engine, 1)
    }
    const count = this.#distribute(this.#feed)
    if (count > 0) this.#busyAt = now
    if (count >= MANY) setImmediate(this.turn)
    else setTimeout(this.turn, PAUSES.find(([quietMs]) => now - this.#busyAt >= quietMs)![1])
  }

  end(): void {
    this.#writer.ring.state = CLOSED
    this.#feed?.close()
    this.#engine.close()
    process.exit(0)
  }

  #open(now: number): void {
    const { ring } = this.#writer
    try {
      this.#feed = this.#engine.mutations()
      this.#busyAt = now
      this.#writer.open()
    } catch (error) {
      if ((error as HeddleError).code === 'HEDDLE_NO_FEED') ring.state = ABSENT
      else if (now - this.#begunAt >= this.#patienceMs) ring.state = TAKEN
    }
  }

  #distribute(feed: MutationFeed): number {
    const mutations = feed.poll(MOST_PER_POLL)
    for (const { kind, space, version, keyBytes } of mutations) {
      this.#writer.append(KINDS[kind], space, version, keyBytes)
    }
    if (mutations.length > 0) this.#writer.publish()
    return mutations.length
  }

  /** Who asks counts a wish before it looks at the state: one of the two sees the other. */
  #look(now: number): void {
    this.#lookedAt = now
    const { ring } = this.#writer
    const { state, wishes } = ring
    if (this.#board.needsChanges) this.#neededAt = now
    if (now - this.#neededAt < LINGER_MS) return
    ring.state = CLOSED
    if (ring.wishes === wishes) this.end()
    ring.state = state
    this.#neededAt = now
  }
}
