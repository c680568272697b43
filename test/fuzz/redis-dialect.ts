/**
 * The protocol of Redis, RESP2, RESP3 and inline, for the fuzzing. New inputs are made of requests:
 * an argument more, less or another one, a length that lies, a transaction around, an inline form.
 */
import { RedisConnection } from '../../src/protocols/redis/connection.ts'
import { RedisWorker } from '../../src/protocols/redis/worker.ts'
import { SETTING } from '../../src/protocols/redis/board.ts'
import { anyWords, WORDS } from '../protocols/redis/any-words.ts'
import { FakeHost } from '../protocols/redis/client.ts'
import { RandomCommands } from '../protocols/redis/random-commands.ts'
import { encode } from '../protocols/redis/resp.ts'
import type { Dialect, InputMaker, OpenWorld } from './dialect.ts'
import { type Alphabet, changeBytes } from './mutator.ts'
import type { Random } from './random.ts'

const SLOT = 1
/** It would be asked for times that passed on the clock of the machine. */
const LEFT_OUT = ['debug', 'slowlog|get', 'slowlog|len']
const ALPHABET: Alphabet = {
  marks: [
    ...['\r\n', '\r', '\n', '*', '$', '*-1\r\n', '*0\r\n', '$-1\r\n', '$0\r\n\r\n', '*1\r\n$4\r\n'],
    ...['"', "'", '\\x', ' ', '\0', '\xff', '*3\r\n', '$536870912\r\n', '*1048577\r\n', 'PING\r\n'],
  ],
  numbers: [
    ...['0', '1', '-1', '-0', '01', '+1', '9', '512', '65535', '65536', '65537', '1048576'],
    ...['1048577', '536870912', '536870913', '2147483647', '2147483648', '4294967296'],
    ...['9223372036854775807', '9223372036854775808', '18446744073709551616', '1e3'],
  ],
}
const TELLS_OF_SERVER = new RegExp(
  'time|save|ttl|expire|client|info|slowlog|latency|memory|object|debug|random|scan|keys|hello|' +
    'monitor|config|dbsize|restore|shutdown|reset|command|' +
    String.raw`\b(?:p?x|ex|p?exat|pxat|p?setex|getex)\b`,
  'i',
)
const ENDINGS = ['QUIT', 'RESET', 'HELLO 2', 'HELLO 3', 'DISCARD', 'UNSUBSCRIBE', 'CLIENT REPLY ON']

