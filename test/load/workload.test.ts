/**
 * What the load is made of: keys and values that tell what they are, plans with the shares and
 * skew that their names promise, and replies that arrive in pieces.
 */
import { describe, expect, test } from 'vitest'
import { memcachedBinary } from '../../src/load/memcached-binary.ts'
import { memcachedMeta } from '../../src/load/memcached-meta.ts'
import { memcachedText } from '../../src/load/memcached-text.ts'
import { redisResp } from '../../src/load/redis-resp.ts'
import {
  GET,
  GET_ABSENT,
  SET,
  SET_EXPIRING,
  idOf,
  planPreload,
  planRequests,
  planTrace,
  verbOf,
} from '../../src/load/request-plan.ts'
import type { WireProtocol } from '../../src/load/wire-protocol.ts'
import { BROKEN, HIT, INCOMPLETE, MISS, REFUSED, STORED } from '../../src/load/wire-protocol.ts'
import { WRONG_KEY, WRONG_LENGTH, WRONG_VALUE } from '../../src/load/wire-protocol.ts'
import {
  ABSENT_IDS_FROM,
  KEY_BYTES,
  isValue,
  sizeOf,
  sizeTable,
  writeKey,
  writeValue,
} from '../../src/load/workload.ts'

const key = (id: number) => {
  const into = Buffer.alloc(KEY_BYTES)
  writeKey(into, 0, id)
  return into.toString('latin1')
}
const value = (id: number, size: number) => {
  const into = Buffer.alloc(size)
  expect(writeValue(into, 0, id, size, 7)).toBe(size)
  return into
}

describe('values', () => {
  test.each([32, 33, 100, 1024, 16_384])('every changed byte of %i is noticed', (size) => {
    const bytes = value(12_345, size)
    expect(isValue(bytes, 0, 12_345, size)).toBe(true)
    expect(isValue(bytes, 0, 12_346, size)).toBe(false)
    for (let at = 0; at < size; at++) {
      const kept = bytes[at] as number
      bytes[at] = kept ^ 1
      expect(isValue(bytes, 0, 12_345, size), `byte ${at}`).toBe(false)
      bytes[at] = kept
    }
  })

  test('sizes stay within their bounds, log-uniform, fixed for each key', () => {
    const sizes = { low: 32, high: 16_384 }
    const table = sizeTable(sizes, 20_000)
    expect(Math.min(...table)).toBeGreaterThanOrEqual(32)
    expect(Math.max(...table)).toBeLessThanOrEqual(16_384)
    expect(table[77]).toBe(sizeOf(sizes, 77))
    const median = [...table].sort((a, b) => a - b)[10_000] as number
    expect(median).toBeGreaterThan(600)
    expect(median).toBeLessThan(870)
  })
})

