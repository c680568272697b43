/**
 * Objects to bytes, by JSON, by v8.serialize or by a codec of the user's, with every failure turned
 * into a HEDDLE_BAD_VALUE that keeps its cause.
 *
 * JSON is silent about what it drops. Where nothing at all would be left of a value (a Map becomes
 * '{}'), it is refused here; a loss deeper inside is JSON's known behaviour and not looked for.
 */
import { types } from 'node:util'
import { serialize } from 'node:v8'
import type { Codec } from './codec.ts'
import { badType, badValue, type HeddleError } from './errors.ts'

/** JSON text, or a refusal where JSON would keep nothing of the value. */
export function toJson(value: object): string {
  if (ArrayBuffer.isView(value)) throw jsonLoses(value, 'a typed array other than Uint8Array')
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw badValue('value', value, `JSON cannot hold it: ${messageOf(cause)}`, cause)
  }
  if (text === undefined) throw badValue('value', value, 'JSON has no text for it')
  if (text === '{}') {
    const isHollow =
      types.isMap(value) ||
      types.isSet(value) ||
      types.isRegExp(value) ||
      types.isNativeError(value)
    if (isHollow) throw jsonLoses(value, 'a Map, Set, RegExp or Error')
    if (types.isAnyArrayBuffer(value)) throw jsonLoses(value, 'an ArrayBuffer')
    if (types.isPromise(value)) throw badValue('value', value, 'it is a Promise: await it first')
  }
  return text
}

function jsonLoses(value: object, kind: string): HeddleError {
  return badValue('value', value, `JSON would lose ${kind}: create the engine with codec 'v8'`)
}

/** The bytes of v8.serialize. */
export function toV8(value: object): Uint8Array {
  try {
    return serialize(value)
  } catch (cause) {
    throw badValue('value', value, `v8.serialize cannot hold it: ${messageOf(cause)}`, cause)
  }
}

/** What the user's codec makes of a value. */
export function toCustom(codec: Codec, value: object): Uint8Array | string {
  let encoded: unknown
  try {
    encoded = codec.encode(value)
  } catch (cause) {
    throw badValue('value', value, `the codec's encode failed: ${messageOf(cause)}`, cause)
  }
  if (typeof encoded === 'string' || types.isUint8Array(encoded)) return encoded
  throw badType("the result of the codec's encode", encoded, 'a Uint8Array or a string')
}

/** The first line of an error's message. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.split('\n')[0] : 'it threw no Error'
}
