/** What is gathered of several connections is answered as if each had been alone. */
import { expect, test } from 'vitest'
import { RawAccess } from '../../src/engine/raw-access.ts'
import type { ProtocolConnection } from '../../src/protocols/protocol.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import { RedisConnection } from '../../src/protocols/redis/connection.ts'
import { RedisWorker } from '../../src/protocols/redis/worker.ts'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import { Gathered } from '../../src/server/gathered.ts'
import { openEngine } from '../engine/open-engine.ts'
import { FakeHost as MemcachedHost } from '../protocols/memcached/client.ts'
import { ask, OP, type Request, store, stream } from '../protocols/memcached/frames.ts'
import { FakeHost as RedisHost } from '../protocols/redis/client.ts'

interface Client {
  readonly served: { readonly protocol: ProtocolConnection }
  replies: string
}
type Open = () => (id: number) => ProtocolConnection

const openRedis: Open = () => {
  const host = new RedisHost(Date.now())
  const worker = new RedisWorker(new RawAccess(openEngine()), host)
  return (id) => {
    host.open.add(id)
    return new RedisConnection(worker, id)
  }
}
const openMemcached: Open = () => {
  const raw = new RawAccess(openEngine())
  const host = new MemcachedHost(Date.now())
  host.watchedKinds = () => 0
  return (id) => new MemcachedConnection(raw, host, id)
}

/** Turns of the event loop: what each connection sends in it, by its number. */
type Turns = readonly (readonly (readonly [client: number, bytes: string])[])[]

function play(open: Open, turns: Turns, isGathered: boolean): string[] {
  const openOne = open()
  const clients = [0, 1, 2].map(
    (id): Client => ({ served: { protocol: openOne(id + 1) }, replies: '' }),
  )
  const gathered = new Gathered<Client>()
  const take = (client: Client, source: Buffer, from: number, to: number): void => {
    const out = new ReplyBuffer()
    const { protocol } = client.served
    const end = protocol.feed(source, from, to, out)
    if (!protocol.isClosing) expect(end).toBe(to)
    client.replies += out.bytes.toString('latin1', 0, out.length)
  }
  for (const turn of turns) {
    for (const [id, text] of turn) {
      const bytes = Buffer.from(text, 'latin1')
      if (isGathered) gathered.add(clients[id]!, bytes, bytes.length)
      else take(clients[id]!, bytes, 0, bytes.length)
    }
    gathered.feed(take)
  }
  return clients.map(({ replies }) => replies)
}

function resp(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}

const GET_A = resp('GET', 'a')
const REDIS: Turns = [
  [
    [0, resp('SET', 'a', 'one') + resp('SELECT', '1')],
    [1, GET_A],
    [2, resp('SET', 'b', 'two') + GET_A],
  ],
  // The same places, other requests; one is in another database.
  [
    [0, GET_A + resp('SET', 'a', 'other') + GET_A],
    [1, resp('GET', 'b') + GET_A.slice(0, 9)],
    [2, GET_A],
  ],
  // What goes on with a request that was cut holds what looks like requests.
  [
    [1, `${GET_A.slice(9)}${resp('SET', 'c', GET_A)}`],
    [2, resp('SET', 'd', GET_A + GET_A).slice(0, 40)],
    [0, GET_A],
  ],
  [
    [2, resp('SET', 'd', GET_A + GET_A).slice(40) + resp('GET', 'd')],
    [1, `PING\r\n${resp('GET', 'c')}${GET_A}`],
    [0, Array.from({ length: 50 }, () => GET_A).join('')],
  ],
  // What was found behind QUIT is never executed, and other requests come to its places.
  [[2, resp('QUIT') + GET_A + GET_A]],
  [[0, resp('PING') + resp('GET', 'b') + resp('GET', 'c')]],
]

const MEMCACHED: Turns = [
  [
    [0, 'version\r\nset a 1 0 3\r\none\r\n'],
    [1, 'version\r\nget a\r\n'],
    [2, 'version\r\n'],
  ],
  [
    [0, 'get a\r\nset b 0 0 7\r\nget a\r\n\r\nget b\r\n'],
    [1, 'get b\r\nget a b\r\nset c 0 0 14\r\nget a\r\n'],
    [2, 'set a 2 0 5 noreply\r\nthree\r\nget a\r\nget none\r\n'],
  ],
  [
    [1, 'get b\r\n\r\nget c\r\n'],
    [2, 'set a 0 0 3\r\nlonger\r\nget a\r\n'],
    [0, 'get a\r\n'.repeat(50)],
  ],
]

