/**
 * What a client cannot do: make the protocol throw, make it keep more than was sent or more than
 * an item, or break the memory. Random bytes, mutilated commands, announced lengths that never
 * come, lines without an end.
 */
import { expect, test } from 'vitest'
import { CORPUS } from './corpus.ts'
import { Bench, generator } from './support.ts'

const BINARY_REQUEST = 0x80
const SAYS_MILLIONS = / \d{7,10}[ \r]/

const REQUESTS: Buffer[] = Object.values(CORPUS)
  .flat()
  .map(([request]) => Buffer.from(request, 'latin1'))

test('mutilated commands never throw, and the connection answers afterwards or is closed', () => {
  const bench = new Bench()
  const random = generator(21)
  let answered = 0
  for (let round = 0; round < 8_000; round++) {
    const request = Buffer.from(REQUESTS[random(REQUESTS.length)]!)
    for (let n = random(4); n >= 0; n--) request[random(request.length)] = random(256)
    if (request[0] === BINARY_REQUEST) continue // another protocol: binary-split.test.ts
    const client = bench.connect()
    client.feed(request, [1 + random(request.length)], 1 + random(200))
    bench.host.watchers.clear()
    if (client.connection.isClosing || client.connection.isWatcher) continue
    const kept = client.connection.pendingBytes
    // A value that is too large is swallowed, not kept: what it said of itself is still to come.
    if (!SAYS_MILLIONS.test(request.toString('latin1'))) {
      expect(kept).toBeLessThanOrEqual(request.length)
    }
    if (kept > 0) continue
    const reply = client.feed(Buffer.from('\r\nmn\r\n'), undefined).toString('latin1')
    if (reply.endsWith('MN\r\n')) answered++
  }
  expect(answered).toBeGreaterThan(4_000)
})

test('random bytes never throw', () => {
  const bench = new Bench()
  const random = generator(22)
  for (let round = 0; round < 2_000; round++) {
    const request = Buffer.alloc(1 + random(300))
    for (let at = 0; at < request.length; at++) {
      request[at] = random(5) === 0 ? [10, 13, 32, 48][random(4)]! : random(256)
    }
    bench.connect().feed(request, [1 + random(request.length)])
  }
  expect(bench.ask('set a 0 0 1\r\nx\r\nget a\r\n')).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
})

test('an announced length that never comes costs what was sent', () => {
  const bench = new Bench({ memory: '8mb', maxItemSize: '1mb' })
  const client = bench.connect()
  client.ask('set a 0 0 1000000\r\n')
  expect(client.connection.pendingBytes).toBe(19)
  client.ask('x'.repeat(1000))
  expect(client.connection.pendingBytes).toBe(1019)
  client.connection.dispose()
  expect(client.connection.pendingBytes).toBe(0)
})

test('a value that is too large is not kept at all', () => {
  const bench = new Bench()
  const client = bench.connect()
  expect(client.ask('set a 0 0 2147483645\r\n')).toMatch(/^SERVER_ERROR object too large/)
  for (let n = 0; n < 100; n++) client.ask('x'.repeat(10_000))
  // What is still to come is part of the command, and nothing beside it.
  expect(client.connection.pendingBytes).toBe(2_147_483_645 + 2 - 1_000_000)
  expect(client.connection.isClosing).toBe(false)
})

test('a line without an end closes the connection, but a retrieval may have many keys', () => {
  const bench = new Bench()
  const long = bench.connect()
  let reply = ''
  for (let n = 0; n < 10 && !long.connection.isClosing; n++) reply += long.ask('x'.repeat(500))
  expect(reply).toBe('CLIENT_ERROR line too long\r\n')
  const many = bench.connect()
  many.ask('set a 0 0 1\r\nx\r\nget')
  for (let n = 0; n < 3000; n++) many.ask(` ${'k'.repeat(250)}`)
  expect(many.ask(' a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
  const endless = bench.connect()
  endless.ask('get ')
  reply = ''
  for (let n = 0; n < 200 && !endless.connection.isClosing; n++) {
    reply += endless.ask('k '.repeat(5000))
  }
  expect(reply).toBe('CLIENT_ERROR line too long\r\n')
  expect(endless.connection.pendingBytes).toBe(0)
})

test('an HTTP request closes the connection before its body is executed, however it is cut', () => {
  const bench = new Bench()
  const http = 'POST /x HTTP/1.1\r\nHost: a\r\n\r\nset evil 0 0 1\r\nx\r\n'
  for (const request of [http, http.replace(' HTTP', '  HTTP'), http.replace('1.1', '2 ')]) {
    for (let cut = 1; cut < request.length; cut++) {
      const client = bench.connect()
      expect(client.feed(Buffer.from(request), [cut]).toString()).toBe('')
      expect(client.connection.isClosing).toBe(true)
      expect(client.connection.pendingBytes).toBe(0)
    }
  }
  expect(bench.ask('get evil\r\n')).toBe('END\r\n')
  const other = bench.connect()
  expect(other.ask('POST xHTTP/1.1\r\nHTTP/1.1 x\r\nget HTTP/1.1\r\n')).toBe(
    'ERROR\r\nERROR\r\nEND\r\n',
  )
  expect(other.connection.isClosing).toBe(false)
})

test('a client that asks for much and reads nothing fills one buffer and no more', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask(`set a 0 0 100000\r\n${'v'.repeat(100_000)}\r\n`)
  const request = Buffer.from(`get ${'a '.repeat(1000)}\r\n`.repeat(20))
  let most = 0
  const turns: number[] = []
  client.pump(request, 256 * 1024, (length) => {
    most = Math.max(most, length)
    turns.push(length)
  })
  expect(most).toBeLessThan(256 * 1024 + 100_100)
  expect(turns.reduce((sum, length) => sum + length, 0)).toBe(
    20 * (1000 * ('VALUE a 0 100000\r\n\r\n'.length + 100_000) + 5),
  )
})

test('what takes long ends its turn, though the reply buffer has room', () => {
  const bench = new Bench({ memory: '64mb' })
  const client = bench.connect()
  client.ask('set a 0 0 1\r\nx\r\n')
  const turnsOf = (request: string): number[] => {
    const turns: number[] = []
    client.pump(Buffer.from(request), 1 << 20, (length) => turns.push(length))
    return turns
  }
  const misses = turnsOf(`get ${'k '.repeat(20_000)}\r\nmn\r\n`)
  expect(misses.length).toBeGreaterThan(3)
  expect(misses.reduce((sum, length) => sum + length, 0)).toBe('END\r\nMN\r\n'.length)
  expect(turnsOf('lru_crawler mgdump all\r\n').length).toBeGreaterThan(4)
})
