/** HyperLogLogs: replies, and the very bytes that Redis would have, sparse and dense. */
import { describe, expect, test } from 'vitest'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode, type Request } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

table('PFADD PFCOUNT', [
  ['PFADD h', ':1'],
  ['PFADD h', ':0'],
  ['PFCOUNT h', ':0'],
  ['PFADD h a b c', ':1'],
  ['PFADD h a b c', ':0'],
  ['PFADD h d', ':1'],
  ['PFCOUNT h', ':4'],
  ['PFCOUNT none', ':0'],
  ['PFCOUNT h none', ':4'],
  ['PFADD g c d e', ':1'],
  ['PFCOUNT g h', ':5'],
  ['PFCOUNT', "-ERR wrong number of arguments for 'pfcount' command"],
  ['TYPE h', '+string'],
  ['STRLEN h', ':30'],
  ['SET t v EX 1000', '+OK'],
  ['EXPIRE g 1000', ':1'],
  ['PFADD g f', ':1'],
  ['TTL g', /^:(999|1000)$/],
])

table('PFMERGE', [
  ['PFADD a 1 2 3', ':1'],
  ['PFADD b 3 4', ':1'],
  ['PFMERGE c a b', '+OK'],
  ['PFCOUNT c', ':4'],
  ['PFMERGE c', '+OK'],
  ['PFCOUNT c', ':4'],
  ['PFMERGE a b none', '+OK'],
  ['PFCOUNT a', ':4'],
  ['PFMERGE new none', '+OK'],
  ['PFCOUNT new', ':0'],
  ['EXISTS new', ':1'],
  ['PFMERGE', "-ERR wrong number of arguments for 'pfmerge' command"],
])

table('what is no HyperLogLog', [
  ['SET s v', '+OK'],
  ['PFADD s a', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['PFCOUNT s', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['PFCOUNT s none', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['PFMERGE s', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['PFMERGE new s', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['EXISTS new', ':0'],
  ['SET s "HYLL\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"', '+OK'],
  ['PFCOUNT s', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['SET s "HYLL\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"', '+OK'],
  ['PFCOUNT s', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['SET s HYLL', '+OK'],
  ['PFADD s a', '-WRONGTYPE Key is not a valid HyperLogLog string value.'],
  ['SET s "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x40"', '+OK'],
  ['PFADD s a', '-INVALIDOBJ Corrupted HLL object detected'],
  ['PFCOUNT s', '-INVALIDOBJ Corrupted HLL object detected'],
  ['PFCOUNT s s', '-INVALIDOBJ Corrupted HLL object detected'],
  ['PFMERGE new s', '-INVALIDOBJ Corrupted HLL object detected'],
  ['SET s "HYLL\\x01\\x00\\x00\\x00\\x2a\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x40"', '+OK'],
  ['PFCOUNT s', ':42'],
])

describe.runIf(hasRedis())('the bytes', () => {
  async function both(work: (same: (request: Request) => Promise<string>) => Promise<void>) {
    const server = await RedisServer.start()
    const real: SocketClient = await server.connect()
    const bench = new RedisBench()
    await work(async (request) => {
      const reply = await real.ask(encode(request))
      expect(bench.ask(request)).toBe(reply)
      return reply
    })
    real.close()
    await server.stop()
  }

  test('are those of Redis after each addition, until long after it is dense', async () => {
    await both(async (same) => {
      let added = 0
      for (const step of [...new Array(300).fill(1), ...new Array(60).fill(20), 1000, 20_000]) {
        const elements = Array.from({ length: step }, () => `element ${added++}`)
        await same(['PFADD', 'h', ...elements])
        await same('GET h')
        await same('PFCOUNT h')
        await same('GET h')
      }
      expect(await same('STRLEN h')).toBe(':12304\r\n')
    })
  })

  test('are those of Redis when sparse and dense ones are merged', async () => {
    await both(async (same) => {
      const sizes = [0, 1, 10, 400, 900, 5000]
      for (const size of sizes) {
        const elements = Array.from({ length: size }, (_, i) => `${size}:${i}`)
        await same(['PFADD', `h${size}`, ...elements])
      }
      for (const a of sizes) {
        for (const b of sizes) {
          await same(`DEL to`)
          await same(`PFMERGE to h${a} h${b}`)
          await same('GET to')
          await same(`PFCOUNT h${a} h${b}`)
        }
      }
      await same('PFMERGE h10 h5000')
      await same('GET h10')
    })
  })

  test('elements of every length hash as in Redis', async () => {
    await both(async (same) => {
      for (let length = 0; length < 40; length++) {
        await same(['PFADD', 'h', Buffer.alloc(length, 0x80 + length)])
        await same('GET h')
      }
    })
  })

  test('registers that no element could have set are counted all the same', async () => {
    await both(async (same) => {
      for (const fill of [0xff, 0, 0x33, 0xcf, 0xf0]) {
        const bytes = Buffer.alloc(12_304, fill)
        bytes.write('HYLL\0\0\0\0\0\0\0\0\0\0\0\x80', 'latin1')
        await same(['SET', 'h', bytes])
        for (const request of ['PFCOUNT h none', 'PFCOUNT h', 'GET h', 'PFADD h a', 'PFCOUNT h']) {
          await same(request)
        }
      }
    })
  })
})
