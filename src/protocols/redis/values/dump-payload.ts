/**
 * What DUMP gives for a string and RESTORE takes: type, the string as in an RDB file, the version
 * of RDB in two bytes, a CRC-64 of all before it. Other types come with the types themselves.
 *
 * What is written is never compressed; what is read may be (LZF), as Redis writes it.
 */
import { putCrc64 } from './crc64.ts'
import { readInteger } from './integer.ts'

const TYPE_STRING = 0
const VERSION = 10
const FOOTER_BYTES = 10
const CRC_BYTES = 8
/** The two top bits of a length. */
const LENGTH_14 = 0x40
const LENGTH_32 = 0x80
const LENGTH_64 = 0x81
const SPECIAL = 0xc0
const INTEGER_8 = 0
const INTEGER_16 = 1
const INTEGER_32 = 2
const COMPRESSED = 3
/** Text this short is looked at as a number. */
const INTEGER_TEXT_BYTES = 11

/** The payload for the string `value`. */
export function dumpString(value: Uint8Array): Uint8Array {
  const head = headOf(value)
  const body = head[0]! >= SPECIAL ? 0 : value.length
  const bytes = new Uint8Array(1 + head.length + body + FOOTER_BYTES)
  bytes[0] = TYPE_STRING
  bytes.set(head, 1)
  if (body > 0) bytes.set(value, 1 + head.length)
  const footerAt = bytes.length - FOOTER_BYTES
  bytes[footerAt] = VERSION
  putCrc64(bytes, bytes.length - CRC_BYTES, bytes, bytes.length - CRC_BYTES)
  return bytes
}

/** What stands before the bytes of a string, or instead of them. */
function headOf(value: Uint8Array): number[] {
  const { length } = value
  const number = length <= INTEGER_TEXT_BYTES ? readInteger(value, 0, length) : undefined
  if (typeof number === 'number') {
    if (number === (number << 24) >> 24) return [SPECIAL | INTEGER_8, number & 0xff]
    if (number === (number << 16) >> 16) return [SPECIAL | INTEGER_16, ...littleEndian(number, 2)]
    if (number === (number | 0)) return [SPECIAL | INTEGER_32, ...littleEndian(number, 4)]
  }
  if (length < 64) return [length]
  if (length < 16_384) return [LENGTH_14 | (length >>> 8), length & 0xff]
  return [LENGTH_32, ...littleEndian(length, 4).reverse()]
}

function littleEndian(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 0xff)
}

export const BAD_FOOTER = 'footer'
export const BAD_FORMAT = 'format'

/**
 * The string of a payload, BAD_FOOTER when version or checksum are wrong, BAD_FORMAT when it is
 * nothing that can be stored here.
 * @param mostBytes the longest string
 */
export function restoreString(
  payload: Uint8Array,
  mostBytes: number,
): Uint8Array | typeof BAD_FOOTER | typeof BAD_FORMAT {
  if (!isWhole(payload)) return BAD_FOOTER
  if (payload[0] !== TYPE_STRING) return BAD_FORMAT
  const reader = new PayloadReader(payload.subarray(1, payload.length - FOOTER_BYTES))
  return reader.string(mostBytes) ?? BAD_FORMAT
}

function isWhole(payload: Uint8Array): boolean {
  if (payload.length < FOOTER_BYTES) return false
  const footerAt = payload.length - FOOTER_BYTES
  if ((payload[footerAt]! | (payload[footerAt + 1]! << 8)) > VERSION) return false
  const crc = new Uint8Array(CRC_BYTES)
  const crcAt = payload.length - CRC_BYTES
  putCrc64(payload, crcAt, crc, 0)
  return crc.every((byte, i) => byte === payload[crcAt + i])
}

class PayloadReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  string(mostBytes: number): Uint8Array | undefined {
    const first = this.#bytes[this.#at]
    if (first === undefined) return undefined
    if (first >= SPECIAL) {
      this.#at++
      return this.#special(first & 0x3f, mostBytes)
    }
    const length = this.#length()
    if (length < 0 || length > mostBytes) return undefined
    return this.#take(length)?.slice()
  }

  #special(kind: number, mostBytes: number): Uint8Array | undefined {
    if (kind === INTEGER_8) return this.#integer(1)
    if (kind === INTEGER_16) return this.#integer(2)
    if (kind === INTEGER_32) return this.#integer(4)
    if (kind !== COMPRESSED) return undefined
    const compressed = this.#length()
    const length = this.#length()
    if (compressed < 0 || length < 0 || length > mostBytes) return undefined
    const source = this.#take(compressed)
    return source === undefined ? undefined : expand(source, length)
  }

  #integer(count: number): Uint8Array | undefined {
    const bytes = this.#take(count)
    if (bytes === undefined) return undefined
    let value = 0
    for (let i = 0; i < count; i++) value |= bytes[i]! << (8 * i)
    const unused = 32 - 8 * count
    return Buffer.from(String((value << unused) >> unused), 'latin1')
  }

  /** A length; -1 when there is none. */
  #length(): number {
    const first = this.#take(1)?.[0]
    if (first === undefined) return -1
    if (first < LENGTH_14) return first
    if (first < LENGTH_32) {
      const low = this.#take(1)?.[0]
      return low === undefined ? -1 : ((first & 0x3f) << 8) | low
    }
    if (first !== LENGTH_32 && first !== LENGTH_64) return -1
    const bytes = this.#take(first === LENGTH_32 ? 4 : 8)
    return bytes === undefined ? -1 : bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  }

  #take(count: number): Uint8Array | undefined {
    if (count > this.#bytes.length - this.#at) return undefined
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

/** Undoes LZF; undefined when it does not give exactly so many bytes. */
function expand(source: Uint8Array, length: number): Uint8Array | undefined {
  const target = new Uint8Array(length)
  let at = 0
  let to = 0
  while (at < source.length) {
    const control = source[at++]!
    if (control < 32) {
      const count = control + 1
      if (to + count > length || at + count > source.length) return undefined
      target.set(source.subarray(at, at + count), to)
      at += count
      to += count
      continue
    }
    let count = control >>> 5
    if (count === 7) count += source[at++] ?? 0
    count += 2
    const from = to - ((control & 31) << 8) - (source[at++] ?? 0) - 1
    if (at > source.length || from < 0 || to + count > length) return undefined
    for (let i = 0; i < count; i++) target[to + i] = target[from + i]! // They may overlap.
    to += count
  }
  return to === length ? target : undefined
}
