/**
 * A session: one thread's part in one engine. It holds the view, the scratch objects, the watch
 * over the other threads, and the turns at which maintenance rides on writes.
 */
import { load, openReads } from '#atomics'
import { MAX_RETRIES, WAYS } from '../../native-layout/limits.ts'
import { CONTROL, FLUSH_TICK_MS } from '../../native-layout/control-block.ts'
import type { EvictionName } from '../../native-layout/eviction-state.ts'
import {
  adoptLease,
  declareDead,
  giveLease,
  isTorn,
  lessees,
  mendOwn,
  recoverDead,
  takeLease,
} from '../memory/lease.ts'
import type { MemoryHandle } from '../memory/shared-memory.ts'
import { total } from '../memory/row.ts'
import { MemoryView } from '../memory/view.ts'
import { Draft } from '../memory/draft.ts'
import { longestKey } from '../memory/write-entry.ts'
import { EvictionTeller, tellDeath } from './channels.ts'
import { type Codec, createValueEncoder, type ValueEncoder } from './codec.ts'
import { closed, contended, tooManyThreads } from './errors.ts'
import { POLICIES } from './eviction/policies.ts'
import type { MutationFeed } from './feed.ts'
import { flushIfDue } from './flush.ts'
import type { HotKeysMemory } from './hot-keys/rows.ts'
import { KeySampler, NEVER } from './hot-keys/sampler.ts'
import { LookAhead } from './look-ahead.ts'
import { maintainStep } from './maintain.ts'
import { NearCache } from './near/near-cache.ts'
import type { ResolvedNear } from './near/near-options.ts'
import { Reading } from './read.ts'
import { ownThreadIdentity, threadAlive } from './thread-identity.ts'
import { type ThreadWatch, watchThreads } from './thread-watch.ts'
import '../memory/relocate.ts'

/** What an engine is beside its memory: plain data, part of its handle. */
export interface EngineFacts {
  readonly name: string
  readonly id: string
  readonly eviction: EvictionName
  readonly maxEntries: number
  readonly maxItemBytes: number
  readonly ttlMs: number
  readonly codec: 'json' | 'v8' | 'custom'
}

/** Said once per engine and thread: the table is too small for what is stored. */
function warnOfSlots(session: Session): void {
  if (session.warned || total(session.view, 'evictedForSlots') < SLOT_EVICTIONS_TO_WARN) return
  session.warned = true
  const slots = session.view.buckets * WAYS
  process.emitWarning(
    `The engine '${session.facts.name}' evicts entries because its table of ${slots} slots is ` +
      'full while memory is left: create it with a larger expectedEntries',
    { code: 'HEDDLE_SLOTS', type: 'HeddleWarning' },
  )
}
const SLOT_EVICTIONS_TO_WARN = 1000

/** What `attachEngine` takes: share it in a message or in `workerData`; never transfer it. */
export interface EngineHandle extends MemoryHandle {
  readonly facts: EngineFacts
  /** Where hot keys are noted; undefined: nowhere. */
  readonly hotKeys?: HotKeysMemory | undefined
}

/** A maintenance step rides on one write of so many. */
const WRITES_PER_STEP = 64
/** And so often a write looks whether a thread that never returns to its event loop has died. */
const STEPS_PER_PROBE = 256
const RECOVERY_RETRY_MS = 5
const MOST_SCRATCH_BYTES = 1 << 20

export class Session {
  readonly handle: EngineHandle
  readonly facts: EngineFacts
  readonly view: MemoryView
  readonly encoder: ValueEncoder
  readonly codec: 'json' | 'v8' | Codec
  readonly draft = new Draft()
  readonly reading = new Reading()
  /** What this thread keeps decoded, if it keeps anything. */
  readonly near: NearCache | undefined
  readonly longestKey: number
  isClosed = false
  warned = false
  /** The reader of the mutation feed, when it is this thread. */
  feed: MutationFeed | undefined
  #watch: ThreadWatch | undefined
  /** Writes so far: every so often one of them does a step of maintenance. */
  writes = 0
  /** Uses of keys until the next one that is looked at, and the bytes above which a value is. */
  #usesLeft = NEVER
  #largeFrom = NEVER
  readonly #sampler: KeySampler | undefined
  readonly #evictions = new EvictionTeller()
  #scratch: Buffer = Buffer.allocUnsafeSlow(4096)
  /** For reads of many keys; undefined while one is under way, which may run user code. */
  #ahead: LookAhead | undefined

