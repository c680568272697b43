/**
 * CLIENT TRACKING and keyspace events within one worker: who is told what, when the test tells the
 * worker what has changed.
 */
import { expect, test } from 'vitest'
import type { ChangeKind } from '../../../src/protocols/redis/host.ts'
import { RedisBench } from './support.ts'

const NOTHING = Buffer.alloc(0)

/** A bench whose worker is told of changes by the test. */
class Tracked extends RedisBench {
  change(key: string, kind: ChangeKind = 'set', space = 0): void {
    this.host.listener!.changed(kind, space, 1, key)
    this.host.listener!.batchOver()
  }
}

function invalidate(...keys: string[]): string {
  const words = keys.map((key) => `$${key.length}\r\n${key}\r\n`).join('')
  return `>2\r\n$10\r\ninvalidate\r\n*${keys.length}\r\n${words}`
}
const ALL = '>2\r\n$10\r\ninvalidate\r\n_\r\n'

test('who has read a key is told once', () => {
  const bench = new Tracked()
  const [one, two, other] = [bench.connect(), bench.connect(), bench.connect()]
  for (const client of [one, two, other]) client.ask('HELLO 3')
  one.ask('CLIENT TRACKING ON')
  two.ask('CLIENT TRACKING ON')
  one.ask('GET a')
  one.ask('MGET b c')
  two.ask('EXISTS a d')
  two.ask('SET b 1')
  other.ask('GET a')
  expect(other.ask('INFO')).toMatch(/tracking_clients:2\r\n[\s\S]*tracking_total_keys:4\r\n/)
  expect(other.ask('INFO stats')).toContain('tracking_total_items:5\r\n')
  bench.change('a')
  bench.change('a')
  bench.change('b', 'expired')
  bench.change('e')
  expect(one.feed(NOTHING)).toBe(invalidate('a') + invalidate('b'))
  expect(two.feed(NOTHING)).toBe(invalidate('a'))
  expect(other.feed(NOTHING)).toBe('')
  one.ask('CLIENT TRACKING OFF')
  bench.change('c')
  expect(one.feed(NOTHING)).toBe('')
  bench.host.listener!.lost()
  expect([one.feed(NOTHING), two.feed(NOTHING)]).toEqual(['', ALL])
  two.ask('GET a')
  bench.change('', 'flush')
  expect(two.feed(NOTHING)).toBe(ALL)
  expect(other.ask('INFO stats')).toContain('tracking_total_keys:0\r\n')
  two.connection.dispose()
  expect(other.ask('INFO clients')).toContain('tracking_clients:0\r\n')
})

test('only databases count; keys of all of them by their name', () => {
  const bench = new Tracked()
  const client = bench.connect()
  client.ask('HELLO 3')
  client.ask('CLIENT TRACKING ON')
  const own = bench.engine.namespace('own')
  expect(own).toBeDefined()
  client.ask('SELECT 3')
  client.ask('GET a')
  bench.change('a', 'set', 1) // that of the program
  bench.change('', 'flush', 1)
  expect(client.feed(NOTHING)).toBe('')
  bench.change('a', 'set', 2)
  expect(client.feed(NOTHING)).toBe(invalidate('a'))
})

test('OPTIN and OPTOUT: what CLIENT CACHING says is about the next command', () => {
  const bench = new Tracked()
  const [one, two] = [bench.connect(), bench.connect()]
  for (const client of [one, two]) client.ask('HELLO 3')
  one.ask('CLIENT TRACKING ON OPTIN')
  two.ask('CLIENT TRACKING ON OPTOUT')
  one.ask('GET a')
  one.ask('CLIENT CACHING YES')
  one.ask('GET b')
  one.ask('GET c')
  two.ask('GET a')
  two.ask('CLIENT CACHING NO')
  two.ask('GET b')
  two.ask('GET c')
  for (const key of ['a', 'b', 'c']) bench.change(key)
  expect(one.feed(NOTHING)).toBe(invalidate('b'))
  expect(two.feed(NOTHING)).toBe(invalidate('a') + invalidate('c'))
})

