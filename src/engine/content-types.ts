/**
 * Content types: what an entry that was written over HTTP says of its bytes, as a number. The usual
 * ones have fixed numbers; others are registered in shared memory, so that every thread reads what
 * any thread wrote. There is room for CONTENT_TYPES of them, and none is ever taken back: whoever
 * comes when it is full, or with a text that is too long, gets `application/octet-stream`.
 *
 * A row is claimed by one exchange of the hash of the text. Then the text is written, by everybody
 * who wants this row and does not see its length yet: all write the same bytes. So a thread that
 * dies in between leaves a row that the next one who comes with that text completes, and no entry
 * has a number whose text is not whole (its writer completed it first).
 */
import { compareExchangePair, load, loadPair, peek, poke, store } from '#atomics'
import {
  CONTENT_TYPE,
  CONTENT_TYPE_BYTES,
  CONTENT_TYPES,
  TYPES_AT,
} from '../../native-layout/control-block.ts'
import type { MemoryView } from '../memory/view.ts'
import { nameHash } from './spaces.ts'

/** The place in this list, from 1, is the number, a part of the layout: new ones go to its end. */
const FIXED: readonly string[] = [
  'application/octet-stream',
  'text/plain',
  'text/plain; charset=utf-8',
  'application/json',
  'application/json; charset=utf-8',
  'text/html',
  'text/html; charset=utf-8',
  'text/css',
  'text/csv',
  'text/javascript',
  'application/javascript',
  'application/xml',
  'application/x-www-form-urlencoded',
  'application/cbor',
  'application/msgpack',
  'application/x-protobuf',
  'application/x-ndjson',
  'application/pdf',
  'application/zip',
  'application/gzip',
  'application/wasm',
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/svg+xml',
  'image/x-icon',
  'font/woff2',
  'audio/mpeg',
  'video/mp4',
]
export { CONTENT_TYPES }

const OCTET_STREAM = 1
/** Registered ones have numbers from here on. */
const FIRST_REGISTERED = 256

const FIXED_NUMBERS: ReadonlyMap<string, number> = new Map(
  FIXED.map((name, index) => [name, index + 1]),
)

/** The number of a content type; that of `application/octet-stream` where there is no room. */
export function contentTypeNumber(view: MemoryView, name: string): number {
  return FIXED_NUMBERS.get(name) ?? registered(view, name)
}

/** The content type of a number; undefined for none, and for what no writer can have stored. */
export function contentTypeName(view: MemoryView, number: number): string | undefined {
  if (number < FIRST_REGISTERED) return FIXED[number - 1]
  const row = number - FIRST_REGISTERED
  if (row >= CONTENT_TYPES) return undefined
  const at = rowAt(row)
  const length = load(view.control, at + CONTENT_TYPE.LENGTH)
  let name = ''
  for (let i = 0; i < length; i++) {
    const word = peek(view.control, at + CONTENT_TYPE.TEXT + (i >>> 2))
    name += String.fromCharCode((word >>> ((i & 3) * 8)) & 0x7f)
  }
  return name === '' ? undefined : name
}

/** Rows that are taken. */
export function contentTypeCount(view: MemoryView): number {
  let count = 0
  while (count < CONTENT_TYPES && loadPair(view.controlPairs, rowAt(count) >>> 1) !== 0n) count++
  return count
}

function registered(view: MemoryView, name: string): number {
  if (name.length > CONTENT_TYPE_BYTES || !/^[\x20-\x7e]+$/.test(name)) return OCTET_STREAM
  const hash = nameHash(name)
  for (let row = 0; row < CONTENT_TYPES; row++) {
    const at = rowAt(row)
    let seen = loadPair(view.controlPairs, at >>> 1)
    if (seen === 0n) seen = compareExchangePair(view.controlPairs, at >>> 1, 0n, hash) || hash
    if (seen !== hash) continue
    if (load(view.control, at + CONTENT_TYPE.LENGTH) === 0) writeText(view, at, name)
    return FIRST_REGISTERED + row
  }
  return OCTET_STREAM
}

function writeText(view: MemoryView, at: number, name: string): void {
  for (let word = 0; word * 4 < name.length; word++) {
    let bytes = 0
    for (let i = 0; i < 4; i++) bytes |= (name.charCodeAt(word * 4 + i) & 0x7f) << (i * 8)
    poke(view.control, at + CONTENT_TYPE.TEXT + word, bytes)
  }
  store(view.control, at + CONTENT_TYPE.LENGTH, name.length)
}

function rowAt(row: number): number {
  return TYPES_AT + row * CONTENT_TYPE.WORDS
}
