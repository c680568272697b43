/**
 * Values of other types: of structures, which come later, the commands on strings and keys say the
 * same as a real redis-server of its lists.
 */
import { describe, expect, test } from 'vitest'
import { SET, STORED } from '../../../src/engine/raw-access.ts'
import { hasRedis, RedisServer } from './redis-server.ts'
import { encode } from './resp.ts'
import { RedisBench } from './support.ts'

const TAG_LIST = 10

/** Puts what stands for a list under a key. */
function putList(bench: RedisBench, key: string): void {
  const { raw } = bench
  const bytes = Buffer.from('12')
  raw.stage(Buffer.from(key), 0, key.length)
  const empty = { from: 0, expiry: 0, flags: 0, marks: 0, casHigh: 0, casLow: 0 }
  Object.assign(raw.draft, empty, { bytes, length: 2, codec: TAG_LIST })
  expect(raw.store(SET)).toBe(STORED)
}

const REQUESTS: readonly string[] = [
  ...['GET list', 'GETDEL list', 'GETEX list', 'GETEX list EX 0', 'GETEX list PERSIST'],
  ...['GETSET list v', 'STRLEN list', 'GETRANGE list 0 -1', 'SUBSTR list 0 -1', 'MGET s list'],
  ...['SET list v GET', 'SET list v XX GET', 'SET list v NX GET', 'SET list v NX', 'SETNX list v'],
  ...['MSETNX list v', 'APPEND list v', 'SETRANGE list 0 v', 'SETRANGE list 0 ""', 'INCR list'],
  ...['DECR list', 'INCRBY list 1', 'INCRBY list x', 'INCRBYFLOAT list 1', 'INCRBYFLOAT list x'],
  ...['LCS list s', 'LCS s list', 'LCS list s foo', 'SETBIT list 0 1', 'GETBIT list 0'],
  ...['BITCOUNT list', 'BITCOUNT list x y', 'BITPOS list 1', 'BITPOS list 1 x', 'BITOP NOT d list'],
  ...['BITOP AND d s list', 'BITFIELD list GET u8 0', 'BITFIELD list SET u8 0 1'],
  ...['BITFIELD_RO list GET u8 0', 'PFADD list a', 'PFCOUNT list', 'PFCOUNT s list'],
  ...['PFMERGE list', 'PFMERGE d list', 'TYPE list', 'EXISTS list', 'TOUCH list'],
  ...['EXPIRE list 1000', 'TTL list', 'PERSIST list', 'PERSIST list', 'SCAN 0 TYPE list COUNT 999'],
  ...['SCAN 0 TYPE string COUNT 999', 'RENAME list other', 'TYPE other', 'RENAMENX other list'],
  ...['COPY list other', 'TYPE other', 'GET other', 'SET other v KEEPTTL', 'GET other'],
  ...['BITOP NOT list s', 'TYPE list', 'EXISTS list d', 'DEL list'],
]

describe.runIf(hasRedis())('a list', () => {
  test('is refused by what works on strings, and taken by what works on keys', async () => {
    const server = await RedisServer.start()
    const real = await server.connect()
    const bench = new RedisBench()
    const client = bench.connect()
    await real.ask(encode('RPUSH list 1 2'))
    putList(bench, 'list')
    await real.ask(encode('SET s v'))
    client.ask('SET s v')
    for (const request of REQUESTS) {
      expect(client.ask(request), request).toBe(await real.ask(encode(request)))
    }
    real.close()
    await server.stop()
  })
})

test('is overwritten by what stores a string whatever was there', () => {
  const bench = new RedisBench()
  for (const request of ['SET list v', 'SETEX list 10 v', 'MSET list v', 'SET list v XX']) {
    putList(bench, 'list')
    expect(bench.ask(request)).toBe('+OK\r\n')
    expect(bench.ask('GET list')).toBe('$1\r\nv\r\n')
  }
})

test('cannot be dumped', () => {
  const bench = new RedisBench()
  putList(bench, 'list')
  expect(bench.ask('DUMP list')).toMatch(/^-WRONGTYPE /)
})
