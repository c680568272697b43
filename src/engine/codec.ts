/**
 * Values to bytes and back.
 *
 * What has an obvious form in bytes is stored in that form, so that other protocols read it: text
 * as UTF-8, byte arrays as they are, numbers and bigints as decimal text, booleans as 'true' and
 * 'false', null as nothing. Every other value goes through the engine's codec. A tag of 4 bits
 * beside the bytes says which it was, so that what is read has the type that was written.
 *
 *   tag      0     1     2    3      4      5       6    7    8  9
 *            bytes ascii utf8 number bigint boolean null json v8 custom
 *
 * ASCII text has a tag of its own because it decodes without a look at its bytes. Text with lone
 * surrogates has no UTF-8 form: it goes through the json tag, whose escapes keep it exact.
 *
 * An encoder belongs to one engine in one thread and is used again for every write. Nothing the
 * user's code does meanwhile can disturb it: toJSON and encode have returned before it is touched.
 */
import { endianness } from 'node:os'
import { isUint8Array } from 'node:util/types'
import { deserialize } from 'node:v8'
import { badValue, undecodable, valueTooLarge } from './errors.ts'
import { messageOf, toCustom, toJson, toV8 } from './object-codecs.ts'
import { KIB, MIB } from './sizes.ts'

/** How values that are no string, bytes, number, bigint, boolean or null become bytes and back. */
export interface Codec {
  /** Bytes, or text (stored as UTF-8), for a value. Bytes are copied before the call returns. */
  encode(value: unknown): Uint8Array | string
  /** The value for bytes that `encode` returned. The bytes are a private copy. */
  decode(bytes: Uint8Array<ArrayBuffer>): unknown
}

export const TAG_BYTES = 0
export const TAG_ASCII = 1
export const TAG_UTF8 = 2
export const TAG_NUMBER = 3
export const TAG_BIGINT = 4
export const TAG_BOOLEAN = 5
export const TAG_NULL = 6
export const TAG_JSON = 7
export const TAG_V8 = 8
export const TAG_CUSTOM = 9

/** Where `encodeValue` leaves its result: `bytes[0]` to `bytes[length - 1]`, and the tag. */
export interface ValueEncoder {
  /** The scratch array, or the caller's own array: to be copied before anything else runs. */
  bytes: Uint8Array
  /** Bytes of the value. */
  length: number
  /** One of the TAG constants. */
  tag: number
  /** Reused from call to call, never larger than 1 MiB. */
  scratch: Uint8Array<ArrayBuffer>
  /** The scratch as words. While `bytes === scratch` the last word of the value ends in zeros. */
  words: Int32Array<ArrayBuffer>
  readonly codec: 'json' | 'v8' | Codec
  readonly maxItemBytes: number
}

/** Up to here a loop over the characters beats TextEncoder, which costs about 45 ns a call. */
const SHORT_TEXT_CHARACTERS = 20
const FIRST_SCRATCH_BYTES = 4 * KIB
const MAX_SCRATCH_BYTES = MIB
const PADDING_BYTES = 4
const IS_LITTLE_ENDIAN = endianness() === 'LE'

const textEncoder = new TextEncoder()

/** An encoder for one engine in one thread. */
export function createValueEncoder(
  codec: 'json' | 'v8' | Codec,
  maxItemBytes: number,
): ValueEncoder {
  const scratch = new Uint8Array(FIRST_SCRATCH_BYTES)
  const words = new Int32Array(scratch.buffer)
  return { bytes: scratch, length: 0, tag: TAG_NULL, scratch, words, codec, maxItemBytes }
}

/**
 * Leaves the bytes of a value in the encoder. Byte arrays are not copied: `bytes` is the array
 * itself, until the next call or `releaseValue`.
 *
 * @throws HeddleError HEDDLE_BAD_VALUE, HEDDLE_BAD_TYPE, HEDDLE_VALUE_TOO_LARGE
 */
export function encodeValue(encoder: ValueEncoder, value: unknown): void {
  switch (typeof value) {
    case 'string':
      encodeString(encoder, value)
      return
    case 'number':
      encodeText(encoder, Object.is(value, -0) ? '-0' : String(value), TAG_NUMBER)
      return
    case 'bigint':
      encodeText(encoder, String(value), TAG_BIGINT)
      return
    case 'boolean':
      encodeText(encoder, value ? 'true' : 'false', TAG_BOOLEAN)
      return
    case 'object':
      if (value === null) encodeText(encoder, '', TAG_NULL)
      else if (isUint8Array(value)) borrowBytes(encoder, value, TAG_BYTES)
      else encodeObject(encoder, value)
      return
    default:
      throw badValue('value', value, `${typeof value} cannot be stored`)
  }
}

/** Lets go of the caller's array, so that the encoder does not keep it alive. */
export function releaseValue(encoder: ValueEncoder): void {
  encoder.bytes = encoder.scratch
  encoder.length = 0
}

/**
 * The value of bytes that were stored under a tag. `buffer` may be shared memory or be used again:
 * nothing that is returned looks into it. Validate before: garbage in is an error here, at best.
 *
 * @throws HeddleError HEDDLE_UNDECODABLE
 */