/** Requests to begin with, beside one of each command: what is special about bytes. */
const BYTES: readonly string[] = [
  'PING\r\n',
  'PING\n',
  '\r\n\r\nPING\r\n',
  'SET "a b" \'c\\\'d\' EX 100\r\nGET "a b"\r\n',
  'SET a "\\x00\\xff\\n\\r\\t\\a\\b"\r\nGET a\r\n',
  'SET a "unbalanced\r\n',
  'SET a "b"c\r\n',
  `${'x'.repeat(3000)} ${'y'.repeat(2500)}\r\n`,
  '*0\r\n*-1\r\nPING\r\n',
  '*1\r\nPING\r\n',
  '*1\r\n$-1\r\n',
  '*2147483648\r\n',
  '*1048577\r\n$1\r\na\r\n$1\r\n',
  '*01\r\n$4\r\nPING\r\n',
  '*1\r\n$04\r\nPING\r\n',
  '*1\r\n$4\r\nPINGxxPING\r\n',
  '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$536870913\r\n',
  '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100000\r\nshort',
  `*3\r\n$3\r\nSET\r\n$1\r\na\r\n$70000\r\n${'v'.repeat(300)}`,
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\n\r\n',
]
const TALKS: readonly (readonly string[])[] = [
  ['MULTI', 'SET a 1', 'INCR a', 'GET a', 'EXEC'],
  ['MULTI', 'SET a', 'EXEC', 'GET a'],
  ['WATCH a', 'SET a 1', 'MULTI', 'GET a', 'EXEC', 'UNWATCH'],
  ['HELLO 3', 'SUBSCRIBE a b', 'PUBLISH a hello', 'PING', 'UNSUBSCRIBE', 'PUBLISH a b'],
  ['SUBSCRIBE a', 'GET a', 'PSUBSCRIBE *', 'PING x', 'UNSUBSCRIBE a', 'PUNSUBSCRIBE', 'GET a'],
  ['HELLO 3', 'PSUBSCRIBE h?llo', 'PUBLISH hello x', 'RESET', 'GET a'],
  ['SSUBSCRIBE a', 'SPUBLISH a x', 'SUNSUBSCRIBE'],
  ['MONITOR', 'SET a "\\x00"', 'GET a', 'PING'],
  ['CLIENT REPLY SKIP', 'GET a', 'GET a', 'CLIENT REPLY OFF', 'GET a', 'CLIENT REPLY ON', 'GET a'],
  ['CLIENT PAUSE 100', 'GET a', 'SET a 1', 'CLIENT PAUSE 100 WRITE', 'GET a', 'SET a 2', 'GET a'],
  ['CLIENT TRACKING ON', 'HELLO 3', 'CLIENT TRACKING ON BCAST PREFIX a', 'GET a', 'SET a 1'],
  ['SET a 1', 'SELECT 1', 'SET a 2', 'COPY a b DB 0', 'SELECT 0', 'KEYS *', 'SCAN 0 COUNT 1'],
  ['SET a 1', 'DUMP a', 'RESTORE b 0 "\\x00\\x011\\n\\x00"', 'RENAME a b', 'TYPE b', 'FLUSHALL'],
  ['SETRANGE a 60000 x', 'BITCOUNT a', 'SETBIT b 400000 1', 'BITOP OR c a b', 'LCS a b LEN'],
  ['PFADD h a b c', 'PFADD g d', 'PFCOUNT h g', 'PFMERGE m h g', 'GET m', 'PFCOUNT m'],
  ['MSET a 1 b 2', 'MGET a b c', 'MSETNX a 1 d 2', 'DEL a b c', 'RANDOMKEY', 'DBSIZE'],
]

/** A worker and a host of its own for each input: what one says changes no reply to another. */
const openWorld: OpenWorld = (raw, startedAt) => {
  const open = (): { host: FakeHost; worker: RedisWorker } => {
    const host = new FakeHost(startedAt)
    host.open.add(SLOT)
    // What counts as slow is decided by how busy the machine is.
    host.board.set(SETTING.slowlogSlowerThan, -1)
    return { host, worker: new RedisWorker(raw, host) }
  }
  let now = open()
  return {
    connect: () => new RedisConnection(now.worker, SLOT),
    reset: () => {
      now = open()
    },
    pass: () => {
      now.host.board.set(SETTING.pausedUntil, 0)
      now.host.passTime()
    },
    lines: [],
  }
}

/** The whole requests of an input: the arguments of each, and where it lies. */
function requestsIn(text: string): { words: string[]; from: number; to: number }[] {
  const found: { words: string[]; from: number; to: number }[] = []
  for (const { 0: head, 1: count, index } of text.matchAll(/\*(\d{1,3})\r\n/g)) {
    if (index < (found.at(-1)?.to ?? 0)) continue
    const words: string[] = []
    let at = index + head.length
    while (words.length < Number(count)) {
      const line = /^\$(\d{1,5})\r\n/.exec(text.slice(at, at + 10))
      if (line === null) break
      const begin = at + line[0].length
      at = begin + Number(line[1]) + 2
      if (at > text.length) break
      words.push(text.slice(begin, at - 2))
    }
    if (words.length === Number(count)) found.push({ words, from: index, to: at })
  }
  return found
}

function asText(words: readonly (string | Buffer)[]): string {
  const bytes = words.map((word) => (typeof word === 'string' ? Buffer.from(word, 'latin1') : word))
  return encode(bytes).toString('latin1')
}

class RedisMaker implements InputMaker {
  readonly #random: Random
  readonly #commands: RandomCommands

  constructor(random: Random) {
    this.#random = random
    this.#commands = new RandomCommands(random.below(2 ** 31))
  }

