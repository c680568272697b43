/**
 * Which older values a read may get, as ARM64 allows: a model of the order that accesses force on
 * each other, kept as vector clocks while an execution runs. A store is *covered* for a thread when
 * the thread is ordered after it; a read may miss every store that is neither covered nor was seen
 * by the thread in that word before (coherence). Each thread has these clocks:
 *
 * - `plain`: its plain reads are ordered after this. Grows with what atomic loads and
 *   read-modify-writes acquire.
 * - `atomic`: its atomic loads are ordered after this, and its atomic stores publish it. An atomic
 *   load may be done before the *plain* accesses that precede it in the program, but not before an
 *   atomic one: so it, too, may miss what is not covered by the thread's last atomic access.
 * - `read`: what its plain reads have come across. Ordered before a later atomic store or
 *   read-modify-write.
 * - `led`: the same of words that are not `pointedAt`; reads of words that are come after it.
 *
 * And `stores`: what its plain stores come after; published with its next atomic store. A step
 * that begins after one of another thread returned is ordered after it, as if told so by a
 * message; steps of one thread are ordered by their accesses alone. Who is woken is ordered after
 * who rang, as ECMAScript says of wait and notify.
 *
 * A store comes after the reads of its word before it, and a read that misses a store comes before
 * it: whoever is ordered after that store is then ordered after what the read was ordered after. So
 * two threads that each store and load atomically never both miss the other.
 *
 * Not covered: a read-modify-write of another thread that misses a plain store; an atomic store
 * that becomes visible after a later plain store of its thread; a read that gets a value which is
 * stored later in the schedule. A read-modify-write is a full barrier here, as the LSE
 * instructions are. A failed compare-and-exchange reads the newest value. Dependencies order reads
 * of `pointedAt` alone.
 */
import type { SharedWords } from './shared-words.ts'
import { type Clock, type History, indexAt, join, missable } from './store-history.ts'
import { joinReads, unwritten, valueAt } from './store-history.ts'
import { ADD, CLOSE, INVOKE, isAtomicLoad, LOAD, PEEK, POKE } from './trace.ts'
import { RETURN, RING, STORE, SWAP, type Trace } from './trace.ts'

/** Older values that are tried beside the newest. */
const MOST_OLDER = 3

export class StaleReads {
  readonly #trace: Trace
  readonly #words: SharedWords
  readonly #threads: number
  readonly #most: number
  readonly #isPointed: boolean[]
  readonly #histories = new Map<number, History>()
  readonly #plain: Clock[]
  readonly #atomic: Clock[]
  readonly #read: Clock[]
  readonly #stores: Clock[]
  readonly #led: Clock[]
  /** Threads whose atomic loads are being done early: those after the first are not counted. */
  readonly #isEarly: boolean[]
  /** For each plain read of the trace what it was ordered after. */
  readonly #bounds: Int32Array
  /** For each word in which execution it was last read plainly. */
  readonly #readIn: Int32Array
  #execution = 0
  readonly #candidates: number[] = []
  #left = 0
  #isFree = false
  #time = Infinity

  constructor(
    trace: Trace,
    words: SharedWords,
    threads: number,
    most: number,
    pointed: readonly SharedArrayBuffer[],
  ) {
    this.#trace = trace
    this.#words = words
    this.#threads = threads
    this.#most = most
    this.#isPointed = words.buffers.map((buffer) => pointed.includes(buffer))
    const clocks = () => Array.from({ length: threads }, () => new Int32Array(threads))
    this.#plain = clocks()
    this.#atomic = clocks()
    this.#read = clocks()
    this.#stores = clocks()
    this.#led = clocks()
    this.#isEarly = Array.from({ length: threads }, () => false)
    this.#bounds = new Int32Array(trace.most * threads)
    this.#readIn = new Int32Array(words.count)
  }

