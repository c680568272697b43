/**
 * The seam of '#atomics' under the Node condition `explore`: every shared access of the engine
 * comes here, word by word, and the machine says whether the thread may make it now. What is
 * private goes straight to memory.
 */
import * as plain from '../../src/memory/atomics.ts'
import { LOG, machine, OFF } from './machine.ts'
import { copyBytes, read, wordOf, write, writeBytes } from './single-access.ts'
import { ADD, CLOSE, LOAD, PEEK, POKE, STORE, SWAP } from './trace.ts'

type Words = Int32Array
const pairOfWords = new Int32Array(2)
const asDouble = new Float64Array(pairOfWords.buffer)
const asPair = new BigInt64Array(pairOfWords.buffer)

export function load(words: Words, at: number): number {
  const word = wordOf(words, at, 1)
  return word < 0 ? plain.load(words, at) : read(LOAD, word)
}

export function store(words: Words, at: number, value: number): void {
  const word = wordOf(words, at, 1)
  if (word < 0) plain.store(words, at, value)
  else write(STORE, word, value)
}

export function compareExchange(words: Words, at: number, seen: number, fresh: number): number {
  const word = wordOf(words, at, 1)
  if (word < 0) return plain.compareExchange(words, at, seen, fresh)
  if (!machine.begin(SWAP, word, 1)) return machine.answer
  const value = machine.words.get(word)
  const isSwapped = value === (seen | 0)
  if (isSwapped) {
    machine.words.log(word)
    machine.words.set(word, fresh)
  }
  machine.end(SWAP, word, 1, isSwapped, value)
  return value
}

export function add(words: Words, at: number, delta: number): number {
  const word = wordOf(words, at, 1)
  if (word < 0) return plain.add(words, at, delta)
  if (!machine.begin(ADD, word, 1)) return machine.answer
  const value = machine.words.get(word)
  machine.words.log(word)
  machine.words.set(word, value + delta)
  machine.end(ADD, word, 1, true, value)
  return value
}

export function loadPair(pairs: BigInt64Array, at: number): bigint {
  const word = wordOf(pairs, at, 2)
  if (word < 0) return plain.loadPair(pairs, at)
  return readPair(LOAD, word, asPair)
}

export function compareExchangePair(
  pairs: BigInt64Array,
  at: number,
  seen: bigint,
  fresh: bigint,
): bigint {
  const word = wordOf(pairs, at, 2)
  if (word < 0) return plain.compareExchangePair(pairs, at, seen, fresh)
  const { current, words } = machine
  if (!machine.begin(SWAP, word, 2)) return current.pairs.get(current.position - 1)!
  take(word)
  const value = asPair[0]!
  const isSwapped = value === BigInt.asIntN(64, seen)
  if (isSwapped) {
    words.log(word)
    words.log(word + 1)
    asPair[0] = fresh
    words.set(word, pairOfWords[0]!)
    words.set(word + 1, pairOfWords[1]!)
  }
  if (machine.mode !== LOG) current.pairs.set(current.recorded, value)
  machine.end(SWAP, word, 2, isSwapped, 0)
  return value
}

export function peek(words: Words, at: number): number {
  const word = wordOf(words, at, 1)
  return word < 0 ? plain.peek(words, at) : read(PEEK, word)
}

export function poke(words: Words, at: number, value: number): void {
  const word = wordOf(words, at, 1)
  if (word < 0) plain.poke(words, at, value)
  else write(POKE, word, value)
}

export function peekByte(bytes: Uint8Array, at: number): number {
  if (machine.mode === OFF) return plain.peekByte(bytes, at)
  const base = machine.words.baseOf(bytes)
  if (base < 0 || at >= bytes.length) return plain.peekByte(bytes, at)
  return (read(PEEK, base + (at >>> 2)) >>> ((at & 3) << 3)) & 255
}

export function pokeByte(bytes: Uint8Array, at: number, value: number): void {
  if (machine.mode === OFF || machine.words.baseOf(bytes) < 0) plain.pokeByte(bytes, at, value)
  else writeBytes(machine.words.baseOf(bytes) + (at >>> 2), at & 3, 1, [value], 0)
}

export function peekDouble(doubles: Float64Array, at: number): number {
  const word = wordOf(doubles, at, 2)
  return word < 0 ? plain.peekDouble(doubles, at) : readPair(PEEK, word, asDouble)
}

export function pokeDouble(doubles: Float64Array, at: number, value: number): void {
  const word = wordOf(doubles, at, 2)
  if (word < 0) {
    plain.pokeDouble(doubles, at, value)
  } else if (!machine.begin(POKE, word, 2)) {
    machine.mustBe(value)
  } else {
    machine.words.log(word)
    machine.words.log(word + 1)
    asDouble[0] = value
    machine.words.set(word, pairOfWords[0]!)
    machine.words.set(word + 1, pairOfWords[1]!)
    machine.end(POKE, word, 2, true, value)
  }
}