const framesOf = (...requests: readonly Request[]) => stream(requests).toString('latin1')
const STORE_D = framesOf(store(OP.setq, 'd', 'mg a v\r\n'))
/** One client is binary; another one sends lines that look like frames. */
const BOTH: Turns = [
  [
    [0, 'mn\r\nms a 3 T0\r\none\r\n'],
    [1, framesOf(ask(OP.noop))],
    [2, 'mn\r\n'],
  ],
  [
    [0, 'mg a v k\r\nms b 7\r\nmg a\r\n\r\nmg b v\r\n'],
    [1, framesOf(ask(OP.getk, 'a'), store(OP.set, 'c', 'mg a v\r\n'), ask(OP.get, 'c'))],
    [2, `${framesOf(ask(OP.get, 'a\n'))}mg a v\r\n${framesOf(ask(OP.get, 'b\n'))}`],
  ],
  [
    [1, STORE_D.slice(0, 35)],
    [2, 'mg a v\r\nmg none v k\r\n'],
    [0, 'mg a s v\r\n'.repeat(50)],
  ],
  [
    [2, `ms e 34\r\n${framesOf(ask(OP.get, 'a'), ask(OP.noop)).slice(0, 34)}\r\nmg a v\r\n`],
    [1, `${STORE_D.slice(35)}${framesOf(ask(OP.get, 'd'))}get a\r\n`],
    [0, 'mg d v\r\nmg e s\r\n'],
  ],
]

const HITS: Readonly<Record<string, readonly string[]>> = {
  Redis: ['$5\r\nother', '$3\r\none', '$3\r\none'],
  memcached: ['VALUE', 'VALUE', 'VALUE'],
  'meta and binary': ['VA 8\r\nmg a v\r\n\r\nHD s34', 'mg a v\r\n', 'VA 3\r\none\r\nEN k'],
}

for (const [name, open, turns] of [
  ['Redis', openRedis, REDIS],
  ['memcached', openMemcached, MEMCACHED],
  ['meta and binary', openMemcached, BOTH],
] as const) {
  test(`${name}: foreseen or not, the replies are the same`, () => {
    const replies = play(open, turns, true)
    expect(replies).toEqual(play(open, turns, false))
    for (const [client, hit] of HITS[name]!.entries()) expect(replies[client]).toContain(hit)
  })
}

const SIZES = { 'the same large buffer for all': 64 * 1024, 'small ones': 200 }

test.each(Object.entries(SIZES))('reads of all lengths, from %s', (_, size) => {
  const isLarge = size > 1000
  const source = Buffer.allocUnsafeSlow(size)
  const protocol = {} as ProtocolConnection
  const gathered = new Gathered<{ readonly served: { readonly protocol: ProtocolConnection } }>()
  // The second turn finds what the first left behind.
  for (const shift of [0, 7]) {
    const expected: [client: object, text: string][] = []
    for (let length = 1; length <= 200; length++) {
      const own = isLarge ? source : Buffer.allocUnsafeSlow(size)
      for (let i = 0; i < size; i++) own[i] = (i * 31 + length + shift) & 0xff
      const client = { served: { protocol } }
      expect(gathered.hasRoom(length)).toBe(true)
      gathered.add(client, own, length)
      expected.push([client, own.toString('latin1', 0, length)])
    }
    const found: typeof expected = []
    gathered.feed((client, bytes, from, to) => {
      found.push([client, bytes.toString('latin1', from, to)])
    })
    expect(found.map(([, text]) => text)).toEqual(expected.map(([, text]) => text))
    expect(found.every(([client], n) => client === expected[n]![0])).toBe(true)
    expect(gathered.isEmpty).toBe(true)
  }
})

test('what fills the last byte of the room is whole', () => {
  const source = Buffer.alloc(64 * 1024, 'abcdefg')
  const gathered = new Gathered<{ readonly served: { readonly protocol: ProtocolConnection } }>()
  const client = { served: { protocol: {} as ProtocolConnection } }
  let count = 0
  for (; gathered.hasRoom(61); count++) gathered.add(client, source, 61)
  const left = 64 * 1024 - count * 61
  gathered.add(client, source, left)
  expect(gathered.hasRoom(1)).toBe(false)
  let bytesFed = 0
  gathered.feed((_, bytes, from, to) => {
    expect(bytes.compare(source, 0, to - from, from, to)).toBe(0)
    bytesFed += to - from
  })
  expect(bytesFed).toBe(64 * 1024)
})
