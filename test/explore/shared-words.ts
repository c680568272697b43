/**
 * All shared memory of a program as one row of 4-byte words, numbered through: what scheduling,
 * races and the undo log talk about. After the program's buffers come the explorer's own words: for
 * each thread whether it died, and how many of its steps returned.
 */

/** Word of which a thread's death is a write. */
const ALIVE = 0
/** Words per thread beside the program's memory. */
const OWN_WORDS = 2

export class SharedWords {
  readonly buffers: readonly SharedArrayBuffer[]
  readonly count: number
  readonly threads: number
  readonly #words: Int32Array[]
  readonly #starts: number[] = []
  readonly #bases = new Map<ArrayBufferView, number>()
  readonly #own: number
  readonly #initial: Int32Array[]
  readonly #mirrors = new Map<Buffer, Buffer>()
  // The undo log: word by word what was there.
  #undoWords = new Int32Array(1 << 14)
  #undoValues = new Int32Array(1 << 14)
  #undoCount = 0

  constructor(memory: readonly SharedArrayBuffer[], threads: number) {
    this.threads = threads
    this.buffers = [...memory, new SharedArrayBuffer(threads * OWN_WORDS * 4)]
    this.#words = this.buffers.map((buffer) => new Int32Array(buffer))
    let count = 0
    for (const words of this.#words) {
      this.#starts.push(count)
      count += words.length
    }
    this.count = count
    this.#own = this.#starts.at(-1)!
    this.#initial = this.#words.map((words) => Int32Array.from(words))
  }

  /** The number of a thread's word that says whether it died. */
  deathOf(thread: number): number {
    return this.#own + ALIVE + thread
  }

  /** The number of the word that counts a thread's returned steps; those of all are in a row. */
  returnsOf(thread: number): number {
    return this.#own + this.threads + thread
  }

  /** The number of a view's first word; -1: it is over private memory. */
  baseOf(view: ArrayBufferView): number {
    const known = this.#bases.get(view)
    if (known !== undefined) return known
    const at = this.buffers.indexOf(view.buffer as SharedArrayBuffer)
    if (at < 0 && view.buffer instanceof SharedArrayBuffer) {
      throw new Error('an access to shared memory that the program does not name')
    }
    if ((view.byteOffset & 3) !== 0) throw new Error('a view of shared memory between two words')
    const base = at < 0 ? -1 : this.#starts[at]! + (view.byteOffset >>> 2)
    if (this.#bases.size > MOST_VIEWS) this.#bases.clear()
    this.#bases.set(view, base)
    return base
  }

  get(word: number): number {
    const at = this.bufferOf(word)
    return this.#words[at]![word - this.#starts[at]!]!
  }

  set(word: number, value: number): void {
    const at = this.bufferOf(word)
    this.#words[at]![word - this.#starts[at]!] = value
  }

  /** Which buffer a word lies in. */
  bufferOf(word: number): number {
    let at = this.#starts.length - 1
    while (word < this.#starts[at]!) at--
    return at
  }

  /** Where in its buffer a word lies. */
  byteOffsetOf(word: number): number {
    return (word - this.#starts[this.bufferOf(word)]!) * 4
  }

  /** A private Buffer as long as a shared one, for bytes that are given at their own place. */
  mirrorOf(shared: Buffer): Buffer {
    let mirror = this.#mirrors.get(shared)
    if (mirror === undefined) {
      mirror = Buffer.alloc(shared.length)
      this.#mirrors.set(shared, mirror)
    }
    return mirror
  }

  /** Before a write: remembers what it will overwrite. */
  log(word: number): void {
    if (this.#undoCount === this.#undoWords.length) this.#growLog()
    this.#undoWords[this.#undoCount] = word
    this.#undoValues[this.#undoCount++] = this.get(word)
  }

  /** Puts memory back to what it was at first. */
  undo(): void {
    for (let n = this.#undoCount - 1; n >= 0; n--) {
      this.set(this.#undoWords[n]!, this.#undoValues[n]!)
    }
    this.#undoCount = 0
  }

  /** Compares all memory with what it was at first. @throws Error when a write was not seen */
  check(): void {
    this.#words.forEach((words, at) => {
      const initial = this.#initial[at]!
      const bytes = new Uint8Array(words.buffer)
      if (Buffer.compare(bytes, new Uint8Array(initial.buffer)) === 0) return
      const word = words.findIndex((value, n) => value !== initial[n])
      throw new Error(`memory is not as it was: buffer ${at}, byte ${word * 4} was written unseen`)
    })
  }

  #growLog(): void {
    const words = new Int32Array(2 * this.#undoWords.length)
    const values = new Int32Array(2 * this.#undoValues.length)
    words.set(this.#undoWords)
    values.set(this.#undoValues)
    this.#undoWords = words
    this.#undoValues = values
  }
}
const MOST_VIEWS = 10_000