/** Shared to shared is read whole, then written: a longer window than the runtime's own copy. */
export function copyIn(
  shared: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  bytes: number,
): void {
  if (machine.mode === OFF) {
    plain.copyIn(shared, at, source, from, bytes)
    return
  }
  let values = source
  let start = from
  if (source.buffer instanceof SharedArrayBuffer) {
    values = new Uint8Array(bytes)
    start = 0
    copyBytes(machine.words.baseOf(source), from, values, 0, bytes)
  }
  const base = machine.words.baseOf(shared)
  if (base < 0) throw new Error('copyIn to private memory')
  for (let done = 0; done < bytes; ) {
    const place = at + done
    const count = Math.min(4 - (place & 3), bytes - done)
    writeBytes(base + (place >>> 2), place & 3, count, values, start + done)
    done += count
  }
}

export function copyOut(
  shared: Words,
  at: number,
  target: Uint8Array,
  to: number,
  bytes: number,
): void {
  const base = machine.mode === OFF ? -1 : machine.words.baseOf(shared)
  if (base < 0) {
    plain.copyOut(shared, at, target, to, bytes)
    return
  }
  if (at * 4 + bytes > shared.length * 4) throw new RangeError('copyOut beyond the memory')
  copyBytes(base, at * 4, target, to, bytes)
}

export function copyWordsIn(
  words: Int32Array,
  at: number,
  source: DataView,
  from: number,
  bytes: number,
): void {
  for (let done = 0; done < bytes; done += 4) {
    let word = 0
    for (let i = Math.min(4, bytes - done); i-- > 0; ) {
      word = (word << 8) | source.getUint8(from + done + i)
    }
    poke(words, at + (done >>> 2), word)
  }
}

export function copyWordsOut(
  words: Int32Array,
  at: number,
  target: DataView,
  to: number,
  bytes: number,
): void {
  for (let done = 0; done < bytes; done += 4) {
    const word = peek(words, at + (done >>> 2))
    for (let i = 0; i < Math.min(4, bytes - done); i++) {
      target.setUint8(to + done + i, word >>> (8 * i))
    }
  }
}

/** A private copy at the same place stands in for the buffer. */
export function peekBuffer(buffer: Buffer, from: number, to: number): Buffer {
  if (machine.mode === OFF || machine.words.baseOf(buffer) < 0) return buffer
  const mirror = machine.words.mirrorOf(buffer)
  const end = Math.min(to, buffer.length)
  const base = machine.words.baseOf(buffer)
  if (from < end) copyBytes(base, from, mirror, from, end - from)
  return mirror
}

/** As on ARM64 with stale reads: an atomic load. Otherwise as on x64, where loads stay in order. */
export function openReads(words: Words, at: number): number {
  const word = wordOf(words, at, 1)
  if (word < 0) return plain.openReads(words, at)
  return read(machine.stale === undefined ? PEEK : LOAD, word)
}

/**
 * With stale reads as on ARM64: a read-modify-write if the word is `seen`. Otherwise as on x64,
 * where loads stay in order: a load.
 */
export function closeReads(words: Words, at: number, seen: number): number {
  const word = wordOf(words, at, 1)
  if (word < 0) return plain.closeReads(words, at, seen)
  if (machine.stale === undefined) return read(CLOSE, word)
  if (!machine.begin(CLOSE, word, 1)) return machine.answer
  const value = machine.words.get(word)
  machine.end(CLOSE, word, 1, value === (seen | 0), value)
  return value
}

export function closeWrites(words: Words, at: number, value: number): void {
  const word = wordOf(words, at, 1)
  if (word < 0) plain.closeWrites(words, at, value)
  else write(machine.stale === undefined ? POKE : STORE, word, value)
}

/** As on ARM64 with stale reads; nothing on x64. */
export function closeOperation(words: Words, at: number): void {
  if (machine.stale !== undefined) closeReads(words, at, load(words, at))
}

/** Reads two words in one access; on return they lie in `pairOfWords`. */
function readPair<T extends number | bigint>(
  kind: number,
  word: number,
  as: { readonly [at: number]: T },
): T {
  const { current } = machine
  if (!machine.begin(kind, word, 2)) {
    asPair[0] = current.pairs.get(current.position - 1)!
    return as[0]!
  }
  take(word)
  if (machine.mode !== LOG) current.pairs.set(current.recorded, asPair[0]!)
  const value = as[0]!
  machine.end(kind, word, 2, false, 0)
  return value
}

function take(word: number): void {
  const { isStale, words } = machine
  pairOfWords[0] = isStale ? machine.stale!.value(word) : words.get(word)
  pairOfWords[1] = isStale ? machine.stale!.value(word + 1) : words.get(word + 1)
}
