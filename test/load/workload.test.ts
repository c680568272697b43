/**
 * What the load is made of: keys and values that tell what they are, plans with the shares and
 * skew that their names promise, and replies that arrive in pieces.
 */
import { describe, expect, test } from 'vitest'
import { memcachedText } from '../../src/load/memcached-text.ts'
import { redisResp } from '../../src/load/redis-resp.ts'
import {
  GET,
  GET_ABSENT,
  SET,
  idOf,
  planPreload,
  planRequests,
  planTrace,
  verbOf,
} from '../../src/load/request-plan.ts'
import { BROKEN, HIT, INCOMPLETE, MISS, REFUSED, STORED } from '../../src/load/wire-protocol.ts'
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
  ] as const)('%s has its shares', (mix, gets, sets, absent) => {
    const plan = planRequests({ ...base, mix })
    expect(shareOf(plan, GET)).toBeCloseTo(gets, 2)
    expect(shareOf(plan, SET)).toBeCloseTo(sets, 2)
    expect(shareOf(plan, GET_ABSENT)).toBeCloseTo(absent, 2)
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

  test('threads share a preload and a trace without a gap', () => {
    const ids = [0, 1, 2].flatMap((thread) => [...planPreload(100, thread, 3)].map(idOf))
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, id) => id))
    const trace = Uint32Array.of(5, 6, 7, 8, 9)
    expect([...planTrace(trace, 1, 2)].map(idOf)).toEqual([6, 8])
  })
})

const BOTH = [
  ['memcached', memcachedText],
  ['redis', redisResp],
] as const

describe.each(BOTH)('%s', (name, protocol) => {
  const isRedis = name === 'redis'
  const id = 42
  const hit = (size: number) =>
    Buffer.concat([
      Buffer.from(isRedis ? `$${size}\r\n` : `VALUE ${key(id)} 0 ${size}\r\n`),
      value(id, size),
      Buffer.from(isRedis ? '\r\n' : '\r\nEND\r\n'),
    ])
  const get = (reply: Buffer, end = reply.length) => {
    const note = { outcome: -1 }
    const next = protocol.readGetReply(reply, 0, end, id, 100, note)
    return { next, outcome: note.outcome }
  }

  test('every prefix of a reply is incomplete, the whole is read', () => {
    const reply = hit(100)
    for (let end = 0; end < reply.length; end++) expect(get(reply, end).next).toBe(INCOMPLETE)
    expect(get(reply)).toEqual({ next: reply.length, outcome: HIT })
  })

  test('misses, stores and errors', () => {
    const miss = Buffer.from(isRedis ? '$-1\r\n' : 'END\r\n')
    expect(get(miss)).toEqual({ next: miss.length, outcome: MISS })
    const note = { outcome: -1 }
    const stored = Buffer.from(isRedis ? '+OK\r\n' : 'STORED\r\n')
    expect(protocol.readSetReply(stored, 0, stored.length, note)).toBe(stored.length)
    expect(note.outcome).toBe(STORED)
    const error = Buffer.from(isRedis ? '-OOM no\r\n' : 'SERVER_ERROR out of memory\r\n')
    expect(get(error)).toEqual({ next: error.length, outcome: REFUSED })
    expect(get(Buffer.from('HTTP/1.1 200 OK\r\n')).next).toBe(BROKEN)
    expect(get(Buffer.alloc(3000, 'x')).next).toBe(BROKEN)
  })

  test('requests are spelled as the protocol says', () => {
    const batch = Buffer.alloc(400)
    const end = protocol.writeSet(batch, protocol.writeGet(batch, 0, 7), 8, 100, 7)
    const body = value(8, 100).toString('latin1')
    const expected = isRedis
      ? `*2\r\n$3\r\nGET\r\n$24\r\n${key(7)}\r\n` +
        `*3\r\n$3\r\nSET\r\n$24\r\n${key(8)}\r\n$100\r\n${body}\r\n`
      : `get ${key(7)}\r\nset ${key(8)} 0 0 100\r\n${body}\r\n`
    expect(batch.toString('latin1', 0, end)).toBe(expected)
  })
})
