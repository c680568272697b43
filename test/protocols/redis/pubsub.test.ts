/** SUBSCRIBE PUBLISH PUBSUB MONITOR and CLIENT PAUSE, within one worker. */
import { expect, test } from 'vitest'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { encode } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

table('one who subscribes', [
  [
    'SUBSCRIBE a b',
    '*3\n$9\nsubscribe\n$1\na\n:1\n*3\n$9\nsubscribe\n$1\nb\n:2',
    '>3\n$9\nsubscribe\n$1\na\n:1\n>3\n$9\nsubscribe\n$1\nb\n:2',
  ],
  ['PSUBSCRIBE a*', '*3\n$10\npsubscribe\n$2\na*\n:3', '>3\n$10\npsubscribe\n$2\na*\n:3'],
  ['SSUBSCRIBE s', '*3\n$10\nssubscribe\n$1\ns\n:1', '>3\n$10\nssubscribe\n$1\ns\n:1'],
  ['PING', '*2\n$4\npong\n$0\n', '+PONG'],
  ['PING x', '*2\n$4\npong\n$1\nx', '$1\nx'],
  [
    'GET a',
    "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET " +
      'are allowed in this context',
    '_',
  ],
  [
    'EXEC',
    "-EXECABORT Transaction discarded because of: Can't execute 'exec': only (P|S)SUBSCRIBE / " +
      '(P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context',
    '-ERR EXEC without MULTI',
  ],
  ['UNSUBSCRIBE a', '*3\n$11\nunsubscribe\n$1\na\n:2', '>3\n$11\nunsubscribe\n$1\na\n:2'],
  ['UNSUBSCRIBE', '*3\n$11\nunsubscribe\n$1\nb\n:1', '>3\n$11\nunsubscribe\n$1\nb\n:1'],
  ['UNSUBSCRIBE', '*3\n$11\nunsubscribe\n$-1\n:1', '>3\n$11\nunsubscribe\n_\n:1'],
  ['PUNSUBSCRIBE', '*3\n$12\npunsubscribe\n$2\na*\n:0', '>3\n$12\npunsubscribe\n$2\na*\n:0'],
  ['SUNSUBSCRIBE', '*3\n$12\nsunsubscribe\n$1\ns\n:0', '>3\n$12\nsunsubscribe\n$1\ns\n:0'],
  ['GET a', '$-1', '_'],
])

table('PUBSUB', [
  ['PUBLISH a x', ':0'],
  ['PUBSUB CHANNELS', '*0'],
  ['PUBSUB NUMSUB a b', '*4\n$1\na\n:0\n$1\nb\n:0'],
  ['PUBSUB NUMSUB', '*0'],
  ['PUBSUB NUMPAT', ':0'],
  ['PUBSUB SHARDCHANNELS', '*0'],
  ['PUBSUB SHARDNUMSUB a', '*2\n$1\na\n:0'],
  [
    'PUBSUB CHANNELS a b',
    "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.",
  ],
])

const NOTHING = Buffer.alloc(0)

test('messages come to who subscribed, in the form of their protocol', () => {
  const bench = new RedisBench()
  const [one, two, other] = [bench.connect(), bench.connect(), bench.connect()]
  one.ask('SUBSCRIBE a')
  one.ask('PSUBSCRIBE [ab]')
  two.ask('HELLO 3')
  two.ask('SUBSCRIBE a')
  expect(other.ask('PUBLISH a hello')).toBe(':3\r\n')
  const message = '3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n'
  const byPattern = '*4\r\n$8\r\npmessage\r\n$4\r\n[ab]\r\n$1\r\na\r\n$5\r\nhello\r\n'
  expect(one.feed(NOTHING)).toBe(`*${message}${byPattern}`)
  expect(two.feed(NOTHING)).toBe(`>${message}`)
  expect(other.ask('PUBSUB CHANNELS')).toBe('*1\r\n$1\r\na\r\n')
  expect(other.ask('PUBSUB NUMSUB a')).toBe('*2\r\n$1\r\na\r\n:2\r\n')
  expect(other.ask('PUBSUB NUMPAT')).toBe(':1\r\n')
  one.connection.dispose()
  two.ask('RESET')
  expect(other.ask('PUBLISH a hello')).toBe(':0\r\n')
  expect(other.ask('PUBSUB CHANNELS')).toBe('*0\r\n')
})

