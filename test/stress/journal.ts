/**
 * What the workers of a stress run write down outside the engine, in shared memory of its own: what
 * they have begun and what was acknowledged, so that nothing is lost with a worker that is killed.
 *
 * Each worker has a part that it alone writes: begun before the call, acknowledged after it.
 */

const ALL_COUNTERS = 5
export const COUNTERS = ALL_COUNTERS - 1
export const CHAINS = 4
export const LOCKS = 2
/** Keys of the exact engine whose versions are followed. */
export const TURNS = 2
/** The counter that is cleared now and then; no other counter is. */
export const FLUSHED = ALL_COUNTERS - 1
/** Links of a compare-and-set chain, results of a counter, that are checked one by one. */
const MOST_LINKS = 1 << 19
const MOST_RESULTS = 1 << 20
const COMPLAINT_BYTES = 400

/** Words of a worker's part. */
const BEGUN = 0 //              writes to the tiny engine begun
const FINISHED = 1 //           and finished
const OPERATIONS = 2
const STALL_US = 3 //           longest time between two steps
const COMPLAINT = 4 //          bytes of its complaint
const CONTENDED = 5
const FULL = 6
const CPU_US = 7 //             most processor time of one step
const STARTED = 8 //            increments begun, per counter
const ACKNOWLEDGED = STARTED + ALL_COUNTERS
const WORDS = ACKNOWLEDGED + ALL_COUNTERS

export interface JournalMemory {
  readonly parts: SharedArrayBuffer
  readonly complaints: SharedArrayBuffer
  readonly links: SharedArrayBuffer
  readonly versions: SharedArrayBuffer
  readonly results: SharedArrayBuffer
  readonly newest: SharedArrayBuffer
  readonly owners: SharedArrayBuffer
  readonly alive: SharedArrayBuffer
}

export function createJournal(workers: number, keys: number): JournalMemory {
  return {
    parts: new SharedArrayBuffer(workers * WORDS * 4),
    complaints: new SharedArrayBuffer(workers * COMPLAINT_BYTES),
    links: new SharedArrayBuffer(CHAINS * MOST_LINKS),
    versions: new SharedArrayBuffer(CHAINS * MOST_LINKS * 8),
    results: new SharedArrayBuffer((COUNTERS * MOST_RESULTS) / 8),
    newest: new SharedArrayBuffer((TURNS + keys) * 8),
    owners: new SharedArrayBuffer(LOCKS * 4),
    alive: new SharedArrayBuffer(workers * 4),
  }
}

/** A worker's or the judge's way into the journal. */
export class Journal {
  readonly #parts: Int32Array
  readonly #complaints: Uint8Array
  readonly #links: Uint8Array
  readonly #versions: BigInt64Array
  readonly #results: Int32Array
  readonly #newest: BigInt64Array
  readonly #owners: Int32Array
  readonly #alive: Int32Array
  readonly #at: number
  readonly #worker: number

  constructor(memory: JournalMemory, worker: number) {
    this.#parts = new Int32Array(memory.parts)
    this.#complaints = new Uint8Array(memory.complaints)
    this.#links = new Uint8Array(memory.links)
    this.#versions = new BigInt64Array(memory.versions)
    this.#results = new Int32Array(memory.results)
    this.#newest = new BigInt64Array(memory.newest)
    this.#owners = new Int32Array(memory.owners)
    this.#alive = new Int32Array(memory.alive)
    this.#worker = worker
    this.#at = worker * WORDS
  }

