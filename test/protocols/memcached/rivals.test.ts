/**
 * Threads that speak the protocol to one engine at the same time: of all who ask, one is told to
 * write a new value, and no count, no appended byte is lost.
 */
import { expect, test } from 'vitest'
import { rivals } from '../rivals.ts'
import type { RivalOrders, RivalReport } from './rival-thread.ts'
import { Bench } from './support.ts'

const THREADS = 4
const KEYS = 1500
const COUNTS = 1500
const PROGRAM = new URL('./rival-thread.ts', import.meta.url)

test('one of many threads wins, and the others know it; nothing counted is lost', async () => {
  const bench = new Bench({ memory: '16mb', now: Date.now })
  const client = bench.connect()
  for (let n = 0; n < KEYS; n++) {
    client.ask(`ms stale${n} 1\r\nx\r\nmd stale${n} I\r\nms old${n} 1 T20\r\nx\r\n`)
  }
  client.ask('set number 0 0 1\r\n0\r\nset text 0 0 0\r\n\r\n')
  const orders: RivalOrders = { handle: bench.engine.handle, keys: KEYS, counts: COUNTS }
  const all = Array.from({ length: THREADS }, () => orders)
  const done = await rivals<RivalOrders, RivalReport>(PROGRAM, all)
  expect(done.flatMap(({ strange }) => strange)).toEqual([])
  const won = done.flatMap((report) => report.won)
  expect(won.length).toBe(3 * KEYS)
  expect(new Set(won).size).toBe(3 * KEYS)
  expect(done.reduce((sum, { lost }) => sum + lost, 0)).toBe(3 * KEYS * (THREADS - 1))
  // They met: more than one thread won something.
  expect(done.filter((report) => report.won.length > 0).length).toBeGreaterThan(1)
  expect(client.ask('get number made\r\nmg text s\r\n')).toBe(
    `VALUE number 0 4\r\n${THREADS * COUNTS}\r\nVALUE made 0 4\r\n${THREADS * COUNTS}\r\nEND\r\n` +
      `HD s${THREADS * COUNTS}\r\n`,
  )
})
