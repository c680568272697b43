/**
 * Table tests: rows of a request and its reply, written from the documented behaviour, that heddle
 * in process and a real redis-server must both give, in RESP2 and in RESP3.
 *
 *   ['SET a 1', '+OK'],
 *   ['GET a', '$1\n1'],
 *   ['GET none', '$-1', '_'],            the second reply is RESP3's, when it differs
 *   [['SET', 'a', Buffer.of(0)], '+OK'], arguments as they are
 *   ['TTL a', /^:9[89]$/],               when it is not always the same
 *   { after: 50 },                       so many milliseconds pass
 *
 * In replies a line end is written \n, and the last one is left out. Several replies to one request
 * (SUBSCRIBE a b) follow each other, and '' is none. A table begins with an empty database.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions } from '../../../src/index.ts'
import { hasRedis, RedisServer } from './redis-server.ts'
import { encode, replyEnd, type Request } from './resp.ts'
import { RedisBench } from './support.ts'

type Expected = string | RegExp
type Row = readonly [Request, Expected, Expected?] | { readonly after: number }
type Ask = (bytes: Buffer, replies: number) => string | Promise<string>

const isHere = hasRedis()
let server: RedisServer | undefined

/** Called once by a test file, before its tables. */
export function withRedis(flags: readonly string[] = []): void {
  beforeAll(async () => {
    if (isHere) server = await RedisServer.start(flags)
  })
  afterAll(() => server?.stop())
}

/** A test per protocol and server. */
export function table(name: string, rows: readonly Row[], options: EngineOptions = {}): void {
  describe.each([2, 3])(`${name}, RESP%i`, (version) => {
    test('heddle', async () => {
      const bench = new RedisBench(options)
      const client = bench.connect()
      const pass = (ms: number): void => {
        bench.clock.ms += ms
      }
      await run(rows, version, (bytes) => client.feed(bytes), pass)
    })
    test('redis-server', async () => {
      if (server === undefined) return
      const client = await server.connect()
      await client.ask(encode('FLUSHALL'))
      await run(rows, version, (bytes, replies) => client.ask(bytes, replies), sleep)
      client.close()
    })
  })
}

async function run(
  rows: readonly Row[],
  version: number,
  ask: Ask,
  pass: (ms: number) => unknown,
): Promise<void> {
  if (version === 3) await ask(encode('HELLO 3'), 1)
  for (const row of rows) {
    if ('after' in row) {
      await pass(row.after)
      continue
    }
    const [request, resp2, resp3 = resp2] = row
    const expected = version === 2 ? resp2 : resp3
    const reply = await ask(encode(request), repliesIn(expected))
    const seen = reply.replaceAll('\r\n', '\n').replace(/\n$/, '')
    const where = `reply to ${typeof request === 'string' ? request : String(request)}`
    if (typeof expected === 'string') expect(seen, where).toBe(asLatin(expected))
    else expect(seen, where).toMatch(expected)
  }
}

/** How many replies are expected. */
function repliesIn(expected: Expected): number {
  if (typeof expected !== 'string') return 1
  if (expected === '') return 0
  const bytes = Buffer.from(`${expected.replaceAll('\n', '\r\n')}\r\n`)
  let count = 0
  for (let at = 0; at >= 0 && at < bytes.length; at = replyEnd(bytes, at)) count++
  return count
}

function asLatin(text: string): string {
  return Buffer.from(text).toString('latin1')
}
