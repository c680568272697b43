/**
 * Changes of the cache on their way from the thread that reads the engine's feed to all workers: a
 * ring with one writer and as many readers as there are workers, each with a position of its own.
 *
 *   word 0   BELL        rung for each batch
 *        1   STATE       whether the feed is read, or why not
 *        2   GENERATION  counted twice for each time it is opened, odd meanwhile: what happened in
 *                        between is not known, nor what lies between HEAD and RESERVED
 *        3   WISHES      counts how often a worker asked for it
 *        4   RESERVED    the writer may be writing up to here
 *        5   HEAD        up to here all is written
 *        16  the records: words, kind, space, version low, version high, key bytes, the key
 *
 * The writer waits for nobody. A reader that is more than a ring behind has lost records; it knows,
 * as RESERVED is moved before anything is overwritten, and counts all as changed. So nothing grows
 * when a worker is blocked. Records lie in words that are stored and loaded one by one, in one
 * order for all threads: no more has to be said about fences.
 *
 * Positions count words and wrap at 32 bits, which the ring's size divides.
 */
import { add, load, ring, store, swap, whenRung } from '#words'

export const BELL = 0
const STATE = 1
const GENERATION = 2
const WISHES = 3
const RESERVED = 4
const HEAD = 5
const HEADER_WORDS = 16
const RING_WORDS = 1 << 18

/** Not read by anybody at the moment. */
export const CLOSED = 0
export const OPEN = 1
/** The program reads the feed itself. */
export const TAKEN = 2
/** The engine has no feed. */
export const ABSENT = 3
/** No thread can attach the engine any more. */
export const FULL = 4

/** What a record says: a mutation of the engine, or that some were lost. */
export const PUT = 1
export const DEL = 2
export const EXPIRE = 3
export const EVICT = 4
export const FLUSH = 5
export const LOST = 6
const PADDING = 7

const RECORD_WORDS = 6
const WORD_BYTES = 4

export class ChangeRing {
  readonly words: Int32Array

  static create(ringWords: number = RING_WORDS): SharedArrayBuffer {
    return new SharedArrayBuffer((HEADER_WORDS + ringWords) * WORD_BYTES)
  }

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory)
  }

  /** Words for records: a power of two. */
  get size(): number {
    return this.words.length - HEADER_WORDS
  }

  /** Where a position lies. */
  at(position: number): number {
    return HEADER_WORDS + (position & (this.size - 1))
  }

  get state(): number {
    return load(this.words, STATE)
  }

  /** Says what became of the wish to read the feed, and wakes all who wait to know. */
  set state(state: number) {
    if (load(this.words, STATE) === state) return
    store(this.words, STATE, state)
    this.wake()
  }

  get wishes(): number {
    return load(this.words, WISHES)
  }

  /** What was said of an earlier wish is no answer to this one. */
  wish(): void {
    add(this.words, WISHES, 1)
    const { state } = this
    if (state >= TAKEN) swap(this.words, STATE, state, CLOSED)
  }

  wake(): void {
    add(this.words, BELL, 1)
    ring(this.words, BELL)
  }
}

/** The one thread that writes. */
export class ChangeWriter {
  readonly ring: ChangeRing
  readonly #words: Int32Array
  #position: number

  constructor(ring: ChangeRing) {
    this.ring = ring
    this.#words = ring.words
    // A thread that died may have written beyond what it published.
    this.#position = load(ring.words, RESERVED)
  }

