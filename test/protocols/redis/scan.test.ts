/** SCAN while others write: what is there all the time is told, and exactly once. */
import { describe, expect, test } from 'vitest'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { encode } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

/** The cursor and the keys of a reply. */
function partsOf(reply: string): { cursor: string; keys: string[] } {
  const lines = reply.split('\r\n')
  const keys = lines.slice(4, -1).filter((_, i) => i % 2 === 1)
  return { cursor: lines[2]!, keys }
}

/** All that a SCAN tells, with what is done between two calls. */
function scanAll(client: InProcessClient, options: string, between = () => {}): string[] {
  const keys: string[] = []
  let cursor = '0'
  let calls = 0
  do {
    const parts = partsOf(client.ask(`SCAN ${cursor} ${options}`))
    keys.push(...parts.keys)
    cursor = parts.cursor
    between()
    expect(++calls).toBeLessThan(5000)
  } while (cursor !== '0')
  return keys
}

function filled(count: number): { bench: RedisBench; client: InProcessClient; names: string[] } {
  const bench = new RedisBench()
  const client = bench.connect()
  const names = Array.from({ length: count }, (_, i) => `key:${i}`)
  for (const name of names) client.ask(['SET', name, 'v'])
  return { bench, client, names }
}

describe('SCAN', () => {
  test.each(['COUNT 1', 'COUNT 10', 'COUNT 100', 'COUNT 100000', ''])('with %j', (options) => {
    const { client, names } = filled(1000)
    expect(scanAll(client, options).sort()).toEqual(names.sort())
  })

  test('gives about as many as COUNT says', () => {
    const { client } = filled(2000)
    const { keys } = partsOf(client.ask('SCAN 0 COUNT 50'))
    expect(keys.length).toBeGreaterThanOrEqual(50)
    expect(keys.length).toBeLessThan(50 + 15)
  })

  test('what is written, overwritten and deleted meanwhile disturbs nothing else', () => {
    const { client, names } = filled(500)
    let i = 0
    const told = scanAll(client, 'COUNT 5', () => {
      client.ask(`SET new:${i} v`)
      client.ask(`SET key:${(i * 7) % 500} ${'longer'.repeat(i % 20)}`)
      client.ask(`DEL new:${i - 3}`)
      i++
    })
    const old = told.filter((key) => key.startsWith('key:'))
    expect(old.length).toBe(500)
    expect(old.sort()).toEqual(names.sort())
  })

  test('keys of other databases, deleted ones and those that are over are not told', () => {
    const { bench, client } = filled(20)
    client.ask('SELECT 2')
    client.ask('MSET a 1 b 2 c 3')
    client.ask('PEXPIRE a 10')
    client.ask('DEL b')
    bench.clock.ms += 11
    expect(scanAll(client, '')).toEqual(['c'])
    expect(client.ask('KEYS *')).toBe('*1\r\n$1\r\nc\r\n')
    client.ask('FLUSHDB')
    expect(scanAll(client, '')).toEqual([])
    client.ask('SELECT 0')
    expect(scanAll(client, 'COUNT 1000').length).toBe(20)
  })

  test('a cursor beyond the end is the end', () => {
    const { client } = filled(5)
    for (const cursor of ['99999999', '18446744073709551615', '-1']) {
      expect(client.ask(`SCAN ${cursor}`)).toBe('*2\r\n$1\r\n0\r\n*0\r\n')
    }
  })
})

test('FLUSHDB of the first database leaves the others alone', () => {
  const { bench, client } = filled(300)
  bench.engine.namespace('own').set('a', 1)
  client.ask('SELECT 1')
  client.ask('SET a 1')
  client.ask('SELECT 0')
  expect(client.ask('FLUSHDB')).toBe('+OK\r\n')
  expect(client.ask('KEYS *')).toBe('*0\r\n')
  expect(bench.engine.namespace('own').get('a')).toBe(1)
  client.ask('SELECT 1')
  expect(client.ask('GET a')).toBe('$1\r\n1\r\n')
})

test('others are served while KEYS and FLUSHDB walk over a large table', () => {
  const bench = new RedisBench({ memory: '64mb' })
  const [walker, other] = [bench.connect(), bench.connect()]
  for (let i = 0; i < 2000; i++) walker.ask(`SET key:${i} v`)
  bench.engine.namespace('own').set('a', 1)
  for (const [request, end] of [
    ['KEYS *', /^\*2000\r\n/],
    ['FLUSHDB', /^\+OK\r\n$/],
  ] as const) {
    const { connection } = walker
    const [bytes, out] = [encode(request), new ReplyBuffer()]
    expect(connection.feed(bytes, 0, bytes.length, out)).toBe(bytes.length)
    expect([connection.hasMore, out.length]).toEqual([true, 0])
    expect(other.ask('PING')).toBe('+PONG\r\n')
    for (let turns = 0; connection.hasMore && turns < 1000; turns++)
      connection.feed(bytes, 0, 0, out)
    expect(out.bytes.toString('latin1', 0, out.length)).toMatch(end)
  }
  expect(walker.ask('KEYS *')).toBe('*0\r\n')
})

test('RANDOMKEY gives every key at times', () => {
  const { client, names } = filled(5)
  const seen = new Set<string>()
  for (let i = 0; i < 2000 && seen.size < 5; i++) {
    seen.add(client.ask('RANDOMKEY').split('\r\n')[1]!)
  }
  expect([...seen].sort()).toEqual(names.sort())
})

test('MGET of more than a reply buffer holds is answered in pieces', () => {
  const { client } = filled(0)
  const value = 'x'.repeat(100_000)
  client.ask(['SET', 'k', value])
  const reply = client.ask(['MGET', ...new Array<string>(50).fill('k'), 'none'])
  expect(reply).toBe(`*51\r\n${`$100000\r\n${value}\r\n`.repeat(50)}$-1\r\n`)
})