  command(): string {
    const random = this.#random
    const kind = random.below(8)
    if (kind === 0) return encode(random.one(ENDINGS)).toString('latin1')
    const isAny = kind < 5
    const words = isAny ? anyWords((n) => random.below(n), LEFT_OUT) : this.#commands.next()
    return random.once(8) ? inline(words) : asText(words)
  }

  change(text: string, corpus: readonly string[]): string {
    const random = this.#random
    switch (random.below(9)) {
      case 0:
      case 1:
      case 2:
        return this.#changeWords(text)
      case 3:
        return random.once(2) ? text + this.command() : this.command() + text
      case 4:
        return random.one([
          asText(['MULTI']) + text + asText(['EXEC']),
          asText(['HELLO', '3']) + text,
          text + text,
        ])
      default:
        return changeBytes(text, corpus, random, ALPHABET)
    }
  }

  /** A request with another argument, one more, one less, or in its inline form. */
  #changeWords(text: string): string {
    const random = this.#random
    const requests = requestsIn(text)
    if (requests.length === 0) return text + this.command()
    const { words, from, to } = random.one(requests)
    const at = random.below(words.length + 1)
    const other = random.one(WORDS)
    const word = typeof other === 'string' ? other : other.toString('latin1')
    const changed = random.one([
      () => asText(words.with(Math.min(at, words.length - 1), word)),
      () => asText(words.toSpliced(at, 0, word)),
      () => asText(words.toSpliced(at, 1)),
      () => inline(words),
    ])
    return text.slice(0, from) + (words.length === 0 ? '' : changed()) + text.slice(to)
  }
}

function inline(words: readonly (string | Buffer)[]): string {
  const quoted = words.map((word) => {
    return `"${word.toString('latin1').replace(/[^ -~]|["\\]/g, escaped)}"`
  })
  return `${quoted.join(' ')}\r\n`
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** What INFO tells is of time and memory; MEMORY STATS tells what the whole process has. */
function comparable(reply: Buffer): string {
  const text = withoutTexts(reply.toString('latin1'), /^(?:txt:)?# [A-Z]/)
  return text.replace(/(fragmentation(?:\.bytes)?\r\n)(?:\$\d+\r\n)?[^\r]*/g, '$1')
}

/** Bulk strings that begin like this are left out, with their lengths. */
function withoutTexts(reply: string, what: RegExp): string {
  const parts: string[] = []
  let done = 0
  for (const { 0: head, 1: length, index } of reply.matchAll(/[$=](\d+)\r\n/g)) {
    const begin = index + head.length
    if (index < done || !what.test(reply.slice(begin, begin + 20))) continue
    parts.push(reply.slice(done, index))
    done = begin + Number(length)
  }
  return parts.join('<text>') + reply.slice(done)
}

function stream(random: Random, most: number): Buffer {
  const commands = new RandomCommands(random.below(2 ** 31))
  const count = 1 + random.below(most)
  const requests = Array.from({ length: count }, () => encode(commands.next()))
  if (random.once(2)) requests.unshift(encode('HELLO 3'))
  if (random.once(4)) requests.splice(random.below(count), 0, encode('QUIT'))
  if (random.once(4)) requests.splice(random.below(count), 0, encode('SUBSCRIBE a b'))
  if (random.once(2)) {
    const gets = Array.from({ length: random.below(8) }, () => {
      return encode(['MGET', ...Array.from({ length: 1 + random.below(20) }, () => 'large')])
    })
    const large = encode(['SET', 'large', 'v'.repeat(60_000)])
    requests.splice(random.below(count), 0, large, ...gets, encode('PING'))
  }
  return Buffer.concat(requests)
}

export const REDIS: Dialect = {
  name: 'redis',
  openWorld,
  requests: () => [
    ...BYTES,
    ...TALKS.map((talk) => talk.map((line) => encode(line).toString('latin1')).join('')),
  ],
  maker: (random) => new RedisMaker(random),
  stream,
  comparable,
  comparableLive: comparable,
  tellsOfServer: TELLS_OF_SERVER,
}
