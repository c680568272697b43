/**
 * The world of a program: a tiny engine, one session for each thread of the program and one for who
 * looks at the end (the janitor), and a clock that only the program moves.
 *
 * All sessions live in one realm, each with a row of its own, as if they were in threads.
 */
import { load, store } from '#atomics'
import { type CounterName, ROW } from '../../../native-layout/thread-row.ts'
import { Engine, type Namespace } from '../../../src/engine/engine.ts'
import { MutationFeed, openFeed } from '../../../src/engine/feed.ts'
import { type EngineHandle, Session } from '../../../src/engine/session.ts'
import { ownThreadIdentity, type ThreadIdentity } from '../../../src/engine/thread-identity.ts'
import { declareDead, lessees, type Lessee } from '../../../src/memory/lease.ts'
import { total } from '../../../src/memory/row.ts'
import { candidate, secondOf, tagFor } from '../../../src/memory/table.ts'
import { type MemoryView, rowAddress } from '../../../src/memory/view.ts'
import { createTinyMemory, STARTED_AT, type TinyOptions } from './tiny-memory.ts'

export interface WorldOptions extends Omit<TinyOptions, 'threads'> {
  /** Threads of the program. */
  readonly threads: number
  /** Chunks that a magazine is filled with. */
  readonly batch?: number
  /** Every thread of the program keeps so many values near; who looks at the end keeps none. */
  readonly near?: number
}

/** A thread of the program, and its way into the engine. */
export interface Actor {
  readonly index: number
  readonly session: Session
  readonly engine: Engine
  readonly view: MemoryView
  readonly world: World
}

const NO_WATCH = { linkedRows: () => [], close: () => {} }

export class World {
  readonly handle: EngineHandle
  readonly clock = new Int32Array(new SharedArrayBuffer(4))
  readonly actors: readonly Actor[]
  readonly janitor: Actor
  feed: MutationFeed | undefined
  /** Entries may be thrown out. */
  mayEvict = false
  /** A step of the program moves the clock. */
  clockMoves = false
  /** The reader of the feed, if that is a thread of the program: made anew in each of its runs. */
  readonly reader: { thread: number; feed: MutationFeed | undefined } = {
    thread: -1,
    feed: undefined,
  }
  /** When the program begins. */
  evictionsBefore = 0
  clockBefore = 0

  constructor(options: WorldOptions) {
    this.handle = createTinyMemory({ ...options, threads: options.threads + 1 })
    const actors = Array.from({ length: options.threads + 1 }, (_, index) =>
      this.#join(index, index < options.threads ? options.near : undefined),
    )
    for (const { view } of actors) {
      view.batches.fill(options.batch ?? 2)
      view.patience = 0
    }
    this.janitor = actors.pop()!
    this.actors = actors
    const isRead = options.hasFeed === true && options.isUnread !== true
    this.feed = isRead ? openFeed(this.janitor.view) : undefined
  }

  /** The program's time, in ms. A read of shared memory like any other. */
  readonly now = (): number => STARTED_AT + load(this.clock, 0)

  /** Moves the clock on; one thread of a program may. */
  advance(ms: number): void {
    store(this.clock, 0, load(this.clock, 0) + ms)
  }

  /** All shared memory, the clock last. */
  get memory(): SharedArrayBuffer[] {
    return [...this.handle.segments, this.clock.buffer as SharedArrayBuffer]
  }

  /** The segments with pages: what is in them is reached through a handle. */
  get chunkSegments(): readonly SharedArrayBuffer[] {
    const { plan, segments } = this.handle
    return segments.slice(1 + plan.tableSegments, segments.length - plan.evictionSegments)
  }

  /** Keys of which `fits` says yes, in a fixed order. */
  keys(count: number, fits: (place: Place) => boolean): string[] {
    const found: string[] = []
    for (let n = 0; found.length < count; n++) {
      if (n === MOST_KEYS_TRIED) throw new Error(`only ${found.length} keys fit`)
      const key = n.toString(36)
      if (fits(this.placeOf(key))) found.push(key)
    }
    return found
  }

