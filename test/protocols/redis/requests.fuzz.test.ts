/**
 * Broken and hostile requests: every command with arguments that are none, valid requests with
 * bytes changed, lengths that lie, cut anywhere. Nothing may throw, what is kept stays bounded,
 * another connection is not disturbed, and the engine is whole afterwards.
 */
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import { generator } from '../memcached/client.ts'
import { encode, replyEnd } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

const ROUNDS = 4000
const SEEDS = [1, 2, 3]
/** Of one command, and of what Redis calls an inline request. */
const SLOT = 7
const MOST_KEPT = 70_000

const WORDS: readonly (string | Buffer)[] = [
  '',
  'a',
  'b',
  'c',
  '0',
  '1',
  '-1',
  '8',
  '007',
  '1.5',
  '-0',
  'nan',
  'inf',
  '1e400',
  'x',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '99999999999999999999',
  'EX',
  'PX',
  'EXAT',
  'KEEPTTL',
  'NX',
  'XX',
  'GET',
  'LEN',
  'IDX',
  'MATCH',
  '*',
  '[a',
  '\\',
  'COUNT',
  'TYPE',
  'string',
  'u8',
  'i64',
  '#1',
  'INCRBY',
  'OVERFLOW',
  'SAT',
  'BYTE',
  'BIT',
  'AND',
  'NOT',
  'ON',
  'OFF',
  'SKIP',
  'ALL',
  'WRITE',
  'ID',
  'ADDR',
  'DB',
  'REPLACE',
  'HELP',
  'SETNAME',
  'AUTH',
  Buffer.of(0, 255, 13, 10),
  Buffer.from('HYLL'),
  Buffer.alloc(300, 'y'),
]
/** These would end or silence the connection, or stop the test's clock. */
const LEFT_OUT = ['quit', 'debug', 'monitor', 'client|reply', 'client|pause', 'client|kill']

type Random = (below: number) => number

function randomRequest(random: Random): Buffer {
  const commands = COMMANDS.inOrder.filter(({ name }) => !LEFT_OUT.includes(name))
  const { name, arity } = commands[random(commands.length)]!
  const words: (string | Buffer)[] = name.split('|')
  const count =
    random(4) === 0 ? random(8) : Math.max(0, Math.abs(arity) - words.length + random(3))
  for (let i = 0; i < count; i++) words.push(WORDS[random(WORDS.length)]!)
  return encode(words)
}

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
    const request = randomRequest(random)
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
    let bytes: Buffer = Buffer.concat([randomRequest(random), randomRequest(random)])
    for (let times = random(3); times >= 0; times--) bytes = damaged(bytes, random)
    feedCut(client, bytes, random)
    expect(client.connection.pendingBytes).toBeLessThan(MOST_KEPT)
    if (!client.connection.isClosing && round % 20 !== 0) continue
    client.connection.dispose()
    client = bench.connect(SLOT)
    expect(witness.ask('PING')).toBe('+PONG\r\n')
  }
})
