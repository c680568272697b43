/**
 * Reads cache traces of six formats into one shape: the distinct keys, in order of first
 * appearance, and the requests as indices into them.
 *
 *   int32   big-endian 32-bit integers, one per request         (cache2k, Caffeine)
 *   int64   big-endian 64-bit integers, one per request         (corda)
 *   text    one integer per line                                (LIRS authors)
 *   token   one request per line, its first token is the key    (domains)
 *   sized   one request per line: the key, then the bytes of its value, if it is known
 *   arc     `start count x y` per line, stands for `count` keys   (ARC paper, .lis)
 *
 * Files may be gzipped. The format follows from the name of the file where that is enough, else
 * from this table.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'

export const TRACE_FORMATS = ['int32', 'int64', 'text', 'token', 'sized', 'arc'] as const
export type TraceFormat = (typeof TRACE_FORMATS)[number]

export interface Trace {
  readonly name: string
  readonly keys: readonly string[]
  readonly requests: Uint32Array
  /** Of each key's value in bytes, as its last request said; -1: none did. Of `sized` only. */
  readonly valueBytes?: Int32Array
}

const FORMAT_OF: Readonly<Record<string, TraceFormat>> = {
  web12: 'int32',
  'orm-busy': 'int32',
  'corda-vaultservice': 'int64',
  domains: 'token',
  OLTP: 'arc',
  P3: 'arc',
  sprite: 'text',
  multi3: 'text',
}
const GZIP_MAGIC = 0x1f8b
const LINE_FEED = 10
const SPACE = 32
const FIRST_CAPACITY = 1 << 16
const MOST_VALUE_BYTES = 2 ** 30

export function traceName(file: string): string {
  return basename(file).replace(/(\.gz|\.trace|\.lis|\.txt)+$/, '')
}

/** Undefined for a file that is no trace known here. */
export function formatOf(file: string): TraceFormat | undefined {
  return FORMAT_OF[traceName(file)] ?? (/\.lis(\.gz)?$/.test(file) ? 'arc' : undefined)
}

export function readTrace(file: string, format = formatOf(file)): Trace {
  if (format === undefined) throw new Error(`${basename(file)}: unknown trace, no format known`)
  const stored = readFileSync(file)
  const isGzipped = stored.length >= 2 && stored.readUInt16BE(0) === GZIP_MAGIC
  return parseTrace(traceName(file), format, isGzipped ? gunzipSync(stored) : stored)
}

export function parseTrace(name: string, format: TraceFormat, bytes: Buffer): Trace {
  const collector = collect()
  switch (format) {
    case 'int32':
      checkWidth(name, bytes, 4)
      for (let at = 0; at < bytes.length; at += 4) collector.add(bytes.readInt32BE(at))
      break
    case 'int64':
      checkWidth(name, bytes, 8)
      for (let at = 0; at < bytes.length; at += 8) collector.add(exact(bytes.readBigInt64BE(at)))
      break
    case 'text':
    case 'token':
      forEachLine(bytes, (line) => collector.add(firstToken(line)))
      break
    case 'sized':
      return parseSized(name, bytes)
    case 'arc':
      forEachLine(bytes, (line) => addRange(name, line, collector.add))
      break
  }
  return { name, ...collector.end() }
}

type Key = number | string

function collect() {
  const indexOf = new Map<Key, number>()
  const keys: string[] = []
  let requests = new Uint32Array(FIRST_CAPACITY)
  let count = 0
  return {
    /** @returns the key's index */
    add(key: Key): number {
      let index = indexOf.get(key)
      if (index === undefined) {
        index = keys.length
        indexOf.set(key, index)
        keys.push(String(key))
      }
      if (count === requests.length) {
        const larger = new Uint32Array(count * 2)
        larger.set(requests)
        requests = larger
      }
      requests[count++] = index
      return index
    },
    end: () => ({ keys, requests: requests.slice(0, count) }),
  }
}

function checkWidth(name: string, bytes: Buffer, width: number): void {
  if (bytes.length % width === 0) return
  throw new Error(`trace ${name}: ${bytes.length} bytes are no multiple of ${width}`)
}

/** A number where it is exact, else the decimal text. */
function exact(key: bigint): Key {
  const near = Number(key)
  return Number.isSafeInteger(near) ? near : String(key)
}

function forEachLine(bytes: Buffer, take: (line: string) => void): void {
  let from = 0
  while (from < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, from)
    const to = found === -1 ? bytes.length : found
    const line = bytes.toString('utf8', from, to).trim()
    if (line !== '') take(line)
    from = to + 1
  }
}

function firstToken(line: string): string {
  for (let i = 0; i < line.length; i++) {
    if (line.charCodeAt(i) <= SPACE) return line.slice(0, i)
  }
  return line
}

function parseSized(name: string, bytes: Buffer): Trace {
  const collector = collect()
  const valueBytes: number[] = []
  let number = 0
  forEachLine(bytes, (line) => {
    number++
    const [key = '', size] = line.split(/[\s,]+/, 2)
    const index = collector.add(key)
    const known = size === undefined || size === '' ? -1 : Number(size)
    if (!Number.isInteger(known) || known < -1 || known > MOST_VALUE_BYTES) {
      const expected = `bytes of the value from 0 to ${MOST_VALUE_BYTES}`
      throw new Error(`trace ${name}: request ${number}, "${line}": expected ${expected}`)
    }
    if (known >= 0 || valueBytes[index] === undefined) valueBytes[index] = known
  })
  return { name, ...collector.end(), valueBytes: Int32Array.from(valueBytes) }
}

function addRange(name: string, line: string, add: (key: Key) => void): void {
  const [start, count] = line.split(/\s+/, 2).map(Number)
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count)) {
    throw new Error(`trace ${name}: expected "start count ...", found "${line}"`)
  }
  const end = (start as number) + (count as number)
  for (let key = start as number; key < end; key++) add(key)
}
