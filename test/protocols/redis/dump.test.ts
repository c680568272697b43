/** DUMP and RESTORE: what one server gives, the other takes; and what both refuse. */
import { describe, expect, test } from 'vitest'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode, type Request } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

table('RESTORE refused', [
  ['SET one 1', '+OK'],
  ['RESTORE d 0 abc', '-ERR DUMP payload version or checksum are wrong'],
  ['RESTORE d x abc', '-ERR value is not an integer or out of range'],
  ['RESTORE d -1 abc', '-ERR Invalid TTL value, must be >= 0'],
  ['RESTORE d 0 abc FOO', '-ERR syntax error'],
  ['RESTORE d 0 abc IDLETIME -1', '-ERR Invalid IDLETIME value, must be >= 0'],
  ['RESTORE d 0 abc IDLETIME x', '-ERR value is not an integer or out of range'],
  ['RESTORE d 0 abc IDLETIME', '-ERR syntax error'],
  ['RESTORE d 0 abc FREQ 256', '-ERR Invalid FREQ value, must be >= 0 and <= 255'],
  ['RESTORE d 0 abc FREQ -1', '-ERR Invalid FREQ value, must be >= 0 and <= 255'],
  ['RESTORE d 0 abc FREQ 1 IDLETIME 2', '-ERR syntax error'],
  ['RESTORE d 0 abc IDLETIME 2 FREQ 1', '-ERR syntax error'],
  ['RESTORE one 0 abc', '-BUSYKEY Target key name already exists.'],
  ['RESTORE one x abc', '-BUSYKEY Target key name already exists.'],
  ['RESTORE one 0 abc REPLACE', '-ERR DUMP payload version or checksum are wrong'],
  ['RESTORE one x abc REPLACE', '-ERR value is not an integer or out of range'],
  [
    'RESTORE d 0 "\\x00\\x03abc\\x0a\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"',
    '-ERR DUMP payload version or checksum are wrong',
  ],
  ['RESTORE d 0', "-ERR wrong number of arguments for 'restore' command"],
  ['EXISTS d', ':0'],
])

const TEXT = 'to be or not to be, '
const VALUES: Buffer[] = [
  ...['', '0', '-1', '127', '128', '-128', '-129', '32767', '-32768', '32768', '2147483647'],
  ...['-2147483648', '2147483648', '-2147483649', '9223372036854775807', '007', '-0', ' 1', 'a'],
  ...['12345678901', '123456789012', 'x'.repeat(20), 'x'.repeat(63), 'x'.repeat(64)],
  ...[TEXT.repeat(3), TEXT.repeat(2000), 'x'.repeat(16_383), 'x'.repeat(16_384)],
].map((text) => Buffer.from(text))
VALUES.push(Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i * 7919) >>> 3)))

/** The bytes of a bulk string. */
function bytesOf(reply: string): Buffer {
  return Buffer.from(reply.slice(reply.indexOf('\r\n') + 2, -2), 'latin1')
}

describe.runIf(hasRedis())('with a real redis-server', () => {
  async function both(work: (real: SocketClient, bench: RedisBench) => Promise<void>) {
    const server = await RedisServer.start()
    const client = await server.connect()
    await work(client, new RedisBench())
    client.close()
    await server.stop()
  }
  const ask = (client: SocketClient, request: Request) => client.ask(encode(request))

  test('it takes what heddle dumps, and heddle takes what it dumps', async () => {
    await both(async (real, bench) => {
      for (const value of VALUES) {
        await ask(real, ['SET', 'k', value])
        bench.ask(['SET', 'k', value])
        const theirs = bytesOf(await ask(real, ['DUMP', 'k']))
        const ours = bytesOf(bench.ask(['DUMP', 'k']))
        // What Redis compresses is shorter than what it was.
        if (theirs.length > value.length || value.length <= 20) expect(ours).toEqual(theirs)
        expect(await ask(real, ['RESTORE', 'copy', '0', ours, 'REPLACE'])).toBe('+OK\r\n')
        expect(bytesOf(await ask(real, ['GET', 'copy']))).toEqual(value)
        expect(bench.ask(['RESTORE', 'copy', '0', theirs, 'REPLACE'])).toBe('+OK\r\n')
        expect(bytesOf(bench.ask(['GET', 'copy']))).toEqual(value)
      }
    })
  })

  test('structures are no strings', async () => {
    await both(async (real, bench) => {
      await ask(real, 'RPUSH list a b')
      const payload = bytesOf(await ask(real, 'DUMP list'))
      expect(bench.ask(['RESTORE', 'list', '0', payload])).toBe('-ERR Bad data format\r\n')
    })
  })
})

test('a payload that was tampered with is refused, wherever and whatever it claims', () => {
  const bench = new RedisBench()
  bench.ask(['SET', 'k', 'hello'])
  const payload = bytesOf(bench.ask('DUMP k'))
  for (let at = 0; at < payload.length; at++) {
    const changed = Buffer.from(payload)
    changed[at]! ^= 0x40
    const reply = bench.ask(['RESTORE', 'copy', '0', changed, 'REPLACE'])
    expect(reply).toBe('-ERR DUMP payload version or checksum are wrong\r\n')
  }
  expect(bench.ask('EXISTS copy')).toBe(':0\r\n')
})

test('RESTORE sets the expiry: from now, absolute, or over', () => {
  const bench = new RedisBench()
  bench.ask('SET k hello')
  const payload = bytesOf(bench.ask('DUMP k'))
  const restore = (ttl: number, ...options: string[]): string[] => {
    const reply = bench.ask(['RESTORE', 'copy', String(ttl), payload, 'REPLACE', ...options])
    return [reply, bench.ask('PTTL copy')]
  }
  expect(restore(0)).toEqual(['+OK\r\n', ':-1\r\n'])
  expect(restore(5000)).toEqual(['+OK\r\n', ':5000\r\n'])
  expect(restore(bench.clock.ms + 70, 'ABSTTL')).toEqual(['+OK\r\n', ':70\r\n'])
  expect(restore(1, 'ABSTTL', 'FREQ', '7')).toEqual(['+OK\r\n', ':-2\r\n'])
})