  placeOf(key: string): Place {
    const { view } = this.janitor
    view.key.loadString(key, 0)
    const second = secondOf(view)
    const buckets = [0, 1, 2, 3].map((n) => candidate(view, view.key.digest, second, n))
    return { home: buckets[0]!, buckets, tag: tagFor(second) }
  }

  /** Entries that the engine has thrown out so far. */
  get evictions(): number {
    const { view } = this.janitor
    return EVICTIONS.reduce((sum, name) => sum + total(view, name), 0)
  }

  /** As the watch over threads does when it sees a death. */
  mourn(thread: number): void {
    const { view } = this.janitor
    const isTheirs = ({ row, threadId }: Lessee): boolean =>
      threadId === identityOf(thread).threadId || (threadId === OWN.threadId && row === thread)
    for (const { row, threadId } of lessees(view).filter(isTheirs)) {
      declareDead(view, row, threadId)
    }
  }

  /** Called when the program is about to begin. */
  seal(): void {
    this.evictionsBefore = this.evictions
    this.feed?.poll()
    this.clockBefore = this.now()
  }

  /** The janitor's feed knows nothing of what an earlier execution told it. */
  readAnew(): void {
    if (this.feed === undefined) return
    const { view } = this.janitor
    const states = Array.from({ length: view.plan.maxThreads }, (_, row) =>
      load(view.control, rowAddress(view, row) + ROW.STATE),
    )
    this.feed = new MutationFeed(view, Int32Array.from(states))
  }

  #join(index: number, entries: number | undefined): Actor {
    const near = entries === undefined ? entries : { entries, maxItemBytes: LONGEST_NEAR_BYTES }
    const session = new Session(this.handle, 'json', this.now, near, () => NO_WATCH)
    const engine = new Engine(session)
    session.warned = true // Some of these memories are full on purpose.
    keepSmall(session)
    return { index, session, engine, view: session.view, world: this }
  }
}

/** What is private is copied with each change of threads: the room for the longest key is not. */
function keepSmall({ view, encoder }: Session): void {
  const words = new Int32Array(PRIVATE_WORDS)
  Object.assign(view.key, { words, bytes: new Uint8Array(words.buffer) })
  encoder.words = new Int32Array(PRIVATE_WORDS)
  encoder.scratch = new Uint8Array(encoder.words.buffer)
  encoder.bytes = encoder.scratch
}
const PRIVATE_WORDS = 64
const LONGEST_NEAR_BYTES = 1024

/** Keys that begin so are those of a namespace. */
export const IN_SPACE = 'n:'
const SPACE_NAME = 'n'

export function spaceOf({ engine }: Actor): Namespace {
  return engine.namespace(SPACE_NAME)
}

export function readBy(actor: Actor, key: string): unknown {
  if (!key.startsWith(IN_SPACE)) return actor.engine.get(key)
  return spaceOf(actor).get(key.slice(IN_SPACE.length))
}

export function listedBy(actor: Actor): string[] {
  const inSpace = [...spaceOf(actor).keys()].map((key) => IN_SPACE + key)
  return [...actor.engine.keys(), ...inSpace]
}

/** Sessions are all of one thread; their rows are in the order of the actors. */
const OWN = ownThreadIdentity()

/** What a thread of the program is known by if it takes a row later. */
export function identityOf(thread: number): ThreadIdentity {
  return { ...OWN, threadId: OWN.threadId + 1000 + thread }
}

const MOST_KEYS_TRIED = 1_000_000
const EVICTIONS = [
  'evictedForMemory',
  'evictedForSlots',
  'evictedForEntries',
  'evictedForPages',
] as const satisfies CounterName[]

/** Where a key may live. */
export interface Place {
  readonly home: number
  /** The four buckets, the home first. */
  readonly buckets: readonly number[]
  readonly tag: number
}