export function decodeBytes(
  tag: number,
  buffer: Buffer,
  start: number,
  end: number,
  codec: 'json' | 'v8' | Codec,
): unknown {
  switch (tag) {
    case TAG_ASCII:
      return latin1Text(buffer, start, end)
    case TAG_UTF8:
      return utf8Text(buffer, start, end)
    case TAG_BYTES:
      return privateCopy(buffer, start, end)
    case TAG_NUMBER:
      return Number(latin1Text(buffer, start, end))
    case TAG_BOOLEAN:
      return latin1Text(buffer, start, end) === 'true'
    case TAG_NULL:
      return null
    case TAG_BIGINT:
    case TAG_JSON:
    case TAG_V8:
    case TAG_CUSTOM:
      return decodeOrRefuse(tag, buffer, start, end, codec)
    default:
      throw undecodable(`tag ${tag} is not known to this version of heddle`)
  }
}

function encodeString(encoder: ValueEncoder, text: string): void {
  encodeText(encoder, text, TAG_UTF8)
  if (encoder.length === text.length) {
    encoder.tag = TAG_ASCII // UTF-8 has one byte for each character only where all are ASCII.
  } else if (!text.isWellFormed()) {
    encodeText(encoder, JSON.stringify(text), TAG_JSON)
  }
}

function encodeObject(encoder: ValueEncoder, value: object): void {
  if (encoder.codec === 'json') {
    encodeText(encoder, toJson(value), TAG_JSON)
  } else if (encoder.codec === 'v8') {
    borrowBytes(encoder, toV8(value), TAG_V8)
  } else {
    const encoded = toCustom(encoder.codec, value)
    if (typeof encoded === 'string') encodeText(encoder, encoded, TAG_CUSTOM)
    else borrowBytes(encoder, encoded, TAG_CUSTOM)
  }
}

function borrowBytes(encoder: ValueEncoder, bytes: Uint8Array, tag: number): void {
  if (bytes.length > encoder.maxItemBytes) {
    throw valueTooLarge(bytes.length, encoder.maxItemBytes)
  }
  encoder.bytes = bytes
  encoder.length = bytes.length
  encoder.tag = tag
}

/** Text as UTF-8 in the scratch, zero-padded to a whole word. */
function encodeText(encoder: ValueEncoder, text: string, tag: number): void {
  const characters = text.length
  // No character takes less than a byte: what is too long in characters need not be encoded.
  if (characters > encoder.maxItemBytes) throw valueTooLarge(characters, encoder.maxItemBytes)
  encoder.bytes = encoder.scratch
  encoder.length = characters
  encoder.tag = tag
  if (IS_LITTLE_ENDIAN && characters <= SHORT_TEXT_CHARACTERS && packAscii(encoder.words, text)) {
    return
  }
  reserve(encoder, characters)
  let result = textEncoder.encodeInto(text, encoder.bytes)
  if (result.read < characters) {
    reserve(encoder, Buffer.byteLength(text))
    result = textEncoder.encodeInto(text, encoder.bytes)
  }
  if (result.written > encoder.maxItemBytes) {
    throw valueTooLarge(result.written, encoder.maxItemBytes)
  }
  encoder.length = result.written
  encoder.bytes.fill(0, result.written, result.written + PADDING_BYTES)
}

/** Four characters to a word, the first in the lowest byte. False if one of them is not ASCII. */
function packAscii(words: Int32Array, text: string): boolean {
  const characters = text.length
  let seen = 0
  let word = 0
  let shift = 0
  for (let at = 0; at < characters; at++) {
    const unit = text.charCodeAt(at)
    seen |= unit
    word |= unit << shift
    shift += 8
    if (shift === 32) {
      words[at >>> 2] = word
      word = 0
      shift = 0
    }
  }
  words[characters >>> 2] = word
  return seen < 128
}

/** Makes `bytes` the scratch, grown for `bytesNeeded`; a one-off array for more than 1 MiB. */
function reserve(encoder: ValueEncoder, bytesNeeded: number): void {
  const capacity = bytesNeeded + PADDING_BYTES
  if (capacity > MAX_SCRATCH_BYTES) {
    encoder.bytes = Buffer.allocUnsafeSlow(capacity)
    return
  }
  if (capacity > encoder.scratch.length) {
    encoder.scratch = new Uint8Array(2 ** Math.ceil(Math.log2(capacity)))
    encoder.words = new Int32Array(encoder.scratch.buffer)
  }
  encoder.bytes = encoder.scratch
}

function decodeOrRefuse(
  tag: number,
  buffer: Buffer,
  start: number,
  end: number,
  codec: 'json' | 'v8' | Codec,
): unknown {
  const isCustomMissing = tag === TAG_CUSTOM && typeof codec === 'string'
  if (isCustomMissing) throw undecodable('a codec of its own wrote it; attach with that codec')
  try {
    if (tag === TAG_BIGINT) return BigInt(latin1Text(buffer, start, end))
    if (tag === TAG_JSON) return JSON.parse(utf8Text(buffer, start, end))
    // v8.deserialize returns typed arrays that look into their input, so that gets a copy, too.
    const bytes = privateCopy(buffer, start, end)
    return tag === TAG_V8 ? deserialize(bytes) : (codec as Codec).decode(bytes)
  } catch (cause) {
    throw undecodable(messageOf(cause), cause)
  }
}

function privateCopy(buffer: Buffer, start: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - start)
  copy.set(buffer.subarray(start, end))
  return copy
}

/** What Buffer has beside toString: the same without its dispatch, which is 5 ns of 75. */
interface SlicingBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

function latin1Text(buffer: Buffer, start: number, end: number): string {
  return (buffer as SlicingBuffer).latin1Slice(start, end)
}

function utf8Text(buffer: Buffer, start: number, end: number): string {
  return (buffer as SlicingBuffer).utf8Slice(start, end)
}