test('BCAST: prefixes, whatever was read, once for a batch', () => {
  const bench = new Tracked()
  const client = bench.connect()
  client.ask('HELLO 3')
  client.ask('CLIENT TRACKING ON BCAST PREFIX a PREFIX b')
  expect(bench.ask('INFO stats')).toContain('tracking_total_prefixes:2\r\n')
  const { listener } = bench.host
  for (const key of ['a1', 'b', 'c', 'a1', 'a2']) listener!.changed('set', 0, 1, key)
  expect(client.feed(NOTHING)).toBe('')
  listener!.batchOver()
  expect(client.feed(NOTHING)).toBe(invalidate('a1', 'b', 'a2'))
  client.ask('RESET')
  expect(bench.ask('INFO stats')).toContain('tracking_total_prefixes:0\r\n')
})

test('REDIRECT: another connection is told; without it the client hears so', () => {
  const bench = new Tracked()
  const [one, news] = [bench.connect(), bench.connect()]
  news.ask('SUBSCRIBE __redis__:invalidate')
  expect(one.ask('CLIENT TRACKING ON REDIRECT 2')).toBe('+OK\r\n')
  expect(one.ask('CLIENT GETREDIR')).toBe(':2\r\n')
  one.ask('GET a')
  bench.change('a')
  const message = '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n'
  expect(news.feed(NOTHING)).toBe(`${message}*1\r\n$1\r\na\r\n`)
  bench.host.listener!.lost()
  expect(news.feed(NOTHING)).toBe(`${message}$-1\r\n`)
  expect(one.feed(NOTHING)).toBe('')
  bench.host.open.delete(2)
  news.connection.dispose()
  one.ask('GET a')
  bench.change('a')
  expect(one.feed(NOTHING)).toBe('')
  expect(one.ask('CLIENT INFO')).toMatch(/ flags=tR .* redir=2 /)
  one.ask('HELLO 3')
  one.ask('GET a')
  bench.change('a')
  expect(one.feed(NOTHING)).toBe('>2\r\n$21\r\ntracking-redir-broken\r\n:2\r\n')
})

test('NOLOOP: own writes are not told, those of others are', () => {
  const bench = new Tracked({ feedBytes: '256kb' })
  const feed = bench.engine.mutations()
  const pass = (): void => {
    for (const { version, key } of feed.poll()) {
      bench.host.listener!.changed('set', 0, version, key)
    }
    bench.host.listener!.batchOver()
  }
  const [one, prefixed, other] = [bench.connect(), bench.connect(), bench.connect()]
  for (const client of [one, prefixed]) client.ask('HELLO 3')
  one.ask('CLIENT TRACKING ON NOLOOP')
  prefixed.ask('CLIENT TRACKING ON BCAST NOLOOP')
  one.ask('GET a')
  one.ask('MSET a 1 b 1')
  pass()
  expect([one.feed(NOTHING), prefixed.feed(NOTHING)]).toEqual(['', invalidate('a', 'b')])
  one.ask('GET a')
  for (const each of ['MULTI', 'SET a 3', 'INCR b', 'EXEC']) one.ask(each)
  pass()
  expect([one.feed(NOTHING), prefixed.feed(NOTHING)]).toEqual(['', invalidate('a', 'b')])
  one.ask('GET a')
  prefixed.ask('SET a 2')
  pass()
  expect([one.feed(NOTHING), prefixed.feed(NOTHING)]).toEqual([invalidate('a'), ''])
  one.ask('GET a')
  one.ask('SET b 2')
  other.ask('SET a 3')
  pass()
  expect([one.feed(NOTHING), prefixed.feed(NOTHING)]).toEqual([
    invalidate('a'),
    invalidate('b', 'a'),
  ])
  one.ask('GET a')
  for (const line of ['MULTI', 'SET a 4', 'INCR b', 'EXEC']) one.ask(line)
  pass()
  expect([one.feed(NOTHING), prefixed.feed(NOTHING)]).toEqual(['', invalidate('a', 'b')])
  feed.close()
})