  /** Number of the write to the tiny engine that begins. */
  beginWrite(): number {
    return Atomics.add(this.#parts, this.#at + BEGUN, 1) + 1
  }
  finishWrite(sequence: number): void {
    Atomics.store(this.#parts, this.#at + FINISHED, sequence)
  }
  /** Writes that a worker has begun. */
  begunBy(worker: number): number {
    if (worker < 0 || worker * WORDS >= this.#parts.length) return 0
    return Atomics.load(this.#parts, worker * WORDS + BEGUN)
  }
  /** The last write that each worker has finished: what a clear must remove. */
  finishedByAll(): Int32Array {
    const finished = new Int32Array(this.#parts.length / WORDS)
    for (let worker = 0; worker < finished.length; worker++) {
      finished[worker] = Atomics.load(this.#parts, worker * WORDS + FINISHED)
    }
    return finished
  }

  step(stallUs: number, cpuUs: number): void {
    this.#parts[this.#at + OPERATIONS]!++
    if (stallUs > this.#parts[this.#at + STALL_US]!) this.#parts[this.#at + STALL_US] = stallUs
    if (cpuUs > this.#parts[this.#at + CPU_US]!) this.#parts[this.#at + CPU_US] = cpuUs
  }
  refused(isFull: boolean): void {
    this.#parts[this.#at + (isFull ? FULL : CONTENDED)]!++
  }
  operationsBy = (worker: number): number => this.#parts[worker * WORDS + OPERATIONS]!
  contendedBy = (worker: number): number => this.#parts[worker * WORDS + CONTENDED]!
  fullBy = (worker: number): number => this.#parts[worker * WORDS + FULL]!
  cpuMsOf = (worker: number): number => this.#parts[worker * WORDS + CPU_US]! / 1000
  stallMsOf = (worker: number): number => this.#parts[worker * WORDS + STALL_US]! / 1000

  startIncrement(counter: number): void {
    Atomics.add(this.#parts, this.#at + STARTED + counter, 1)
  }
  /** False when another increment had the same result. */
  acknowledge(counter: number, result: number): boolean {
    this.finishIncrement(counter)
    if (result >= MOST_RESULTS) return true
    const bit = counter * MOST_RESULTS + result
    const before = Atomics.or(this.#results, bit >>> 5, 1 << (bit & 31))
    return (before & (1 << (bit & 31))) === 0
  }
  finishIncrement(counter: number): void {
    Atomics.add(this.#parts, this.#at + ACKNOWLEDGED + counter, 1)
  }
  /** Increments acknowledged and begun, over all workers. */
  incrementsOf(counter: number): { acknowledged: number; started: number } {
    let acknowledged = 0
    let started = 0
    for (let at = 0; at < this.#parts.length; at += WORDS) {
      acknowledged += this.#parts[at + ACKNOWLEDGED + counter]!
      started += this.#parts[at + STARTED + counter]!
    }
    return { acknowledged, started }
  }

  /** Notes the version under which link `n` of a chain was read; false: it had another before. */
  sawLink(chain: number, n: number, version: number): boolean {
    if (n >= MOST_LINKS) return true
    const at = chain * MOST_LINKS + n
    const before = Atomics.compareExchange(this.#versions, at, 0n, BigInt(version))
    return before === 0n || before === BigInt(version)
  }
  /** Notes that a compare-and-set consumed link `n`; false when one already had. */
  consumeLink(chain: number, n: number): boolean {
    return n >= MOST_LINKS || Atomics.exchange(this.#links, chain * MOST_LINKS + n, 1) === 0
  }
  /** Links consumed with acknowledgement at or after `n`: there must be none. */
  consumedFrom(chain: number, n: number): number {
    const end = (chain + 1) * MOST_LINKS
    const at = this.#links.subarray(0, end).indexOf(1, chain * MOST_LINKS + n)
    return at < 0 ? -1 : at - chain * MOST_LINKS
  }

  /** The newest version that anybody has read of a key before now. */
  newestOf(key: number): bigint {
    return Atomics.load(this.#newest, key)
  }
  raiseNewest(key: number, version: number): void {
    const fresh = BigInt(version)
    for (let seen = this.newestOf(key); seen < fresh; seen = this.newestOf(key)) {
      Atomics.compareExchange(this.#newest, key, seen, fresh)
    }
  }

  /** Enters a lock that the engine granted; the owner who is there though, 0 when nobody is. */
  enterLock(lock: number): number {
    const me = this.#worker + 1
    const before = Atomics.exchange(this.#owners, lock, me)
    return before === 0 || Atomics.load(this.#alive, before - 1) === 0 ? 0 : before
  }
  leaveLock(lock: number): boolean {
    return Atomics.exchange(this.#owners, lock, 0) === this.#worker + 1
  }
  setAlive(worker: number, isAlive: boolean): void {
    Atomics.store(this.#alive, worker, isAlive ? 1 : 0)
  }
  isAlive(worker: number): boolean {
    return Atomics.load(this.#alive, worker) === 1
  }

  /** The first thing that a worker found wrong. */
  complain(text: string): void {
    if (Atomics.load(this.#parts, this.#at + COMPLAINT) !== 0) return
    const bytes = Buffer.from(text).subarray(0, COMPLAINT_BYTES)
    this.#complaints.set(bytes, this.#worker * COMPLAINT_BYTES)
    Atomics.store(this.#parts, this.#at + COMPLAINT, bytes.length)
  }
  complaints(): string[] {
    const found: string[] = []
    for (let worker = 0; worker * WORDS < this.#parts.length; worker++) {
      const length = Atomics.load(this.#parts, worker * WORDS + COMPLAINT)
      const from = worker * COMPLAINT_BYTES
      const text = Buffer.from(this.#complaints.slice(from, from + length)).toString()
      if (length > 0) found.push(`worker ${worker}: ${text}`)
    }
    return found
  }
}