  /** The feed is read from now on; of what was before, nothing is known. */
  open(): void {
    const generation = load(this.#words, GENERATION)
    store(this.#words, GENERATION, (generation + 1) | 1)
    store(this.#words, HEAD, this.#position)
    add(this.#words, GENERATION, 1)
    this.ring.state = OPEN
    this.ring.wake()
  }

  append(kind: number, space: number, version: number, key: Uint8Array): void {
    const words = RECORD_WORDS + ((key.length + 3) >>> 2)
    const rest = this.ring.size - (this.#position & (this.ring.size - 1))
    const padding = rest < words ? rest : 0
    const begin = (this.#position + padding) | 0
    store(this.#words, RESERVED, (begin + words) | 0)
    if (padding > 0) this.#write(this.#position, padding, PADDING)
    this.#write(begin, words, kind)
    const at = this.ring.at(begin)
    store(this.#words, at + 2, space)
    store(this.#words, at + 3, version | 0)
    store(this.#words, at + 4, Math.floor(version / 2 ** 32))
    store(this.#words, at + 5, key.length)
    for (let i = 0, word = at + RECORD_WORDS; i < key.length; i += 4) {
      store(this.#words, word++, wordOf(key, i))
    }
    this.#position = (begin + words) | 0
  }

  /** Shows what was appended to all readers. */
  publish(): void {
    store(this.#words, HEAD, this.#position)
    this.ring.wake()
  }

  /** A padding may be one word long. */
  #write(position: number, words: number, kind: number): void {
    store(this.#words, this.ring.at(position), words * 8 + kind)
  }
}

/** Four bytes of a key, zeros behind its end. */
function wordOf(key: Uint8Array, at: number): number {
  return (
    key[at]! | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24)
  )
}

/** What a reader tells. */
export interface ChangeSink {
  changed(kind: number, space: number, version: number, key: string): void
  /** Anything may have changed. */
  lost(): void
  /** Nobody reads the feed, and nobody will for now. */
  unavailable(): void
  /** Of what is known now, all was told. */
  batchOver(): void
  /** Whether it is listened to; what is written meanwhile is passed over. */
  readonly isListening: boolean
}

/** One worker. */
export class ChangeReader {
  readonly ring: ChangeRing
  readonly #words: Int32Array
  readonly #sink: ChangeSink
  #position: number
  #generation: number
  #key: Buffer = Buffer.alloc(256)

  constructor(ring: ChangeRing, sink: ChangeSink) {
    this.ring = ring
    this.#words = ring.words
    this.#sink = sink
    // In this order: what is opened in between is seen as new.
    this.#generation = load(ring.words, GENERATION)
    this.#position = load(ring.words, HEAD)
  }

  /** From now on the sink is told from the event loop of this thread. */
  readonly run = (): void => {
    const bell = load(this.#words, BELL)
    this.read()
    whenRung(this.#words, BELL, bell, this.run)
  }

  /** What is known now is nothing to somebody who begins to listen: without this, a loss. */
  passOver(): void {
    if (!this.#sink.isListening) this.read()
  }

  /** Tells all that is known now. */
  read(): void {
    const sink = this.#sink
    const generation = load(this.#words, GENERATION)
    const head = load(this.#words, HEAD)
    // Being opened: the bell will ring.
    if ((generation & 1) === 1 || generation !== load(this.#words, GENERATION)) return
    const isNew = generation !== this.#generation
    this.#generation = generation
    if (!sink.isListening || isNew) this.#position = head
    if (!sink.isListening) return
    if (this.ring.state >= TAKEN) sink.unavailable()
    if (isNew) sink.lost()
    while (this.#position !== head) {
      if (!this.#readOne()) {
        this.#position = load(this.#words, HEAD)
        sink.lost()
        break
      }
    }
    sink.batchOver()
  }

  /** @returns false when what lay there was overwritten, perhaps in the midst of this */
  #readOne(): boolean {
    const words = this.#words
    const at = this.ring.at(this.#position)
    const head = load(words, at)
    const kind = head & 7
    if (!this.#isWhole()) return false
    if (head === 0) throw new Error(`no record at ${this.#position} in the ring of changes`)
    const next = (this.#position + (head >>> 3)) | 0
    if (kind === PADDING) {
      this.#position = next
      return true
    }
    const space = load(words, at + 2)
    const version = load(words, at + 4) * 2 ** 32 + (load(words, at + 3) >>> 0)
    const bytes = load(words, at + 5)
    if (!this.#isWhole()) return false
    if (this.#key.length < bytes + WORD_BYTES) this.#key = Buffer.alloc(2 * bytes)
    const key = this.#key
    for (let i = 0, word = at + RECORD_WORDS; i < bytes; i += WORD_BYTES) {
      key.writeInt32LE(load(words, word++), i)
    }
    if (!this.#isWhole()) return false
    this.#position = next
    if (kind === LOST) this.#sink.lost()
    else this.#sink.changed(kind, space, version, key.toString('latin1', 0, bytes))
    return true
  }

  /** What lies at the position, and what was just read of it, is what was written there for it. */
  #isWhole(): boolean {
    return ((load(this.#words, RESERVED) - this.#position) | 0) <= this.ring.size
  }
}