test('the table is bounded: the oldest key gives way, and who has it is told', () => {
  const bench = new Tracked()
  const client = bench.connect()
  client.ask('HELLO 3')
  client.ask('CONFIG SET tracking-table-max-keys 3')
  client.ask('CLIENT TRACKING ON')
  for (const key of ['a', 'b', 'c', 'a']) client.ask(`GET ${key}`)
  expect(client.ask('GET d')).toBe(`_\r\n${invalidate('a')}`)
  expect(client.ask('INFO stats')).toContain('tracking_total_keys:3\r\n')
})

test('keys of an answer in several parts are registered as each of them is read', () => {
  const bench = new Tracked()
  const [one, news] = [bench.connect(), bench.connect()]
  bench.ask(['SET', 'large', Buffer.alloc(400_000, 'x')])
  news.ask('SUBSCRIBE __redis__:invalidate')
  one.ask('CLIENT TRACKING ON REDIRECT 2')
  one.feedOnce('MGET large large k')
  bench.change('k') // not read yet: nobody has it
  expect(news.feed(NOTHING)).toBe('')
  expect(one.feed(NOTHING)).toMatch(/\$-1\r\n$/)
  bench.change('k')
  expect(news.feed(NOTHING)).toContain('$1\r\nk\r\n')
})

test('changes that cannot be told: refused with the reason, and clients are cut', () => {
  const bench = new Tracked()
  const client = bench.connect()
  client.ask('CLIENT TRACKING ON')
  bench.host.changesState = 'taken'
  const taken = '-ERR the program around this server reads the mutation feed itself\r\n'
  expect(bench.ask('CLIENT TRACKING ON')).toBe(taken)
  expect(bench.ask('CONFIG SET notify-keyspace-events KEA slowlog-max-len 3')).toBe(taken)
  expect(bench.ask('CONFIG GET slowlog-max-len')).toContain('128')
  bench.host.changesState = 'absent'
  expect(bench.ask('CLIENT TRACKING ON')).toMatch(/feedBytes/)
  bench.host.changesState = 'full'
  expect(bench.ask('CLIENT TRACKING ON')).toMatch(/maxThreads/)
  bench.host.listener!.unavailable()
  expect(bench.host.killed).toEqual([1])
})

test('what waits for changes to be told goes on when they are', () => {
  const bench = new Tracked()
  const client = bench.connect()
  bench.host.changesState = 'closed'
  expect(client.ask('CLIENT TRACKING ON')).toBe('')
  bench.host.passTime()
  expect(client.feed(NOTHING)).toBe('')
  bench.host.changesState = 'open'
  bench.host.passTime()
  expect(client.feed(NOTHING)).toBe('+OK\r\n')
  bench.host.changesState = 'closed'
  const late = bench.connect()
  late.ask('CONFIG SET notify-keyspace-events KEA')
  bench.clock.ms += 11_000
  bench.host.passTime()
  expect(late.feed(NOTHING)).toMatch(/^-ERR changes of the cache cannot be told/)
})

test('keyspace events are named by what happened to the key', () => {
  const bench = new Tracked()
  const [client, other] = [bench.connect(), bench.connect()]
  other.ask('CONFIG SET notify-keyspace-events KE$gx')
  bench.change('before') // nobody has subscribed
  client.ask('PSUBSCRIBE __key*')
  const seen = (): string[] => {
    const words = client.feed(NOTHING).split('\r\n')
    return words.filter((_, i) => i % 9 === 6 || i % 9 === 8)
  }
  bench.change('k')
  expect(seen()).toEqual(['__keyspace@0__:k', 'set', '__keyevent@0__:set', 'k'])
  other.ask('SELECT 5')
  bench.change('k', 'del', 1)
  expect(seen()).toEqual(['__keyspace@5__:k', 'del', '__keyevent@5__:del', 'k'])
  bench.change('k', 'evicted')
  bench.change('', 'flush')
  expect(seen()).toEqual([])
  other.ask('CONFIG SET notify-keyspace-events Ex')
  bench.change('k', 'expired')
  bench.change('k')
  expect(seen()).toEqual(['__keyevent@0__:expired', 'k'])
})
