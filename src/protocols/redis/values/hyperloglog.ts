/**
 * HyperLogLog in Redis' own encoding, so that the bytes can be read with GET and given to a Redis.
 *
 *   HYLL | encoding 1 | unused 3 | cached count 8, low byte first; top bit: not valid | registers
 *
 * Dense, 16,384 registers have 6 bits each; sparse, see hyperloglog-sparse.ts. What is added to is
 * a private copy: a `Sketch` holds it, since a sparse one may become dense.
 */
import { addSparse, eachSparseRun } from './hyperloglog-sparse.ts'
import { LEAST_INTEGER } from './integer.ts'
import { hash, murmur64 } from './murmur64.ts'

const REGISTERS = 16_384
export const HEADER_BYTES = 16
const DENSE_BYTES: number = HEADER_BYTES + (REGISTERS * 6) / 8
const ENCODING_AT = 4
const CACHE_AT = 8
const DENSE = 0
const SPARSE = 1
const NOT_VALID = 0x80
const MAGIC: readonly number[] = [72, 89, 76, 76]
/** A sparse form may grow so large, and have values so high. */
const MOST_SPARSE_BYTES = 3000
const MOST_SPARSE_VALUE = 32
const INDEX_BITS = 14
const HASH_BITS = 50
const ALPHA = 0.7213475204444817

/** Nothing changed, something did, the bytes are no HyperLogLog. */
export const UNCHANGED = 0
export const CHANGED = 1
export const CORRUPT = -1

/** A private copy of the bytes of one HyperLogLog. */
export class Sketch {
  bytes: Uint8Array

  /** @param bytes a private copy; undefined: an empty one */
  constructor(bytes?: Uint8Array) {
    this.bytes = bytes ?? emptySketch()
  }

  get isDense(): boolean {
    return this.bytes[ENCODING_AT] === DENSE
  }

  /** Adds the element `source[from..to)`. */
  add(source: Uint8Array, from: number, to: number): number {
    murmur64(source, from, to)
    const index = hash.low & (REGISTERS - 1)
    return this.raise(index, firstOne())
  }

  /** Raises a register. */
  raise(index: number, value: number): number {
    if (this.isDense) return raiseDense(this.bytes, index, value)
    if (value <= MOST_SPARSE_VALUE) {
      const grown = addSparse(this.bytes, index, value, MOST_SPARSE_BYTES)
      if (grown === undefined) return CORRUPT
      if (grown !== 'promote') {
        if (grown === this.bytes) return UNCHANGED
        this.bytes = grown
        this.forgetCount()
        return CHANGED
      }
    }
    return this.makeDense() ? raiseDense(this.bytes, index, value) : CORRUPT
  }

  /** False when the sparse form is not one. */
  makeDense(): boolean {
    if (this.isDense) return true
    const dense = new Uint8Array(DENSE_BYTES)
    dense.set(this.bytes.subarray(0, HEADER_BYTES))
    dense[ENCODING_AT] = DENSE
    const end = eachSparseRun(this.bytes, (first, length, value) => {
      for (let i = first; i < first + length; i++) if (value > 0) raiseDense(dense, i, value)
    })
    if (end !== REGISTERS) return false
    this.bytes = dense
    return true
  }

  forgetCount(): void {
    this.bytes[CACHE_AT + 7]! |= NOT_VALID
  }
}

function emptySketch(): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 2)
  bytes.set(MAGIC)
  bytes[ENCODING_AT] = SPARSE
  bytes[HEADER_BYTES] = 0x7f // One run of 16,384 zeros.
  bytes[HEADER_BYTES + 1] = 0xff
  return bytes
}

/** Where the first 1 of the hash stands behind its index, from 1. */
function firstOne(): number {
  const low = hash.low >>> INDEX_BITS
  if (low !== 0) return 32 - Math.clz32(low & -low)
  const { high } = hash
  return high === 0 ? HASH_BITS + 1 : 64 - INDEX_BITS - Math.clz32(high & -high)
}

/** Whether bytes look like a HyperLogLog: all but the registers themselves. */
export function isSketch(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC[i]) return false
  if (bytes[ENCODING_AT]! > SPARSE) return false
  return bytes[ENCODING_AT] === SPARSE || bytes.length === DENSE_BYTES
}

function denseValue(bytes: Uint8Array, index: number): number {
  const bit = index * 6
  const at = HEADER_BYTES + (bit >>> 3)
  const next = at + 1 < bytes.length ? bytes[at + 1]! : 0
  return ((bytes[at]! | (next << 8)) >>> (bit & 7)) & 63
}

function raiseDense(bytes: Uint8Array, index: number, value: number): number {
  if (denseValue(bytes, index) >= value) return UNCHANGED
  const bit = index * 6
  const at = HEADER_BYTES + (bit >>> 3)
  const shift = bit & 7
  bytes[at] = (bytes[at]! & ~(63 << shift)) | (value << shift)
  if (shift > 2) bytes[at + 1] = (bytes[at + 1]! & ~(63 >> (8 - shift))) | (value >> (8 - shift))
  return CHANGED
}

/** Raises `registers` to those of a HyperLogLog; false when its bytes are not one. */
export function mergeInto(registers: Uint8Array, bytes: Uint8Array): boolean {
  if (bytes[ENCODING_AT] === DENSE) {
    for (let i = 0; i < REGISTERS; i++) {
      const value = denseValue(bytes, i)
      if (value > registers[i]!) registers[i] = value
    }
    return true
  }
  const end = eachSparseRun(bytes, (first, length, value) => {
    for (let i = first; i < first + length; i++) if (value > registers[i]!) registers[i] = value
  })
  return end === REGISTERS
}

export function emptyRegisters(): Uint8Array {
  return new Uint8Array(REGISTERS)
}

/**
 * How many different elements the registers stand for (Ertl's estimator). Registers that no hash
 * can fill stand for infinitely many: Redis then says the least integer.
 */
export function estimate(registers: Uint8Array): bigint {
  const histogram = new Uint32Array(64)
  for (let i = 0; i < REGISTERS; i++) histogram[registers[i]!]!++
  let sum = REGISTERS * tau((REGISTERS - histogram[HASH_BITS + 1]!) / REGISTERS)
  for (let value = HASH_BITS; value >= 1; value--) sum = (sum + histogram[value]!) * 0.5
  sum += REGISTERS * sigma(histogram[0]! / REGISTERS)
  const count = Math.round((ALPHA * REGISTERS * REGISTERS) / sum)
  return Number.isFinite(count) ? BigInt(count) : LEAST_INTEGER
}

function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY
  let x = start
  let y = 1
  let z = start
  for (let before = Number.NaN; before !== z; y += y) {
    x *= x
    before = z
    z += x * y
  }
  return z
}

function tau(start: number): number {
  if (start === 0 || start === 1) return 0
  let x = start
  let y = 1
  let z = 1 - start
  for (let before = Number.NaN; before !== z; ) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

/** The count that the header remembers; -1 when it does not. */
export function cachedCount(bytes: Uint8Array): bigint {
  if ((bytes[CACHE_AT + 7]! & NOT_VALID) !== 0) return -1n
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(CACHE_AT, true)
}

export function cacheCount(bytes: Uint8Array, count: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigInt64(CACHE_AT, count, true)
}