describe('plans', () => {
  const base = { choice: 'uniform', keys: 1000, seed: 3 } as const
  const shareOf = (plan: Uint32Array, verb: number) =>
    plan.filter((request) => verbOf(request) === verb).length / plan.length

  test.each([
    ['90/10', 0.9, 0.1, 0],
    ['50/50', 0.5, 0.5, 0],
    ['hit-only', 1, 0, 0],
    ['miss-heavy', 0.1, 0, 0.9],
    ['write-only', 0, 1, 0],
    ['expiring', 0.5, 0, 0],
  ] as const)('%s has its shares', (mix, gets, sets, absent) => {
    const plan = planRequests({ ...base, mix })
    expect(shareOf(plan, GET)).toBeCloseTo(gets, 2)
    expect(shareOf(plan, SET)).toBeCloseTo(sets, 2)
    expect(shareOf(plan, GET_ABSENT)).toBeCloseTo(absent, 2)
    expect(shareOf(plan, SET_EXPIRING)).toBeCloseTo(1 - gets - sets - absent, 2)
    const isInRange = (request: number) =>
      verbOf(request) === GET_ABSENT ? idOf(request) >= ABSENT_IDS_FROM : idOf(request) < 1000
    expect(plan.every(isInRange)).toBe(true)
  })

  test('the same seed gives the same plan, another one another', () => {
    const plan = planRequests({ ...base, mix: '90/10' })
    expect(planRequests({ ...base, mix: '90/10' })).toEqual(plan)
    expect(planRequests({ ...base, mix: '90/10', seed: 4 })).not.toEqual(plan)
  })

  test('zipf: rank 0 has its share by the formula, and one hot key is one', () => {
    const plan = planRequests({ ...base, mix: 'hit-only', choice: 'zipf' })
    let zeta = 0
    for (let rank = 1; rank <= 1000; rank++) zeta += 1 / rank ** 0.99
    const share = (id: number) => plan.filter((one) => idOf(one) === id).length / plan.length
    expect(share(0)).toBeCloseTo(1 / zeta, 2)
    expect(share(1)).toBeCloseTo(1 / 2 ** 0.99 / zeta, 2)
    expect(plan.every((request) => idOf(request) < 1000)).toBe(true)
    const hot = planRequests({ ...base, mix: '90/10', choice: 'hot' })
    expect(new Set(hot.map(idOf)).size).toBe(1)
  })

  test('a plan over many keys asks for many of them', () => {
    const plan = planRequests({ ...base, keys: 1_000_000, mix: 'hit-only' })
    expect(new Set(plan).size).toBeGreaterThan(600_000)
  })

  test('threads share a preload and a trace without a gap', () => {
    const ids = [0, 1, 2].flatMap((thread) => [...planPreload(100, thread, 3)].map(idOf))
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, id) => id))
    const trace = Uint32Array.of(5, 6, 7, 8, 9)
    expect([...planTrace(trace, 1, 2)].map(idOf)).toEqual([6, 8])
  })
})

interface Spoken {
  readonly hit: (id: number, body: Buffer, keyId?: number) => Buffer
  readonly miss: Buffer
  readonly stored: Buffer
  readonly refused: Buffer
  /** A get, a set and a set that expires, as they are spelled. */
  readonly requests: (get: string, set: string, body: string) => string
}

const text = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))
const words = (latin1: string) => Buffer.from(latin1, 'latin1')

/** A reply of the binary protocol. */
function packet(opcode: number, status: number, opaque: number, extras: Buffer, body: Buffer) {
  const header = Buffer.alloc(24)
  header.set([0x81, opcode, 0, 0, extras.length])
  header.writeUInt16BE(status, 6)
  header.writeUInt32BE(extras.length + body.length, 8)
  header.writeUInt32BE(opaque, 12)
  return Buffer.concat([header, extras, body])
}

/** A request of it, as latin1. */
function frame(opcode: number, opaque: number, extras: Buffer, body: Buffer) {
  const reply = packet(opcode, 0, opaque, extras, body)
  reply.set([0x80, opcode, 0, KEY_BYTES])
  return reply.toString('latin1')
}
const SET_MARK = 0x5e7
const expiry = (seconds: number) => Buffer.from([0, 0, 0, 0, 0, 0, 0, seconds])

