/**
 * One key through several doors: what the embedding program stored is a string for Redis, what
 * Redis stored are bytes for the program; and the limits that are heddle's own.
 */
import { describe, expect, test } from 'vitest'
import { MARK_STALE, SET, STORED } from '../../../src/engine/raw-access.ts'
import { RedisBench } from './support.ts'

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString()

describe('the embedding program', () => {
  test('and Redis see the same entries', () => {
    const bench = new RedisBench()
    const { engine } = bench
    const client = bench.connect()
    client.ask('SET k väl EX 100')
    expect(text(engine.get('k'))).toBe('väl')
    expect(engine.ttl('k')).toBe(100_000)
    engine.set('text', 'grün')
    engine.set('object', { a: 1 })
    engine.set('truth', true)
    expect(client.ask('GET text')).toBe(bulk('grün').replaceAll('ü', 'Ã¼'))
    expect(client.ask('GET object')).toBe(bulk('{"a":1}'))
    expect(client.ask('GET truth')).toBe(bulk('true'))
    client.ask('SELECT 3')
    client.ask('SET k three')
    expect(text(engine.get('k'))).toBe('väl')
    expect(text(engine.namespace('redis:3').get('k'))).toBe('three')
  })

  test('counts on what Redis counts, and keeps its numbers', () => {
    const bench = new RedisBench()
    const { engine } = bench
    engine.set('n', 41)
    expect(bench.ask('INCR n')).toBe(':42\r\n')
    expect(engine.get('n')).toBe(42)
    expect(bench.ask('INCRBY n 9007199254740991')).toBe(':9007199254741033\r\n')
    expect(engine.get('n')).toBe(9_007_199_254_741_033n)
    engine.set('f', 1.5)
    expect(bench.ask('INCRBYFLOAT f 0.25')).toBe(bulk('1.75'))
    expect(engine.get('f')).toBe(1.75)
    engine.set('t', '7')
    expect(bench.ask('INCR t')).toBe(':8\r\n')
    expect(engine.get('t')).toBe('8')
    bench.ask('SET r 5')
    expect(engine.increment('r')).toBe(6)
    expect(bench.ask('GET r')).toBe(bulk('6'))
    engine.set('big', 2n ** 64n - 1n)
    expect(bench.ask('INCR big')).toBe('-ERR value is not an integer or out of range\r\n')
  })

  test('finds its values as they were after RENAME, COPY and EXPIRE', () => {
    const bench = new RedisBench()
    const { engine } = bench
    engine.set('a', { deep: [1] })
    bench.ask('RENAME a b')
    bench.ask('COPY b c')
    bench.ask('EXPIRE c 100')
    bench.ask('PERSIST c')
    bench.ask('SETEX c 10 x')
    expect(engine.get('b')).toEqual({ deep: [1] })
    engine.set('t', 'text')
    bench.ask('APPEND t more')
    expect(text(engine.get('t'))).toBe('textmore')
  })
})

test('a clock and times with fractions are told in whole numbers', () => {
  const bench = new RedisBench({ now: () => 1_800_000_000_000.25 })
  bench.engine.set('k', 'v', 1500)
  expect(bench.ask('PTTL k')).toBe(':1500\r\n')
  expect(bench.ask('TTL k')).toBe(':2\r\n')
  expect(bench.ask('PEXPIRETIME k')).toBe(':1800000001500\r\n')
  expect(bench.ask('EXPIRETIME k')).toBe(':1800000002\r\n')
  expect(bench.ask('PEXPIRE k 700')).toBe(':1\r\n')
  expect(bench.ask('PTTL k')).toBe(':700\r\n')
  expect(bench.ask('PEXPIRE k 9223372036854775807')).toMatch(/^-ERR invalid expire time/)
})

test('what memcached marked stale is no more, once Redis wrote it', () => {
  const bench = new RedisBench()
  const { raw } = bench
  const stage = () => raw.stage(Buffer.from('k'), 0, 1)
  stage()
  const empty = { from: 0, expiry: 0, codec: 0, casHigh: 0, casLow: 0 }
  const bytes = Buffer.from('1')
  Object.assign(raw.draft, empty, { bytes, length: 1, flags: 77, marks: MARK_STALE })
  expect(raw.store(SET)).toBe(STORED)
  bench.ask('INCR k')
  stage()
  raw.open()
  expect(raw.reading.flags).toBe(77)
  expect(raw.reading.marks & MARK_STALE).toBe(0)
})

