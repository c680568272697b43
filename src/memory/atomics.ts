/**
 * The seam to the machine: the only file that touches shared words.
 *
 * Everything else imports `#atomics`. A build of the same source for the interleaving explorer puts
 * another file in its place and sees every access that can race, plain ones included. V8 inlines
 * these one-line functions in optimized code (measured: no difference to the bare expression).
 *
 * `load`, `store`, `compareExchange`, `add` are sequentially consistent. `peek` and `poke` are
 * plain accesses: whoever uses them says which validation brackets them.
 */

/** Sequentially consistent load of one word. */
export function load(words: Int32Array, at: number): number {
  return Atomics.load(words, at)
}

/** Sequentially consistent store of one word. */
export function store(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value)
}

/** Puts `fresh` where `seen` is; returns what was there (`seen`: it happened). */
export function compareExchange(
  words: Int32Array,
  at: number,
  seen: number,
  fresh: number,
): number {
  return Atomics.compareExchange(words, at, seen, fresh)
}

/** Adds to a word; returns the value before. */
export function add(words: Int32Array, at: number, delta: number): number {
  return Atomics.add(words, at, delta)
}

/** 64-bit load, for the two words that flushes change together. Allocates a BigInt. */
export function loadPair(pairs: BigInt64Array, at: number): bigint {
  return Atomics.load(pairs, at)
}

/** 64-bit compare-and-exchange. Allocates a BigInt; never on a read path. */
export function compareExchangePair(
  pairs: BigInt64Array,
  at: number,
  seen: bigint,
  fresh: bigint,
): bigint {
  return Atomics.compareExchange(pairs, at, seen, fresh)
}

/** Plain load of one word. */
export function peek(words: Int32Array, at: number): number {
  return words[at]!
}

/** Plain store of one word. */
export function poke(words: Int32Array, at: number, value: number): void {
  words[at] = value
}

/** Plain load of a byte. */
export function peekByte(bytes: Uint8Array, at: number): number {
  return bytes[at]!
}

/** Plain store of a byte. */
export function pokeByte(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
}

/** Plain load of a double: in one piece on every machine that V8 supports, if aligned. */
export function peekDouble(doubles: Float64Array, at: number): number {
  return doubles[at]!
}

/** Plain store of a double. */
export function pokeDouble(doubles: Float64Array, at: number, value: number): void {
  doubles[at] = value
}

/** Below this a loop is faster than the runtime's copy. */
const SHORT_COPY = 24
/**
 * memcpy. A typed array's `set` moves shared bytes one by one, and needs a view of the range: 340
 * against 57 ns for a kilobyte.
 */
const copyRange = Buffer.prototype.copy

/** Copies private bytes into shared memory. */
export function copyIn(
  shared: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  bytes: number,
): void {
  if (bytes <= SHORT_COPY) for (let i = 0; i < bytes; i++) shared[at + i] = source[from + i]!
  else copyRange.call(source as Buffer, shared, at, from, from + bytes)
}

/**
 * Copies shared bytes, from the first byte of a word on, into private memory; validated by the
 * caller afterwards. Short ones are read a word at a time: half the loads.
 */
export function copyOut(
  shared: Int32Array,
  at: number,
  target: Uint8Array,
  to: number,
  bytes: number,
): void {
  if (bytes > MOST_BY_WORDS) {
    copyRange.call(bytesOf(shared), target, to, at * 4, at * 4 + bytes)
    return
  }
  const end = to + bytes
  let word = at
  let place = to
  for (; place + 3 < end; place += 4) {
    const four = shared[word++]!
    target[place] = four
    target[place + 1] = four >>> 8
    target[place + 2] = four >>> 16
    target[place + 3] = four >>> 24
  }
  if (place === end) return
  let rest = shared[word]!
  for (; place < end; rest >>>= 8) target[place++] = rest
}
const MOST_BY_WORDS = 96

const byteViews = new WeakMap<Int32Array, Buffer>()
function bytesOf(words: Int32Array): Buffer {
  let bytes = byteViews.get(words)
  if (bytes === undefined) {
    bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength)
    byteViews.set(words, bytes)
  }
  return bytes
}

/** As `copyIn`, word by word, from word `at` on: for short values. The last word is filled up. */
export function copyWordsIn(
  words: Int32Array,
  at: number,
  source: DataView,
  from: number,
  bytes: number,
): void {
  const end = from + bytes - 3
  let word = at
  let next = from
  for (; next < end; next += 4) words[word++] = source.getInt32(next, true)
  if ((bytes & 3) !== 0) {
    let last = 0
    for (let shift = 0; next < from + bytes; shift += 8) last |= source.getUint8(next++) << shift
    words[word] = last
  }
}

/** As `copyOut`, word by word, from word `at` on. */
export function copyWordsOut(
  words: Int32Array,
  at: number,
  target: DataView,
  to: number,
  bytes: number,
): void {
  const end = to + bytes - 3
  let word = at
  let next = to
  for (; next < end; next += 4) target.setInt32(next, words[word++]!, true)
  if ((bytes & 3) !== 0) {
    let last = words[word]!
    for (; next < to + bytes; last >>= 8) target.setUint8(next++, last)
  }
}

/**
 * Shared bytes `from` to `to` for the runtime to read by itself, such as text that is decoded where
 * it lies: the buffer that is given, in which nothing else may be looked at.
 */
export function peekBuffer(buffer: Buffer, from: number, to: number): Buffer {
  return buffer
}

const LOADS_STAY_IN_ORDER = process.arch === 'x64' || process.arch === 'ia32'

/**
 * A load that stays before all later ones of the thread, plain ones too. x64 keeps loads in order,
 * and V8 compiles plain loads of typed arrays in the order of the program; a call of Atomics.load
 * costs sixteen times as much.
 */
export function openReads(words: Int32Array, at: number): number {
  return LOADS_STAY_IN_ORDER ? words[at]! : Atomics.load(words, at)
}

/**
 * Orders earlier plain reads before the next one. x64 keeps loads in order and needs nothing;
 * elsewhere a read-modify-write of a word with its own value is the fence.
 */
export function closeReads(words: Int32Array, at: number, seen: number): number {
  return LOADS_STAY_IN_ORDER
    ? Atomics.load(words, at)
    : Atomics.compareExchange(words, at, seen, seen)
}

/**
 * A store that comes after all earlier ones of the thread, plain ones too, for whoever loads it by
 * `load`. x64 keeps stores in order.
 */
export function closeWrites(words: Int32Array, at: number, value: number): void {
  if (LOADS_STAY_IN_ORDER) words[at] = value
  else Atomics.store(words, at, value)
}

/**
 * Orders all of an operation, plain accesses too, before the thread's next one. x64 needs nothing
 * where the operation ended by a store, or only read.
 * @param at a word of the caller's own
 */
export function closeOperation(words: Int32Array, at: number): void {
  if (LOADS_STAY_IN_ORDER) return
  Atomics.add(words, at, 0)
  Atomics.load(words, at) // Where an exchange is two instructions, it is no barrier by itself.
}
