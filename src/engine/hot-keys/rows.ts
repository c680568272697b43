/**
 * The memory in which threads note which keys they use most and which values are largest: a row per
 * thread row of the engine, all in one SharedArrayBuffer beside the engine's budget.
 *
 * A row has places for keys of two kinds, the used and the large, each place with the same fields:
 *
 *   weight  error   digest  length  space   sequence  gone   first 96 bytes of the key
 *   double  double  word    word    word    word      word
 *
 *   weight    of a used key its samples, halved with time; of a large one the bytes of its value.
 *             0: the place is free.
 *   error     by how much the weight may be too high: see sampler.ts.
 *   sequence  odd while the place gets another key. The one writer of the row raises it; a reader
 *             that sees it change has read parts of two keys and leaves the place out.
 *   gone      a reader found that the key is no longer there, or no longer large, while the
 *             sequence was this: the writer may give the place away. Any thread stores it.
 *
 * If the writer dies within a change, the sequence stays odd; whoever gets the row next frees the
 * place. Keys of more than 96 bytes are the same if these, their length and their digest are.
 */
import {
  closeOperation,
  closeReads,
  load,
  peek,
  peekByte,
  peekDouble,
  poke,
  pokeByte,
  pokeDouble,
  store,
} from '#atomics'
import type { KeyScratch } from '../../memory/key-scratch.ts'

export const KEPT_BYTES = 96
/** Places for large values. */
export const LARGE = 32
const WORDS = 5
const [DIGEST, LENGTH, SPACE, SEQUENCE, GONE] = [0, 1, 2, 3, 4]
/** Of a row, before its places: sum of the weights ever added, halved alike; last halving. */
const HEADER_DOUBLES = 2
const ALL = 0
const HALVED_AT = 1
const LINE_BYTES = 128

/** What the rows are made with: plain data, part of the engine's handle. */
export interface HotKeysMemory {
  readonly memory: SharedArrayBuffer
  /** Places for used keys of each thread. */
  readonly keys: number
  /** One use in so many is looked at. */
  readonly perSample: number
  readonly halfLifeMs: number
}

/** A key as a reader found it. */
export interface KeptKey {
  readonly bytes: Buffer
  readonly length: number
  readonly space: number
  readonly digest: number
  readonly weight: number
  readonly error: number
}

function rowBytesOf(keys: number): number {
  const places = keys + LARGE
  const bytes = HEADER_DOUBLES * 8 + places * (2 * 8 + WORDS * 4 + KEPT_BYTES)
  return Math.ceil(bytes / LINE_BYTES + 1) * LINE_BYTES
}

/** @param rows of threads */
export function createRows(
  rows: number,
  { keys, perSample, halfLifeMs }: Omit<HotKeysMemory, 'memory'>,
): HotKeysMemory {
  const memory = new SharedArrayBuffer(rows * rowBytesOf(keys))
  return { memory, keys, perSample, halfLifeMs }
}

/** One thread's row. Places 0 to keys - 1 are for used keys, the rest for large values. */
export class KeyRow {
  /** Of both kinds. */
  readonly places: number
  readonly #doubles: Float64Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array

  constructor({ memory, keys }: HotKeysMemory, row: number) {
    const places = keys + LARGE
    const at = row * rowBytesOf(keys)
    const doubles = HEADER_DOUBLES + 2 * places
    this.places = places
    this.#doubles = new Float64Array(memory, at, doubles)
    this.#words = new Int32Array(memory, at + doubles * 8, places * WORDS)
    this.#bytes = new Uint8Array(memory, at + doubles * 8 + places * WORDS * 4, places * KEPT_BYTES)
  }

  /** How many rows a memory has. */
  static count({ memory, keys }: HotKeysMemory): number {
    return memory.byteLength / rowBytesOf(keys)
  }

