/**
 * The staged key of an operation: its bytes as 32-bit words, its length, and its digests.
 *
 * Short ASCII strings are packed four characters a word by a `charCodeAt` loop, which is several
 * times cheaper than a call into the engine's UTF-8 encoder. The last word is padded with zeros, as
 * it is in an entry, so keys are compared word by word.
 */
import { MAX_KEY_BYTES } from '../../native-layout/limits.ts'
import { secondSeed, seedOf, xxh32 } from './hash.ts'

const encoder = new TextEncoder()
/** Below this a loop is faster than the runtime's copy. */
const SHORT_COPY = 32
const copyRange = Buffer.prototype.copy

/** Packs a text into words from `first` on, the last one padded; false when it is not ASCII. */
export function asciiWords(key: string, words: Int32Array, first: number): boolean {
  const { length } = key
  const end = first + (length >>> 2)
  let seen = 0
  let at = 0
  for (let i = first; i < end; i++) {
    const a = key.charCodeAt(at)
    const b = key.charCodeAt(at + 1)
    const c = key.charCodeAt(at + 2)
    const d = key.charCodeAt(at + 3)
    seen |= a | b | c | d
    words[i] = a | (b << 8) | (c << 16) | (d << 24)
    at += 4
  }
  if (at < length) {
    let last = 0
    for (let shift = 0; at < length; shift += 8) {
      const unit = key.charCodeAt(at++)
      seen |= unit
      last |= unit << shift
    }
    words[end] = last
  }
  return seen <= 127
}

export class KeyScratch {
  readonly words = new Int32Array((MAX_KEY_BYTES + 4) >>> 2)
  readonly bytes = new Uint8Array(this.words.buffer)
  /** Length in bytes. */
  length = 0
  /** Words that hold the key, the last one padded. */
  wordCount = 0
  /** Namespace of the key, 0 the default one. */
  space = 0
  digest = 0
  /** Way of the home bucket where its entry was seen; -1: not looked for. A hint. */
  likelyWay = -1
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  /**
   * Stages a string key in its UTF-8 form and hashes it.
   * @returns false when it has more than 65,535 bytes
   */
  loadString(key: string, space: number): boolean {
    const { length } = key
    if (length > MAX_KEY_BYTES) return false
    if (!asciiWords(key, this.words, 0)) return this.#loadWide(key, space)
    this.#finish(length, space)
    return true
  }

  /** Stages key bytes `[from, to)` and hashes them; false when there are more than 65,535. */
  loadBytes(source: Uint8Array, from: number, to: number, space: number): boolean {
    const length = to - from
    if (length > MAX_KEY_BYTES) return false
    this.words[length >>> 2] = 0
    if (length <= SHORT_COPY) for (let i = 0; i < length; i++) this.bytes[i] = source[from + i]!
    else copyRange.call(source as Buffer, this.bytes, 0, from, to)
    this.#pad(length)
    this.#finish(length, space)
    return true
  }

  /** The digest that a table too large for one digest also uses. */
  secondDigest(): number {
    return xxh32(this.words, 0, this.length, secondSeed(seedOf(this.#seed, this.space)))
  }

  #loadWide(key: string, space: number): boolean {
    const { read, written } = encoder.encodeInto(key, this.bytes.subarray(0, MAX_KEY_BYTES))
    if (read < key.length) return false
    this.#pad(written)
    this.#finish(written, space)
    return true
  }

  #pad(length: number): void {
    for (let i = length; (i & 3) !== 0; i++) this.bytes[i] = 0
  }

  #finish(length: number, space: number): void {
    this.length = length
    this.wordCount = (length + 3) >>> 2
    this.space = space
    this.likelyWay = -1
    this.digest = xxh32(this.words, 0, length, space === 0 ? this.#seed : seedOf(this.#seed, space))
  }
}
