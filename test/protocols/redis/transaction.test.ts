/** MULTI EXEC DISCARD WATCH UNWATCH. */
import { expect, test } from 'vitest'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

table('MULTI EXEC DISCARD', [
  ['EXEC', '-ERR EXEC without MULTI'],
  ['DISCARD', '-ERR DISCARD without MULTI'],
  ['MULTI', '+OK'],
  ['MULTI', '-ERR MULTI calls can not be nested'],
  ['SET a 1', '+QUEUED'],
  ['INCR a', '+QUEUED'],
  ['GET a', '+QUEUED'],
  ['PING', '+QUEUED'],
  ['GET none', '+QUEUED'],
  ['EXEC', '*5\n+OK\n:2\n$1\n2\n+PONG\n$-1', '*5\n+OK\n:2\n$1\n2\n+PONG\n_'],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['MULTI', '+OK'],
  ['EXEC', '*0'],
  ['MULTI', '+OK'],
  ['SET a 5', '+QUEUED'],
  ['DISCARD', '+OK'],
  ['GET a', '$1\n2'],
  ['MULTI a', "-ERR wrong number of arguments for 'multi' command"],
  ['MULTI', '+OK'],
  ['SET a 6', '+QUEUED'],
  [
    'EXEC a',
    "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
  ],
  ['EXEC', '-ERR EXEC without MULTI'],
  ['GET a', '$1\n2'],
])

table('what a transaction writes without reading it, and takes away again', [
  ['MSET a 1 b 1 c 1', '+OK'],
  ['MULTI', '+OK'],
  ['SET a 2 PXAT 5', '+QUEUED'],
  ['SET b 2', '+QUEUED'],
  ['DEL b', '+QUEUED'],
  ['SET none 2', '+QUEUED'],
  ['DEL none', '+QUEUED'],
  ['EXEC', '*5\n+OK\n+OK\n:1\n+OK\n:1'],
  ['MGET a b c none', '*4\n$-1\n$-1\n$1\n1\n$-1', '*4\n_\n_\n$1\n1\n_'],
  ['SET a 3 XX', '$-1', '_'],
  ['SET b 3 NX', '+OK'],
  ['MULTI', '+OK'],
  ['FLUSHDB', '+QUEUED'],
  ['SET c 2 PXAT 5', '+QUEUED'],
  ['EXEC', '*2\n+OK\n+OK'],
  ['EXISTS a b c', ':0'],
])