  /**
   * @param near what it may keep in its own heap
   * @param watch how it learns of the death of other threads
   * @throws HeddleError HEDDLE_TOO_MANY_THREADS
   */
  constructor(
    handle: EngineHandle,
    codec: 'json' | 'v8' | Codec,
    now: () => number,
    near?: ResolvedNear,
    watch: typeof watchThreads = watchThreads,
  ) {
    const { facts } = handle
    this.handle = handle
    this.facts = facts
    this.codec = codec
    this.view = new MemoryView(handle, POLICIES[facts.eviction], now)
    this.#ahead = new LookAhead({ session: this })
    this.view.maxEntries = facts.maxEntries
    this.view.longestValue = facts.maxItemBytes
    this.encoder = createValueEncoder(codec, facts.maxItemBytes)
    this.longestKey = longestKey(this.view)
    this.near = near && new NearCache(this, near)
    const who = ownThreadIdentity()
    if (takeLease(this.view, who) < 0) {
      this.#probe()
      if (takeLease(this.view, who) < 0 && adoptLease(this.view, who) < 0) {
        throw tooManyThreads(handle.plan.maxThreads)
      }
    }
    this.#watch = watch({
      engineId: facts.id,
      row: this.view.row,
      peers: () => lessees(this.view),
      onDeath: (row, threadId) => this.#mourn(row, threadId),
    })
    if (handle.hotKeys !== undefined) {
      this.#sampler = new KeySampler(handle.hotKeys, this.view.row, now())
      this.#usesLeft = this.#sampler.draw()
      this.#largeFrom = this.#sampler.largeFrom()
    }
    this.#recover()
  }

  /** Throws when this thread has closed the engine. */
  check(): void {
    if (this.isClosed) throw closed(this.facts.name)
  }

  /** Private memory for a value that is parsed before the next read; what is decoded copies. */
  scratchFor(bytes: number): Buffer {
    if (bytes > MOST_SCRATCH_BYTES) return Buffer.allocUnsafe(bytes)
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(2 * bytes)
    return this.#scratch
  }

  /** What looks many keys up ahead, to be returned; undefined: it is in use. */
  borrowLookAhead(): LookAhead | undefined {
    const ahead = this.#ahead
    this.#ahead = undefined
    return ahead
  }

  returnLookAhead(ahead: LookAhead | undefined): void {
    if (ahead !== undefined) this.#ahead = ahead
  }

  /**
   * Before each operation: a delayed flush that is due comes first. The flush count is read after
   * the tick: once somebody performed that flush, no entry is stamped as older.
   */
  begin(): void {
    if (this.isClosed) throw closed(this.facts.name)
    if (isTorn(this.view) && !mendOwn(this.view)) throw contended('recovery', MAX_RETRIES)
    const tick = openReads(this.view.control, CONTROL.FLUSH_TICK)
    if (tick === 0) return
    if (this.view.startedAt + tick * FLUSH_TICK_MS <= this.view.now()) flushIfDue(this.view)
  }

  /** After a key was staged: now and then it is noted as one that is used. */
  used(): void {
    if (--this.#usesLeft === 0) this.#sample()
  }

  /** The same for a key that was not staged; false: this use is to be noted, stage it. */
  usedUnstaged(): boolean {
    if (this.#usesLeft === 1) return false
    this.#usesLeft--
    return true
  }

  /**
   * After each write: now and then a bounded step of maintenance.
   * @param bytes of the value that was stored
   */
  wrote(bytes = 0): void {
    if (bytes > this.#largeFrom) {
      this.#largeFrom = this.#sampler?.noteLarge(this.view.key, bytes) ?? NEVER
    }
    if (++this.writes % WRITES_PER_STEP !== 0) return
    maintainStep(this.view)
    warnOfSlots(this)
    this.#evictions.look(this.view, this.facts.name)
    if (this.writes % (WRITES_PER_STEP * STEPS_PER_PROBE) === 0) this.#probe()
  }

  close(): void {
    if (this.isClosed) return
    if (isTorn(this.view)) mendOwn(this.view)
    this.isClosed = true
    this.near?.clear()
    this.feed?.close()
    giveLease(this.view)
    this.#watch?.close()
    this.#watch = undefined
  }

  #sample(): void {
    const sampler = this.#sampler
    this.#usesLeft = sampler?.draw() ?? NEVER
    sampler?.note(this.view.key, this.view.now())
    if (sampler?.hasTidied()) this.#largeFrom = sampler.largeFrom()
  }

  #mourn(row: number, threadId: number): void {
    if (this.isClosed) return
    this.#bury(row, threadId)
    this.#recover()
  }

  #bury(row: number, threadId: number): void {
    declareDead(this.view, row, threadId)
    tellDeath({ engine: this.facts.name, row, threadId })
  }

  /** What cannot be recovered yet, because a living thread has to end an operation, comes later. */
  #recover(): void {
    if (this.isClosed || recoverDead(this.view) === 0) return
    setTimeout(() => this.#recover(), RECOVERY_RETRY_MS).unref()
  }

  /** Asks the kernel about the other threads: for a thread that never returns to its event loop. */
  #probe(): void {
    for (const thread of lessees(this.view)) {
      if (thread.row === this.view.row || threadAlive(thread.tid, thread.startTime)) continue
      this.#bury(thread.row, thread.threadId)
    }
    if (load(this.view.control, CONTROL.ROWS) > 0 && this.view.row >= 0) recoverDead(this.view)
  }
}