test('a message does not come into the middle of a reply', () => {
  const bench = new RedisBench()
  const [one, other] = [bench.connect(), bench.connect()]
  other.ask(['SET', 'a', Buffer.alloc(200_000, 'x')])
  one.ask('HELLO 3')
  one.ask('SUBSCRIBE news')
  const out = new ReplyBuffer()
  const request = encode('MGET a a a a a')
  let replies = ''
  let at = one.connection.feed(request, 0, request.length, out)
  expect(at).toBe(request.length)
  expect(one.connection.hasMore).toBe(true)
  other.ask('PUBLISH news now')
  while (out.length > 0) {
    replies += out.bytes.toString('latin1', 0, out.length)
    out.clear()
    at = one.connection.feed(NOTHING, 0, 0, out)
  }
  const value = `$200000\r\n${'x'.repeat(200_000)}\r\n`
  const message = '>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\nnow\r\n'
  expect(replies === `*5\r\n${value.repeat(5)}${message}`).toBe(true)
})

test('the names that a client listens to are bounded', () => {
  const client = new RedisBench().connect()
  const names = Array.from({ length: 20 }, (_, i) => `${i}${'n'.repeat(1_000_000)}`)
  const reply = client.ask(['SUBSCRIBE', ...names])
  expect(reply.match(/subscribe\r\n/g)).toHaveLength(16)
  expect(reply.match(/-ERR more is listened to than a client may/g)).toHaveLength(4)
  client.ask('UNSUBSCRIBE')
  expect(client.ask(['SUBSCRIBE', names[0]!])).toContain('subscribe')
})

test('a subscriber that does not read is cut', () => {
  const bench = new RedisBench()
  const [slow, other] = [bench.connect(), bench.connect()]
  slow.ask('SUBSCRIBE a')
  for (let i = 0; i < 40; i++) other.ask(['PUBLISH', 'a', Buffer.alloc(1_000_000)])
  expect(bench.host.killed).toEqual([]) // it may just have had no turn
  bench.clock.ms += 1000
  other.ask('PUBLISH a x')
  expect(bench.host.killed).toEqual([1])
  expect(slow.connection.isClosing).toBe(true)
  expect(other.ask('INFO stats')).toContain('client_output_buffer_limit_disconnections:1\r\n')
})

test('a burst of messages is no reason to cut one who reads, but memory is bounded', () => {
  const bench = new RedisBench()
  const [reader, other] = [bench.connect(), bench.connect()]
  reader.ask('SUBSCRIBE a')
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 40; i++) other.ask(['PUBLISH', 'a', Buffer.alloc(1_000_000)])
    bench.clock.ms += 1000
    expect(reader.feed(NOTHING).length).toBeGreaterThan(40_000_000)
  }
  for (let i = 0; i < 140; i++) other.ask(['PUBLISH', 'a', Buffer.alloc(1_000_000)])
  expect(bench.host.killed).toEqual([1])
})

test('a monitor sees what others say, but not what only operators say', () => {
  const bench = new RedisBench()
  const [monitor, other] = [bench.connect(), bench.connect()]
  expect(monitor.ask('MONITOR')).toBe('+OK\r\n')
  other.ask(['SET', 'a', 'x"y\r\n\x00\\'])
  other.ask('CONFIG GET port')
  other.ask('SELECT 2')
  other.ask('get a')
  const lines = monitor.feed(NOTHING).split('\r\n')
  expect(lines.map((line) => line.replace(/^\+[\d.]+ /, ''))).toEqual([
    '[0 127.0.0.1:50002] "SET" "a" "x\\"y\\r\\n\\x00\\\\"',
    '[0 127.0.0.1:50002] "SELECT" "2"',
    '[2 127.0.0.1:50002] "get" "a"',
    '',
  ])
  monitor.connection.dispose()
  other.ask('PING')
})

test('CLIENT PAUSE holds commands back, and what was held back comes in order', () => {
  const bench = new RedisBench()
  const [one, other] = [bench.connect(), bench.connect()]
  other.ask('CLIENT PAUSE 100 WRITE')
  expect(one.ask('GET a')).toBe('$-1\r\n')
  expect(one.ask('SET a 1')).toBe('')
  expect([one.connection.isPaused, one.connection.hasMore]).toEqual([true, true])
  bench.clock.ms += 50
  bench.host.passTime()
  expect(one.feed(NOTHING)).toBe('')
  bench.clock.ms += 60
  bench.host.passTime()
  expect(one.feed(NOTHING)).toBe('+OK\r\n')
  expect(one.ask('GET a')).toBe('$1\r\n1\r\n')
  other.ask('CLIENT PAUSE 1000')
  expect(one.ask('PING')).toBe('')
})