  get all(): number {
    return peekDouble(this.#doubles, ALL)
  }
  set all(all: number) {
    pokeDouble(this.#doubles, ALL, all)
  }

  get halvedAt(): number {
    return peekDouble(this.#doubles, HALVED_AT)
  }
  set halvedAt(at: number) {
    pokeDouble(this.#doubles, HALVED_AT, at)
  }

  weightOf(place: number): number {
    return peekDouble(this.#doubles, HEADER_DOUBLES + 2 * place)
  }
  weigh(place: number, weight: number): void {
    pokeDouble(this.#doubles, HEADER_DOUBLES + 2 * place, weight)
  }

  errorOf(place: number): number {
    return peekDouble(this.#doubles, HEADER_DOUBLES + 2 * place + 1)
  }
  err(place: number, error: number): void {
    pokeDouble(this.#doubles, HEADER_DOUBLES + 2 * place + 1, error)
  }

  /** The place of the staged key among `from` to `to`, or the lightest one as -1 - place. */
  find(key: KeyScratch, from: number, to: number): number {
    const words = this.#words
    const { digest } = key
    let least = Number.POSITIVE_INFINITY
    let lightest = from
    for (let place = from; place < to; place++) {
      if (peek(words, place * WORDS + DIGEST) === digest && this.#holds(place, key)) return place
      const weight = this.weightOf(place)
      if (weight >= least) continue
      least = weight
      lightest = place
    }
    return -1 - lightest
  }

  #holds(place: number, key: KeyScratch): boolean {
    const words = this.#words
    const at = place * WORDS
    if (peek(words, at + LENGTH) !== key.length || peek(words, at + SPACE) !== key.space)
      return false
    if (this.weightOf(place) === 0) return false
    const kept = Math.min(key.length, KEPT_BYTES)
    const begin = place * KEPT_BYTES
    for (let i = 0; i < kept; i++) {
      if (peekByte(this.#bytes, begin + i) !== key.bytes[i]) return false
    }
    return true
  }

  /** Gives a place to the staged key. */
  give(place: number, key: KeyScratch, weight: number, error: number): void {
    const words = this.#words
    const at = place * WORDS
    const sequence = peek(words, at + SEQUENCE) | 1
    store(words, at + SEQUENCE, sequence)
    closeOperation(words, at + SEQUENCE) // what follows is not seen before it
    poke(words, at + DIGEST, key.digest)
    poke(words, at + LENGTH, key.length)
    poke(words, at + SPACE, key.space)
    const kept = Math.min(key.length, KEPT_BYTES)
    const begin = place * KEPT_BYTES
    for (let i = 0; i < kept; i++) pokeByte(this.#bytes, begin + i, key.bytes[i]!)
    this.weigh(place, weight)
    this.err(place, error)
    store(words, at + SEQUENCE, (sequence + 1) | 0)
  }

  /** A reader's copy; undefined for a free place, and for one that is being given away. */
  read(place: number): KeptKey | undefined {
    const words = this.#words
    const at = place * WORDS
    const sequence = load(words, at + SEQUENCE)
    const weight = this.weightOf(place)
    if ((sequence & 1) !== 0 || weight === 0) return undefined
    const error = this.errorOf(place)
    const digest = peek(words, at + DIGEST)
    const length = peek(words, at + LENGTH)
    const space = peek(words, at + SPACE)
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, KEPT_BYTES)))
    const begin = place * KEPT_BYTES
    for (let i = 0; i < bytes.length; i++) bytes[i] = peekByte(this.#bytes, begin + i)
    if (closeReads(words, at + SEQUENCE, sequence) !== sequence) return undefined
    return { bytes, length, space, digest, weight, error }
  }

  /** The weight of the staged key as another thread sees it; 0 when it has no place. */
  lookUp(key: KeyScratch, to: number): number {
    const place = this.find(key, 0, to)
    if (place < 0) return 0
    const sequence = load(this.#words, place * WORDS + SEQUENCE)
    if ((sequence & 1) !== 0 || !this.#holds(place, key)) return 0
    const weight = this.weightOf(place)
    return closeReads(this.#words, place * WORDS + SEQUENCE, sequence) === sequence ? weight : 0
  }

  /** Any thread: the key of the place is gone, if it still is that of `kept`. */
  disown(place: number, kept: KeptKey): void {
    const words = this.#words
    const at = place * WORDS
    const sequence = load(words, at + SEQUENCE)
    if (peek(words, at + DIGEST) === kept.digest) store(words, at + GONE, sequence)
  }

  /** The writer: frees what was disowned, and what a dead writer left half given. */
  tidy(from: number, to: number): void {
    const words = this.#words
    for (let place = from; place < to; place++) {
      const at = place * WORDS
      const sequence = peek(words, at + SEQUENCE)
      const isHalf = (sequence & 1) !== 0
      if (!isHalf && (sequence === 0 || load(words, at + GONE) !== sequence)) continue
      this.weigh(place, 0)
      this.err(place, 0)
      if (isHalf) store(words, at + SEQUENCE, (sequence + 1) | 0)
    }
  }
}
