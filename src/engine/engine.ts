/**
 * The engine: one cache for all threads of a process. `createEngine` makes the memory,
 * `attachEngine` joins it from another thread, and every object of this class is one thread's way
 * in.
 */
import { randomUUID } from 'node:crypto'
import { inspect, type InspectOptions } from 'node:util'
import { MAX_RETRIES } from '../../native-layout/limits.ts'
import { PlanError } from '../../native-layout/region-map.ts'
import { liveEntries } from '../memory/row.ts'
import { createMemory } from '../memory/shared-memory.ts'
import type { MemoryView } from '../memory/view.ts'
import {
  type AttachOptions,
  checkAttachOptions,
  checkEngineHandle,
  resolveAttach,
} from './attach-options.ts'
import { checkOptions, FLUSH_OPTIONS } from './call-options.ts'
import {
  badOption,
  badType,
  contended,
  nameTaken,
  noFeed,
  noMemory,
  notFound,
  tooManyNamespaces,
} from './errors.ts'
import { type MutationFeed, openFeed } from './feed.ts'
import { flushAll, flushAt } from './flush.ts'
import { type BigKey, bigKeysOf, type HotKey, hotKeysOf } from './hot-keys/report.ts'
import { createRows } from './hot-keys/rows.ts'
import { Keyspace } from './keyspace.ts'
import { startMaintainer } from './maintainer.ts'
import { type EngineOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import { CONTENDED } from './outcomes.ts'
import {
  findHandle,
  joinSession,
  publishHandle,
  quitSession,
  sessionHere,
  withdrawHandle,
} from './registry.ts'
import { type EngineHandle, Session } from './session.ts'
import { spaceFor } from './spaces.ts'
import { type EngineStats, readStats } from './statistics.ts'
import { type Summary, summaryOf, summaryOfSpace } from './summary.ts'
import { verifyMemory, type VerifyReport } from './verify.ts'

export type { AttachOptions, BigKey, HotKey, VerifyReport }

/** A view of an engine with keys of its own, which counts and clears separately. */
export class Namespace extends Keyspace {
  /** The name given to `engine.namespace`. */
  readonly name: string

  /** @internal */
  constructor(session: Session, space: number, name: string) {
    super(session, space)
    this.name = name
  }

  /** What `JSON.stringify` and the console show: names and a size, no keys and no values. */
  toJSON(): Summary {
    return summaryOfSpace(this.session, this.space, this.name)
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Namespace ${inspect(this.toJSON(), options)}`
  }
}

export class Engine extends Keyspace {
  #isOpen = true

  /** @internal */
  constructor(session: Session) {
    super(session, 0)
  }

  /** What another thread attaches with: pass it in a message or in `workerData`. */
  get handle(): EngineHandle {
    return this.session.handle
  }

  /** The name given to `createEngine`. */
  get name(): string {
    return this.session.facts.name
  }

  /**
   * Keys of their own within this engine. The same name gives the same namespace in every thread.
   * @param name 1 to 256 characters
   * @throws HeddleError HEDDLE_TOO_MANY_NAMESPACES
   */
  namespace(name: string): Namespace {
    this.session.check()
    if (typeof name !== 'string') throw badType('namespace', name, 'a string')
    if (name.length === 0 || name.length > MAX_SPACE_NAME) {
      throw badOption('namespace', name, 'a name has 1 to 256 characters', MAX_SPACE_NAME)
    }
    const space = spaceFor(this.session.view, name)
    if (space < 0) throw tooManyNamespaces(name, this.session.handle.plan.maxNamespaces)
    return new Namespace(this.session, space, name)
  }

  /** Removes every entry, of all namespaces, at once. */
  override clear(): void {
    this.session.begin()
    flushAll(this.session.view)
  }

  /**
   * Removes every entry now, or at a time.
   * @param options `at`: ms since the epoch; a later flush replaces one that is pending
   */
  flush(options: { readonly at?: number | undefined } = {}): void {
    this.session.begin()
    checkOptions(options, FLUSH_OPTIONS)
    if (options.at === undefined) flushAll(this.session.view)
    else if (!Number.isFinite(options.at)) throw badType('at', options.at, 'a time in ms')
    else if (flushAt(this.session.view, options.at) === CONTENDED) {
      throw contended('flush', MAX_RETRIES)
    }
  }

  /** Entries of all namespaces; expired ones count until they are met. */
  override get size(): number {
    this.session.begin()
    const { view } = this.session
    let sum = 0
    for (let space = 0; space <= view.plan.maxNamespaces; space++) sum += liveEntries(view, space)
    return sum
  }

  /** Counters and sizes, summed over all threads; stops nobody. */
  stats(): EngineStats {
    this.session.check()
    return readStats(this.session)
  }

  /**
   * The keys that all threads use most, reads and writes alike, the hottest first: from samples,
   * with bounds. Older uses count less.
   * @param most how many
   * @throws HeddleError HEDDLE_NO_HOT_KEYS without the option `hotKeys`
   */
  hotKeys(most = 20): HotKey[] {
    return hotKeysOf(this.session, most)
  }

  /** The keys of the largest values, as they are now, the largest first: up to 32. */
  bigKeys(most = 20): BigKey[] {
    return bigKeysOf(this.session, most)
  }

  /** What `JSON.stringify` and the console show: name and sizes, no keys and no values. */
  toJSON(): Summary {
    return summaryOf(this.session)
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `Engine ${inspect(this.toJSON(), options)}`
  }

  /** Walks the memory and accounts for every chunk; again, for a second, where others wrote. */
  verify(): VerifyReport {
    this.session.check()
    return verifyMemory(this.session.view)
  }

  /**
   * Becomes the one reader of the mutation feed, from this moment on.
   * @throws HeddleError HEDDLE_NO_FEED without `feedBytes`; HEDDLE_NAME_TAKEN when there is a
   * reader
   */
  mutations(): MutationFeed {
    this.session.check()
    if (this.session.handle.plan.ringWords < MIN_RING_WORDS) throw noFeed(this.name)
    const feed = openFeed(this.session.view)
    if (feed === undefined) throw nameTaken(`${this.name} (mutation feed)`)
    this.session.feed = feed
    return feed
  }

  /** Detaches this thread. The memory goes with the last thread that lets go of it. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (!quitSession(this.session.facts.id)) return
    this.session.close()
    withdrawHandle(this.session.handle)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** @internal */
  static session(engine: Engine): Session {
    return engine.session
  }

  /** @internal */
  static view(engine: Engine): MemoryView {
    return engine.session.view
  }
}

/** This thread's session in an engine: for the protocols. */
export function sessionOf(engine: Engine): Session {
  return Engine.session(engine)
}

/** The memory view of an engine: for maintenance, tests and the walker, not for users. */
export function viewOf(engine: Engine): MemoryView {
  return Engine.view(engine)
}

const MAX_SPACE_NAME = 256
const MIN_RING_WORDS = 64

/**
 * Creates an engine. It is found by `attachEngine()` in every worker that this thread or its
 * descendants start afterwards, and by `attachEngine(engine.handle)` everywhere else in the
 * process.
 * @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE, HEDDLE_NAME_TAKEN, HEDDLE_NO_MEMORY
 */
export function createEngine(options?: EngineOptions): Engine {
  const resolved = resolveOptions(options)
  if (findHandle(resolved.name) !== undefined) throw nameTaken(resolved.name)
  const handle = makeHandle(resolved)
  const session = joinSession(handle.facts.id, () => {
    return new Session(handle, resolved.codec, resolved.now, resolved.near)
  })
  publishHandle(handle)
  if (resolved.maintenance === 'worker') startMaintainer(handle)
  return new Engine(session)
}

function makeHandle(resolved: ResolvedOptions): EngineHandle {
  const { memoryBytes, maxThreads, maxNamespaces, feedBytes, segmentBytes } = resolved
  const expectedEntries = resolved.expectedEntries || resolved.maxEntries
  const facts = {
    name: resolved.name,
    id: randomUUID(),
    eviction: resolved.eviction,
    maxEntries: resolved.maxEntries,
    maxItemBytes: resolved.maxItemBytes,
    ttlMs: resolved.ttlMs,
    codec: typeof resolved.codec === 'string' ? resolved.codec : ('custom' as const),
  }
  const request = {
    memoryBytes,
    maxThreads,
    maxNamespaces,
    expectedEntries,
    feedBytes,
    segmentBytes,
    eviction: resolved.eviction,
  }
  try {
    const memory = createMemory(request, resolved.seed | 0, resolved.now())
    const hotKeys = resolved.hotKeys && createRows(maxThreads, resolved.hotKeys)
    return { ...memory, facts, ...(hotKeys && { hotKeys }) }
  } catch (cause) {
    if (cause instanceof PlanError) {
      const field = expectedEntries > 0 ? 'expectedEntries' : 'memory'
      const value = expectedEntries > 0 ? expectedEntries : memoryBytes
      throw badOption(field, value, `with ${memoryBytes} bytes of memory ${cause.message}`)
    }
    if (cause instanceof RangeError) throw noMemory(memoryBytes, cause)
    throw cause
  }
}

/**
 * Joins an engine from another thread of the process. In a thread that is attached already it is
 * another way into the same session, and takes no other codec or clock.
 * @param engine its handle, or its name (left out: 'default') in a worker that was started after it
 * @throws HeddleError HEDDLE_NOT_FOUND, HEDDLE_BAD_TYPE, HEDDLE_BAD_OPTION, HEDDLE_FOREIGN_LAYOUT,
 * HEDDLE_TOO_MANY_THREADS
 */
export function attachEngine(
  engine: EngineHandle | string = 'default',
  options: AttachOptions = {},
): Engine {
  checkAttachOptions(options)
  const handle = typeof engine === 'string' ? findHandle(engine) : engine
  if (handle === undefined) throw notFound(String(engine))
  checkEngineHandle(handle)
  const { codec, id } = handle.facts
  const own = resolveAttach(options, codec, sessionHere(id))
  const session = joinSession(id, () => new Session(handle, own.codec, own.now, own.near))
  publishHandle(handle)
  return new Engine(session)
}