  reset(): void {
    this.#histories.clear()
    this.#execution++
    this.#left = this.#most
    this.#isEarly.fill(false)
    for (const clocks of this.#all()) {
      for (const clock of clocks) clock.fill(0)
    }
  }

  /** Before an access: how many values it may get. */
  count(thread: number, kind: number, word: number, span: number): number {
    this.#time = Infinity
    if (kind !== PEEK) for (let at = 0; at < span; at++) this.#historyOf(word + at)
    this.#isFree = kind === LOAD && this.#isEarly[thread]!
    if ((this.#left === 0 && !this.#isFree) || (kind !== PEEK && kind !== LOAD)) return 1
    const bound = kind === LOAD ? this.#atomic[thread]! : this.#boundOf(thread, word)
    return this.#find(thread, word, span, bound)
  }

  /** Takes one of the values that `count` found. */
  choose(alternative: number): void {
    if (alternative === 0) return
    if (!this.#isFree) this.#left--
    this.#time = this.#candidates[alternative - 1]!
  }

  /** The chosen value of a word. */
  value(word: number): number {
    const history = this.#histories.get(word)
    return history === undefined ? this.#words.get(word) : valueAt(history, this.#time)
  }

  /** The last access of the trace was made. */
  happened(): void {
    const trace = this.#trace
    const at = trace.count - 1
    const thread = trace.thread[at]!
    const kind = trace.kind[at]!
    const word = trace.word[at]!
    const wrote = trace.wrote[at] === 1
    if (kind === PEEK) {
      this.#bounds.set(this.#boundOf(thread, word), at * this.#threads)
      this.#readIn.fill(this.#execution, word, word + trace.span[at]!)
    }
    for (let n = 0; n < trace.span[at]!; n++) {
      const history = this.#histories.get(word + n)
      if (history === undefined) continue
      if (kind === PEEK) this.#peeked(thread, word + n, history)
      else if (kind === POKE) this.#stored(thread, word + n, history, undefined)
      else if (kind === STORE) this.#released(thread, word + n, history)
      else if (kind === RETURN) this.#returned(thread, word + n, history)
      else if (kind === INVOKE) this.#invoked(thread, history)
      else if (wrote && (kind === SWAP || kind === ADD || kind === CLOSE)) {
        this.#exchanged(thread, word + n, history, kind)
      } else if (isAtomicLoad(kind)) this.#loaded(thread, history)
      else if (kind === RING) history.rung = this.#toldBy(thread)
    }
    this.#time = Infinity
  }

  #boundOf(thread: number, word: number): Clock {
    const isPointed = this.#isPointed[this.#words.bufferOf(word)]!
    return isPointed ? this.#led[thread]! : this.#plain[thread]!
  }

  /** Fills `#candidates` with times before which stores may be missed. Returns values in all. */
  #find(thread: number, word: number, span: number, bound: Clock): number {
    const histories: (History | undefined)[] = []
    for (let n = 0; n < span; n++) histories.push(this.#histories.get(word + n))
    return 1 + missable(histories, thread, bound, this.#candidates, MOST_OLDER)
  }

  #peeked(thread: number, word: number, history: History): void {
    const at = indexAt(history, this.#time)
    history.seen[thread] = Math.max(history.seen[thread]!, at)
    const release = history.releases[at]
    if (release !== undefined) {
      join(this.#read[thread]!, release)
      if (!this.#isPointed[this.#words.bufferOf(word)]!) join(this.#led[thread]!, release)
    }
    const bound = this.#boundOf(thread, word)
    join(history.loads, bound)
    this.#missed(history, at, bound)
  }

  #loaded(thread: number, history: History): void {
    const at = indexAt(history, this.#time)
    history.seen[thread] = Math.max(history.seen[thread]!, at)
    const release = history.releases[at]
    if (release !== undefined) this.#acquire(thread, release)
    if (at < history.times.length - 1) this.#isEarly[thread] = true
    this.#acquire(thread, this.#atomic[thread]!)
    join(history.loads, this.#atomic[thread]!)
    this.#missed(history, at, this.#atomic[thread]!)
  }

  #acquire(thread: number, release: Clock): void {
    join(this.#plain[thread]!, release)
    join(this.#atomic[thread]!, release)
    join(this.#read[thread]!, release)
    join(this.#led[thread]!, release)
  }

  #all(): Clock[][] {
    return [this.#plain, this.#atomic, this.#read, this.#stores, this.#led]
  }

  #released(thread: number, word: number, history: History): void {
    const atomic = this.#atomic[thread]!
    join(atomic, this.#read[thread]!)
    join(atomic, this.#stores[thread]!)
    join(atomic, history.loads)
    const before = history.releases.at(-1)
    if (before !== undefined) join(atomic, before)
    atomic[thread] = this.#trace.count
    this.#isEarly[thread] = false
    this.#stored(thread, word, history, Int32Array.from(atomic))
  }

  /** A thread is woken, or finds that it need not sleep: it is ordered after who rang. */
  woke(thread: number, word: number): void {
    const rung = this.#historyOf(word).rung
    if (rung !== undefined) this.#acquire(thread, rung)
  }

  /** Who begins a step after this one returned has been told so; the thread itself has not. */
  #returned(thread: number, word: number, history: History): void {
    this.#stored(thread, word, history, this.#toldBy(thread))
  }

  /** All that a thread has done, for who hears of it otherwise than by an access. */
  #toldBy(thread: number): Clock {
    const told = Int32Array.from(this.#atomic[thread]!)
    join(told, this.#read[thread]!)
    join(told, this.#stores[thread]!)
    told[thread] = this.#trace.count
    return told
  }

  #invoked(thread: number, history: History): void {
    const told = history.releases.at(-1)
    if (told !== undefined && history.threads.at(-1) !== thread) this.#acquire(thread, told)
  }

  #exchanged(thread: number, word: number, history: History, kind: number): void {
    const before = history.releases.at(-1)
    if (before !== undefined) this.#acquire(thread, before)
    const atomic = this.#atomic[thread]!
    join(atomic, this.#read[thread]!)
    join(atomic, this.#stores[thread]!)
    join(atomic, history.loads)
    atomic[thread] = this.#trace.count
    this.#isEarly[thread] = false
    this.#acquire(thread, atomic)
    history.seen[thread] = history.times.length - 1
    if (kind !== CLOSE) this.#stored(thread, word, history, Int32Array.from(atomic))
    else if (before !== undefined) join(before, atomic)
    else history.releases[history.times.length - 1] = Int32Array.from(atomic)
  }

  #stored(thread: number, word: number, history: History, release: Clock | undefined): void {
    history.seen[thread] = history.times.length
    join(this.#stores[thread]!, history.loads)
    history.times.push(this.#trace.count)
    history.threads.push(thread)
    history.values.push(this.#words.get(word))
    history.releases.push(release)
  }

  /** A read that missed a store comes before it, and before all that is ordered after it. */
  #missed(history: History, at: number, ordered: Clock): void {
    if (at === history.times.length - 1) return
    const time = history.times[at + 1]!
    const thread = history.threads[at + 1]!
    const after = (clock: Clock | undefined) => {
      if (clock !== undefined && clock[thread]! >= time) join(clock, ordered)
    }
    for (const clocks of this.#all()) clocks.forEach(after)
    for (const other of this.#histories.values()) {
      after(other.loads)
      other.releases.forEach(after)
    }
  }

  #historyOf(word: number): History {
    let history = this.#histories.get(word)
    if (history === undefined) {
      history = unwritten(this.#words.get(word), this.#threads)
      if (this.#readIn[word] === this.#execution) {
        joinReads(history.loads, this.#trace, this.#bounds, word)
      }
      this.#histories.set(word, history)
    }
    return history
  }
}