describe('limits', () => {
  test('a key that is too long costs an error, in every command', () => {
    const bench = new RedisBench()
    const long = 'k'.repeat(65_536)
    const rest: readonly string[][] = [
      ...[['GET'], ['DEL'], ['EXISTS'], ['TTL'], ['PERSIST'], ['TYPE'], ['STRLEN'], ['DUMP']],
      ...[['GETDEL'], ['GETEX'], ['INCR'], ['PFADD'], ['PFCOUNT'], ['BITCOUNT'], ['TOUCH']],
    ]
    for (const [name = ''] of rest) expect(bench.ask([name, long])).toMatch(/^-ERR key is too long/)
    bench.ask(['SET', 'a', '1'])
    for (const request of [
      ['SET', long, 'v'],
      ['SET', long, 'v', 'GET'],
      ['MSET', 'a', '1', long, 'v'],
      ['RENAME', 'a', long],
      ['COPY', 'a', long],
      ['BITOP', 'NOT', long, 'a'],
    ]) {
      expect(bench.ask(request)).toMatch(/^-ERR key is too long[^\n]*\r\n$/)
    }
    const { longestKey } = bench.raw.session
    expect(bench.ask(['SET', 'k'.repeat(longestKey), 'v'])).toBe('+OK\r\n')
    expect(bench.ask(['SET', 'k'.repeat(longestKey + 1), 'v'])).toMatch(/^-ERR key is too long/)
  })

  test('a value may be as large as maxItemSize, however it gets there', () => {
    const bench = new RedisBench({ maxItemSize: 1000 })
    const client = bench.connect()
    expect(client.ask(['SET', 'k', 'x'.repeat(1000)])).toBe('+OK\r\n')
    const before = client.ask('GET k')
    const requests = [
      ['SET', 'k', 'x'.repeat(1001)],
      ['SET', 'k', 'x'.repeat(1001), 'GET'],
      ['SETNX', 'new', 'x'.repeat(1001)],
      ['MSET', 'k', 'x'.repeat(1001)],
      ['GETSET', 'k', 'x'.repeat(1001)],
      ['APPEND', 'k', 'x'],
      ['SETRANGE', 'k', '1000', 'x'],
      ['SETBIT', 'k', '8000', '1'],
      ['BITFIELD', 'k', 'SET', 'u8', '7993', '1'],
    ]
    for (const request of requests) {
      expect(client.ask(request)).toMatch(/^-ERR (string exceeds|bit offset)/)
      expect(client.ask('GET k')).toBe(before)
    }
    expect(client.ask('EXISTS new')).toBe(':0\r\n')
  })

  test('a hundred and fifty thousand arguments are many, and no reason to fail', () => {
    const bench = new RedisBench()
    const client = bench.connect()
    const bulks = (words: readonly string[]): string => words.map(bulk).join('')
    const ask = (words: readonly string[], repeated: readonly string[]): string => {
      const count = words.length + repeated.length * 150_000
      const parts = bulks(repeated).repeat(150_000)
      return client.feed(Buffer.from(`*${count}\r\n${bulks(words)}${parts}`))
    }
    client.ask('SET k ab')
    expect(ask(['BITOP', 'XOR', 'to'], ['k'])).toBe(':2\r\n')
    expect(client.ask('GET to')).toBe('$2\r\n\0\0\r\n')
    const fields = ask(['BITFIELD', 'f'], ['INCRBY', 'u32', '0', '1'])
    expect(fields.slice(-19)).toBe('\n:149999\r\n:150000\r\n')
  })

  test('a full cache that evicts nothing refuses, and changes nothing', () => {
    const bench = new RedisBench({ eviction: 'none', memory: '2mb' })
    const client = bench.connect()
    client.ask('SET small 1')
    let i = 0
    while (client.ask(['SET', `k${i}`, 'x'.repeat(5000)]) === '+OK\r\n') i++
    expect(i).toBeGreaterThan(100)
    const large = 'x'.repeat(100_000)
    for (const request of [
      ['SET', 'small', large],
      ['APPEND', 'small', large],
      ['SET', 'small', large, 'GET'],
    ]) {
      expect(client.ask(request)).toMatch(/^-OOM /)
    }
    expect(client.ask('GET small')).toBe(bulk('1'))
  })
})

describe('the last use', () => {
  test('of a flood of reads few are noted, of TOUCH all', () => {
    const bench = new RedisBench()
    const names = Array.from({ length: 20 }, (_, i) => `key${i}`)
    for (const name of names) bench.ask(['SET', name, 'v'])
    const idleOnes = () =>
      names.filter((name) => bench.ask(['OBJECT', 'IDLETIME', name]) !== ':0\r\n')
    bench.clock.ms += 60_000
    expect(idleOnes()).toHaveLength(20)
    bench.ask(['MGET', ...names])
    expect(idleOnes()).toHaveLength(18)
    bench.clock.ms += 1
    for (const name of names) bench.ask(['GET', name])
    expect(idleOnes()).toHaveLength(16)
    bench.ask(['TOUCH', ...names])
    expect(idleOnes()).toHaveLength(0)
  })

  const idle = (bench: RedisBench): string => bench.ask('OBJECT IDLETIME k')

  test.each([
    'GET k',
    'MGET k',
    'TOUCH k',
    'STRLEN k',
    'BITCOUNT k',
    'GETEX k',
  ])('is noted by %s, at most once a minute, and the version stays', (request) => {
    const bench = new RedisBench()
    bench.ask('SET k v EX 100000')
    const version = bench.engine.gets('k')?.version
    bench.clock.ms += 59_000
    bench.ask(request)
    expect(idle(bench)).toBe(':59\r\n')
    bench.clock.ms += 1000
    for (const quiet of ['EXISTS k', 'TTL k', 'TYPE k', 'OBJECT ENCODING k']) bench.ask(quiet)
    expect(idle(bench)).toBe(':60\r\n')
    bench.ask(request)
    expect(idle(bench)).toBe(':0\r\n')
    expect(bench.engine.gets('k')?.version).toBe(version)
    expect(bench.ask('TTL k')).toBe(':99940\r\n')
  })

  test('is not noted for a client that asked not to be noticed', () => {
    const bench = new RedisBench()
    const client = bench.connect()
    client.ask('SET k v')
    client.ask('CLIENT NO-TOUCH ON')
    bench.clock.ms += 100_000
    expect(client.ask('GET k')).toBe('$1\r\nv\r\n')
    expect(idle(bench)).toBe(':100\r\n')
  })
})
