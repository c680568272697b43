/**
 * Broken and hostile requests: every command with arguments that are none, valid requests with
 * bytes changed, lengths that lie, cut anywhere. Nothing may throw, what is kept stays bounded,
 * another connection is not disturbed, and the engine is whole afterwards.
 */
import { expect, test } from 'vitest'
import { generator } from '../memcached/client.ts'
import { anyWords, type Random } from './any-words.ts'
import { encode, replyEnd } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

const ROUNDS = 4000
const SEEDS = [1, 2, 3]
/** Of one command, and of what Redis calls an inline request. */
const SLOT = 7
const MOST_KEPT = 70_000

/** These would end or silence the connection, or stop the test's clock. */
const LEFT_OUT = ['quit', 'debug', 'monitor', 'client|reply', 'client|pause', 'client|kill']

/** Changes, drops, doubles or inserts bytes. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length)
  const kind = random(4)
  const copy = Buffer.from(bytes)
  if (kind === 0) copy[at] = random(256)
  else if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
  else if (kind === 2) return Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)])
  else {
    const digits = Buffer.from(['9', '-1', '536870913', '*', '$', '\r\n'][random(6)]!)
    return Buffer.concat([bytes.subarray(0, at), digits, bytes.subarray(at)])
  }
  return copy
}

/** Feeds in pieces. */
function feedCut(client: InProcessClient, bytes: Buffer, random: Random): string {
  let replies = ''
  for (let at = 0; at < bytes.length && !client.connection.isClosing; ) {
    const end = Math.min(bytes.length, at + 1 + random(40))
    replies += client.feed(bytes.subarray(at, end))
    at = end
  }
  return replies
}

test.each(SEEDS)('every command with any arguments gets one whole reply, seed %i', (seed) => {
  const random = generator(seed)
  const bench = new RedisBench()
  let client = bench.connect()
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 500 === 0) {
      client = bench.connect()
      client.ask('HELLO 3') // RESP2 would take nothing else after SUBSCRIBE
    }
    if (round % 10 === 0) client.ask('EXEC')
    const request = encode(anyWords(random, LEFT_OUT))
    const reply = Buffer.from(client.feed(request), 'latin1')
    const shown = JSON.stringify(request.toString('latin1'))
    expect(reply.length, `no reply to ${shown}`).toBeGreaterThan(0)
    let at = 0
    while (at < reply.length && at >= 0) at = replyEnd(reply, at)
    expect(at, `half a reply to ${shown}`).toBe(reply.length)
    expect(client.connection.pendingBytes, shown).toBe(0)
  }
})

test.each(SEEDS)('damaged requests disturb nobody else, seed %i', (seed) => {
  const random = generator(100 + seed)
  const bench = new RedisBench()
  const witness = bench.connect()
  let client = bench.connect(SLOT)
  for (let round = 0; round < ROUNDS; round++) {
    let bytes: Buffer = Buffer.concat([
      encode(anyWords(random, LEFT_OUT)),
      encode(anyWords(random, LEFT_OUT)),
    ])
    for (let times = random(3); times >= 0; times--) bytes = damaged(bytes, random)
    feedCut(client, bytes, random)
    expect(client.connection.pendingBytes).toBeLessThan(MOST_KEPT)
    if (!client.connection.isClosing && round % 20 !== 0) continue
    client.connection.dispose()
    client = bench.connect(SLOT)
    expect(witness.ask('PING')).toBe('+PONG\r\n')
  }
})
