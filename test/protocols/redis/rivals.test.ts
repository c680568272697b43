/**
 * Threads that speak Redis' protocol to one engine at the same time: of all who take, create or
 * mark a key one is told that it did, and no count, byte or bit is lost.
 */
import { expect, test } from 'vitest'
import { rivals } from '../rivals.ts'
import type { RivalOrders, RivalReport } from './rival-thread.ts'
import { RedisBench } from './support.ts'

const THREADS = 3
const KEYS = 800
const COUNTS = 800
const CONTESTS = 8
const PROGRAM = new URL('./rival-thread.ts', import.meta.url)

test('one of many threads is the one; nothing counted, appended or set is lost', async () => {
  const bench = new RedisBench({ memory: '16mb', now: Date.now })
  const client = bench.connect()
  for (let n = 0; n < KEYS; n++) {
    client.ask(`MSET taken${n} v timed${n} v bit${n} v gone${n} v`)
    client.ask(`SET lasting${n} v EX 1000`)
    client.ask(`SETBIT bit${n} 7 0`)
  }
  const { handle } = bench.engine
  const orders = Array.from({ length: THREADS }, (_, thread): RivalOrders => {
    return { handle, keys: KEYS, counts: COUNTS, thread, threads: THREADS }
  })
  const done = await rivals<RivalOrders, RivalReport>(PROGRAM, orders)
  expect(done.flatMap(({ strange }) => strange)).toEqual([])
  const won = done.flatMap((report) => report.won)
  expect(won.length).toBe(CONTESTS * KEYS)
  expect(new Set(won.map((request) => request.split(' ', 2).join(' '))).size).toBe(CONTESTS * KEYS)
  for (let n = 0; n < KEYS; n++) {
    const trio = client.ask(`MGET pair${n} with${n} and${n}`)
    expect(trio).toMatch(/^\*3\r\n(\$1\r\n\d\r\n)\1\1$/)
  }
  // They met: more than one thread was the one at times.
  expect(done.filter((report) => report.won.length > 0).length).toBeGreaterThan(1)
  const all = THREADS * COUNTS
  expect(client.ask('GET number')).toBe(`$4\r\n${all}\r\n`)
  expect(client.ask('GET fraction')).toBe(`$4\r\n${all / 2}\r\n`)
  expect(client.ask('STRLEN text')).toBe(`:${all}\r\n`)
  expect(client.ask('BITCOUNT bits')).toBe(`:${all}\r\n`)
  expect(client.ask('BITFIELD field GET u32 0')).toBe(`*1\r\n:${all}\r\n`)
  // What was added is all there: adding it again changes nothing.
  for (let thread = 0; thread < THREADS; thread++) {
    for (let n = 0; n < COUNTS; n++) {
      expect(client.ask(`PFADD sketch ${thread}:${n}`)).toBe(':0\r\n')
    }
  }
})