table('a transaction of which a command was refused', [
  ['SET a 1', '+OK'],
  ['MULTI', '+OK'],
  ['SET a 2', '+QUEUED'],
  ['GET', "-ERR wrong number of arguments for 'get' command"],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['GET a', '$1\n1'],
  ['MULTI', '+OK'],
  ['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['EXEC', '-EXECABORT Transaction discarded because of previous errors.'],
  ['SET text x', '+OK'],
  ['MULTI', '+OK'],
  ['INCR text', '+QUEUED'],
  ['SET a 3', '+QUEUED'],
  ['EXEC', '*2\n-ERR value is not an integer or out of range\n+OK'],
  ['GET a', '$1\n3'],
])

table('WATCH, and what one changes oneself', [
  ['WATCH a', '+OK'],
  ['SET a 1', '+OK'],
  ['MULTI', '+OK'],
  ['SET a 2', '+QUEUED'],
  ['EXEC', '*-1', '_'],
  ['WATCH a b', '+OK'],
  ['MULTI', '+OK'],
  ['WATCH a', '-ERR WATCH inside MULTI is not allowed'],
  ['GET a', '+QUEUED'],
  ['EXEC', '*1\n$1\n1'],
  ['WATCH a', '+OK'],
  ['DEL a', ':1'],
  ['UNWATCH', '+OK'],
  ['MULTI', '+OK'],
  ['SET a 3', '+QUEUED'],
  ['EXEC', '*1\n+OK'],
  ['WATCH a', '+OK'],
  ['EXPIRE a 100', ':1'],
  ['MULTI', '+OK'],
  ['EXEC', '*-1', '_'],
  ['WATCH none', '+OK'],
  ['MULTI', '+OK'],
  ['DISCARD', '+OK'],
  ['SET none 1', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '*0'],
  ['WATCH', "-ERR wrong number of arguments for 'watch' command"],
])

table('WATCH, and a flush of the transaction itself', [
  ['MSET a 1 b 1', '+OK'],
  ['WATCH a none', '+OK'],
  ['MULTI', '+OK'],
  ['FLUSHALL', '+QUEUED'],
  ['EXEC', '*1\n+OK'],
  ['EXISTS a b', ':0'],
  ['MSET a 1 b 1', '+OK'],
  ['WATCH a none', '+OK'],
  ['MULTI', '+OK'],
  ['SET a 2', '+QUEUED'],
  ['FLUSHDB', '+QUEUED'],
  ['SET b 3', '+QUEUED'],
  ['GET a', '+QUEUED'],
  ['SET none 4', '+QUEUED'],
  ['EXEC', '*5\n+OK\n+OK\n+OK\n$-1\n+OK', '*5\n+OK\n+OK\n+OK\n_\n+OK'],
  ['MGET a b none', '*3\n$-1\n$1\n3\n$1\n4', '*3\n_\n$1\n3\n$1\n4'],
  ['WATCH b', '+OK'],
  ['SET b 4', '+OK'],
  ['MULTI', '+OK'],
  ['FLUSHALL', '+QUEUED'],
  ['EXEC', '*-1', '_'],
  ['EXISTS b none', ':2'],
])

table('what touches a watched key, and commands that meet within one transaction', [
  ['SET a 1', '+OK'],
  ['MULTI', '+OK'],
  ['GET a', '+QUEUED'],
  ['CLIENT REPLY ON', '+QUEUED'],
  ['GET a', '+QUEUED'],
  ['EXEC', '*3\n$1\n1\n+OK\n$1\n1'],
  ['WATCH a', '+OK'],
  ['RENAME a b', '+OK'],
  ['RENAME b a', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', '*-1', '_'],
  ['WATCH a', '+OK'],
  ['SETNX a 3', ':0'],
  ['PERSIST a', ':0'],
  ['GETEX a', '$1\n1'],
  ['EXPIRE none 5', ':0'],
  ['TOUCH a', ':1'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', '*1\n+PONG'],
  ['WATCH a', '+OK'],
  ['SET a 1 KEEPTTL', '+OK'],
  ['MULTI', '+OK'],
  ['PING', '+QUEUED'],
  ['EXEC', '*-1', '_'],
  ['WATCH a', '+OK'],
  ['MULTI', '+OK'],
  ['SELECT 1', '+QUEUED'],
  ['SET a 5', '+QUEUED'],
  ['SELECT 99', '+QUEUED'],
  ['GET a', '+QUEUED'],
  ['SELECT 0', '+QUEUED'],
  ['GET a', '+QUEUED'],
  ['DBSIZE', '+QUEUED'],
  ['SELECT 1', '+QUEUED'],
  ['EXEC', '*8\n+OK\n+OK\n-ERR DB index is out of range\n$1\n5\n+OK\n$1\n1\n:1\n+OK'],
  ['GET a', '$1\n5'],
  ['FLUSHDB', '+OK'],
  ['SELECT 0', '+OK'],
  ['SET t 1 PX 20', '+OK'],
  { after: 40 },
  ['WATCH t', '+OK'],
  ['MULTI', '+OK'],
  ['SET t 2', '+QUEUED'],
  ['PEXPIRE t -1', '+QUEUED'],
  ['EXISTS t', '+QUEUED'],
  ['SET t 3 NX', '+QUEUED'],
  ['RENAME t u', '+QUEUED'],
  ['RENAME none u', '+QUEUED'],
  ['COPY u t', '+QUEUED'],
  ['EXPIRE t 100', '+QUEUED'],
  ['PERSIST t', '+QUEUED'],
  ['TTL t', '+QUEUED'],
  ['APPEND t x', '+QUEUED'],
  ['MGET t u', '+QUEUED'],
  ['EXEC', '*12\n+OK\n:1\n:0\n+OK\n+OK\n-ERR no such key\n:1\n:1\n:1\n:-1\n:2\n*2\n$2\n3x\n$1\n3'],
  ['MGET t u', '*2\n$2\n3x\n$1\n3'],
  ['MULTI', '+OK'],
  ['DEL u', '+QUEUED'],
  ['RANDOMKEY', '+QUEUED'],
  ['DEL a', '+QUEUED'],
  ['KEYS *', '+QUEUED'],
  ['DBSIZE', '+QUEUED'],
  ['SCAN 0 COUNT 100000', '+QUEUED'],
  ['EXEC', /^\*6\n:1\n\$1\n[at]\n:1\n\*1\n\$1\nt\n:1\n\*2\n\$1\n0\n\*1\n\$1\nt$/],
  ['WATCH t', '+OK'],
  ['FLUSHALL', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '*-1', '_'],
  ['WATCH t', '+OK'],
  ['FLUSHALL', '+OK'],
  ['MULTI', '+OK'],
  ['EXEC', '*0'],
])

table('RESET leaves a transaction', [
  ['MULTI', '+OK'],
  ['SET a 1', '+QUEUED'],
  ['RESET', '+RESET'],
  ['EXEC', '-ERR EXEC without MULTI'],
])

test('what others or the program change is noticed, in the database of the key', () => {
  const bench = new RedisBench()
  const [one, other] = [bench.connect(), bench.connect()]
  const attempt = (): string => {
    one.ask('MULTI')
    one.ask('PING')
    return one.ask('EXEC')
  }
  const done = '*1\r\n+PONG\r\n'
  const changes: [() => unknown, string][] = [
    [() => other.ask('SET a 2'), '*-1\r\n'],
    [() => bench.engine.set('a', 'embedded'), '*-1\r\n'],
    [() => other.ask('GET a'), done],
    [() => other.ask('APPEND a x'), '*-1\r\n'],
    [() => other.ask('DEL a'), '*-1\r\n'],
    [() => other.ask('DEL a'), done],
    [() => bench.engine.set('a', 1), '*-1\r\n'],
    [() => bench.engine.clear(), '*-1\r\n'],
    [() => bench.connect().feed(Buffer.from('SELECT 1\r\nSET a 1\r\n')), done],
  ]
  for (const [change, reply] of changes) {
    one.ask('WATCH a')
    change()
    expect(attempt(), String(change)).toBe(reply)
  }
})

test('a key whose time is over has changed', () => {
  const bench = new RedisBench()
  const client = bench.connect()
  client.ask('SET a 1 PX 10')
  client.ask('WATCH a')
  bench.clock.ms += 20
  client.ask('MULTI')
  expect(client.ask('EXEC')).toBe('*-1\r\n')
})

test('an answer that is larger than the reply buffer comes in parts', () => {
  const client = new RedisBench().connect()
  client.ask(['SET', 'a', Buffer.alloc(100_000, 'x')])
  client.ask('MULTI')
  for (let i = 0; i < 20; i++) client.ask('GET a')
  const reply = client.ask('EXEC')
  expect(reply).toBe(`*20\r\n${`$100000\r\n${'x'.repeat(100_000)}\r\n`.repeat(20)}`)
})

test('what a client queues or watches is bounded', () => {
  const client = new RedisBench().connect()
  const set = Buffer.from(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$500000\r\n${'x'.repeat(500_000)}\r\n`)
  client.ask('MULTI')
  const replies = new Set<string>()
  for (let n = 0; n < 140; n++) replies.add(client.feed(set))
  expect([...replies]).toEqual([
    '+QUEUED\r\n',
    '-ERR the transaction is larger than a client may have\r\n',
  ])
  expect(client.ask('EXEC')).toMatch(/^-EXECABORT/)
  expect(client.ask('EXISTS a')).toBe(':0\r\n')
  const key = 'k'.repeat(16_000)
  const watches = Array.from({ length: 300 }, (_, n) => client.ask(`WATCH ${key}${n}`))
  expect(watches.filter((reply) => reply === '+OK\r\n').length).toBeLessThan(265)
  expect(watches.at(-1)).toBe('-ERR more keys are watched than a client may have\r\n')
  expect(client.ask('UNWATCH')).toBe('+OK\r\n')
  expect(client.ask(`WATCH ${key}`)).toBe('+OK\r\n')
})