const SPOKEN: readonly [WireProtocol, Spoken][] = [
  [
    memcachedText,
    {
      hit: (id, body, of = id) =>
        text(`VALUE ${key(of)} 0 ${body.length}\r\n`, body, '\r\nEND\r\n'),
      ...{ miss: text('END\r\n'), stored: text('STORED\r\n') },
      refused: text('SERVER_ERROR out of memory\r\n'),
      requests: (get, set, body) =>
        `get ${get}\r\nset ${set} 0 0 100\r\n${body}\r\nset ${set} 0 1 100\r\n${body}\r\n`,
    },
  ],
  [
    memcachedMeta,
    {
      hit: (id, body, of = id) => text(`VA ${body.length} k${key(of)}\r\n`, body, '\r\n'),
      ...{ miss: text('EN\r\n'), stored: text('HD\r\n'), refused: text('SERVER_ERROR no\r\n') },
      requests: (get, set, body) =>
        `mg ${get} v k\r\nms ${set} 100\r\n${body}\r\nms ${set} 100 T1\r\n${body}\r\n`,
    },
  ],
  [
    memcachedBinary,
    {
      hit: (id, body, of = id) => packet(0, 0, of, Buffer.alloc(4), body),
      ...{ miss: packet(0, 1, 42, Buffer.alloc(0), text('Not found')) },
      stored: packet(1, 0, SET_MARK, Buffer.alloc(0), Buffer.alloc(0)),
      refused: packet(0, 0x82, 42, Buffer.alloc(0), text('Out of memory')),
      requests: (get, set, body) =>
        frame(0, 7, Buffer.alloc(0), words(get)) +
        frame(1, SET_MARK, expiry(0), words(set + body)) +
        frame(1, SET_MARK, expiry(1), words(set + body)),
    },
  ],
  [
    redisResp,
    {
      hit: (_, body) => text(`$${body.length}\r\n`, body, '\r\n'),
      ...{ miss: text('$-1\r\n'), stored: text('+OK\r\n'), refused: text('-OOM no\r\n') },
      requests: (get, set, body) =>
        `*2\r\n$3\r\nGET\r\n$24\r\n${get}\r\n` +
        `*3\r\n$3\r\nSET\r\n$24\r\n${set}\r\n$100\r\n${body}\r\n` +
        `*5\r\n$3\r\nSET\r\n$24\r\n${set}\r\n$100\r\n${body}\r\n$2\r\nEX\r\n$1\r\n1\r\n`,
    },
  ],
]

describe.each(SPOKEN)('$name', (protocol, spoken) => {
  const id = 42
  const get = (reply: Buffer, end = reply.length) => {
    const note = { outcome: -1 }
    const next = protocol.readGetReply(reply, 0, end, id, 100, note)
    return { next, outcome: note.outcome }
  }

  test('every prefix of a reply is incomplete, the whole is read', () => {
    const reply = spoken.hit(id, value(id, 100))
    for (let end = 0; end < reply.length; end++) expect(get(reply, end).next).toBe(INCOMPLETE)
    expect(get(reply)).toEqual({ next: reply.length, outcome: HIT })
  })

  test('misses, stores and errors', () => {
    expect(get(spoken.miss)).toEqual({ next: spoken.miss.length, outcome: MISS })
    const note = { outcome: -1 }
    const { stored, refused } = spoken
    expect(protocol.readSetReply(stored, 0, stored.length, note)).toBe(stored.length)
    expect(note.outcome).toBe(STORED)
    expect(get(refused)).toEqual({ next: refused.length, outcome: REFUSED })
    expect(get(Buffer.from('HTTP/1.1 200 OK\r\n')).next).toBe(BROKEN)
    expect(get(Buffer.alloc(3000, 'x')).next).toBe(BROKEN)
  })

  test('another length, another value, another key', () => {
    expect(get(spoken.hit(id, value(id, 101))).outcome).toBe(WRONG_LENGTH)
    expect(get(spoken.hit(id, value(43, 100))).outcome).toBe(WRONG_VALUE)
    const namesKey = protocol.name !== 'redis'
    const other = get(spoken.hit(id, value(id, 100), 43)).outcome
    expect(other).toBe(namesKey ? WRONG_KEY : HIT)
  })

  test('requests are spelled as the protocol says', () => {
    const batch = Buffer.alloc(700)
    let end = protocol.writeGet(batch, 0, 7)
    for (const expires of [false, true]) end = protocol.writeSet(batch, end, 8, 100, 7, expires)
    const body = value(8, 100).toString('latin1')
    expect(batch.toString('latin1', 0, end)).toBe(spoken.requests(key(7), key(8), body))
  })
})
