/**
 * Statistics: what each command counts, over all workers, in the form and under the names that
 * exporters and tools read.
 */
import { describe, expect, test } from 'vitest'
import { COUNT, CounterBoard, SETTING } from '../../../src/protocols/memcached/counters.ts'
import { Bench } from './support.ts'

function statsOf(reply: string): Map<string, string> {
  const lines = reply.split('\r\n').filter((line) => line.startsWith('STAT '))
  return new Map(
    lines.map((line) => {
      const [, name, ...value] = line.split(' ')
      return [name!, value.join(' ')]
    }),
  )
}

/** What the requests changed among the counters. */
function countedBy(request: string, before = ''): Record<string, number> {
  const client = new Bench().connect()
  client.ask(before)
  const then = statsOf(client.ask('stats\r\n'))
  client.ask(request)
  const now = statsOf(client.ask('stats\r\n'))
  const changes: Record<string, number> = {}
  for (const [name, value] of now) {
    const change = Number(value) - Number(then.get(name))
    if (change > 0 && name in COUNT) changes[name] = change
  }
  return changes
}

describe('each command counts as in memcached', () => {
  const SET = 'set a 0 0 1\r\n1\r\n'
  const cases: [string, string, Record<string, number>][] = [
    ['', SET, { cmd_set: 1, total_items: 1 }],
    [SET, 'get a b a\r\n', { cmd_get: 3, get_hits: 2, get_misses: 1 }],
    [SET, 'gat 0 a b\r\n', { cmd_touch: 2, touch_hits: 1, touch_misses: 1 }],
    [SET, 'touch a 0\r\ntouch b 0\r\n', { cmd_touch: 2, touch_hits: 1, touch_misses: 1 }],
    [SET, 'delete a\r\ndelete a\r\n', { delete_hits: 1, delete_misses: 1 }],
    [SET, 'incr a 1\r\nincr b 1\r\n', { incr_hits: 1, incr_misses: 1 }],
    [SET, 'decr a 1\r\ndecr b 1\r\n', { decr_hits: 1, decr_misses: 1 }],
    [SET, 'add a 0 0 1\r\nx\r\n', { cmd_set: 1 }],
    [
      'ms a 1 E7\r\nx\r\n',
      'cas a 0 0 1 6\r\nx\r\ncas b 0 0 1 7\r\nx\r\ncas a 0 0 1 7\r\nx\r\n',
      { cmd_set: 3, cas_badval: 1, cas_misses: 1, cas_hits: 1, total_items: 1 },
    ],
    [SET, 'flush_all\r\n', { cmd_flush: 1 }],
    [SET, 'mg a v\r\nmg b\r\n', { cmd_meta: 2, cmd_get: 2, get_hits: 1, get_misses: 1 }],
    [SET, 'mg a T5\r\nmg b T5\r\n', { cmd_meta: 2, cmd_touch: 2, touch_hits: 1, touch_misses: 1 }],
    ['', 'ms a 1\r\nx\r\n', { cmd_meta: 1, cmd_set: 1, total_items: 1 }],
    [SET, 'ma a\r\nma b MD\r\n', { cmd_meta: 2, incr_hits: 1, decr_misses: 1 }],
    [SET, 'md b\r\nmd a\r\n', { cmd_meta: 2, delete_hits: 1, delete_misses: 1 }],
    ['', `set a 0 0 1048577\r\n${'x'.repeat(1048577)}\r\n`, { store_too_large: 1 }],
  ]
  for (const [before, request, counts] of cases) {
    test(JSON.stringify(request.slice(0, 60)), () => {
      expect(countedBy(request, before)).toEqual(counts)
    })
  }
})

describe('stats', () => {
  test('tells of server, engine and time, under names that exporters parse as numbers', () => {
    const bench = new Bench({ memory: '4mb' })
    bench.host.list.push(
      {
        id: 7,
        address: 'tcp:127.0.0.1:11211',
        listenAddress: undefined,
        state: 'conn_listening',
        secondsSinceCommand: undefined,
      },
      {
        id: 9,
        address: 'tcp:127.0.0.1:5000',
        listenAddress: 'tcp:127.0.0.1:11211',
        state: 'conn_read',
        secondsSinceCommand: 3.7,
      },
    )
    bench.ask('set a 0 0 1\r\nx\r\nset b 0 0 1\r\nx\r\n')
    bench.clock.ms += 61_500
    const stats = statsOf(bench.ask('stats\r\n'))
    expect(stats.get('pid')).toBe('4242')
    expect(stats.get('uptime')).toBe('61')
    expect(stats.get('time')).toBe(String(Math.floor(bench.clock.ms / 1000)))
    expect(stats.get('version')).toBe('1.6.45-heddle-0.1.0')
    expect(stats.get('curr_connections')).toBe('2')
    expect(stats.get('curr_items')).toBe('2')
    expect(stats.get('threads')).toBe('2')
    expect(stats.get('rusage_user')).toMatch(/^\d+\.\d{6}$/)
    expect(stats.get('rusage_system')).toMatch(/^\d+\.\d{6}$/)
    for (const [name, value] of stats) {
      if (name !== 'version') expect([name, Number.isFinite(Number(value))]).toEqual([name, true])
    }
    for (const name of EXPORTED) expect([name, stats.has(name)]).toEqual([name, true])
    expect(bench.ask('stats conns\r\n')).toBe(
      'STAT 7:addr tcp:127.0.0.1:11211\r\nSTAT 7:state conn_listening\r\n' +
        'STAT 9:addr tcp:127.0.0.1:5000\r\nSTAT 9:listen_addr tcp:127.0.0.1:11211\r\n' +
        'STAT 9:state conn_read\r\nSTAT 9:secs_since_last_cmd 3\r\nEND\r\n',
    )
  })

  test('settings tells what was chosen', () => {
    const settings = statsOf(new Bench({ maxItemSize: 5000 }).ask('stats settings\r\n'))
    expect(settings.get('item_size_max')).toBe('5000')
    expect(settings.get('maxconns')).toBe('1024')
    expect(settings.get('evictions')).toBe('on')
    expect(settings.get('domain_socket')).toBe('NULL')
    expect(settings.get('handoff')).toBe('frames')
  })

  test('slabs and items count chunks by class', () => {
    const client = new Bench().connect()
    expect(client.ask('stats items\r\n')).toBe('END\r\n')
    for (let n = 0; n < 10; n++) client.ask(`set key${n} 0 0 500\r\n${'v'.repeat(500)}\r\n`)
    const items = statsOf(client.ask('stats items\r\n'))
    const slabs = statsOf(client.ask('stats slabs\r\n'))
    const [name] = [...items.keys()]
    const cls = name!.split(':')[1]
    expect(Number(items.get(`items:${cls}:number`))).toBeGreaterThanOrEqual(10)
    expect(Number(slabs.get(`${cls}:chunk_size`))).toBeGreaterThan(500)
    expect(slabs.get('active_slabs')).toBe('1')
    expect(Number(slabs.get(`${cls}:used_chunks`)) + Number(slabs.get(`${cls}:free_chunks`))).toBe(
      Number(slabs.get(`${cls}:total_chunks`)),
    )
  })

  test('reset counts from 0 again, and keeps what is no counter', () => {
    const client = new Bench().connect()
    client.ask('set a 0 0 1\r\nx\r\nget a b\r\n')
    expect(client.ask('stats reset\r\n')).toBe('RESET\r\n')
    const stats = statsOf(client.ask('stats\r\n'))
    expect([stats.get('cmd_get'), stats.get('cmd_set'), stats.get('get_hits')]).toEqual([
      '0',
      '0',
      '0',
    ])
    expect(stats.get('curr_items')).toBe('1')
    client.ask('get a\r\n')
    expect(statsOf(client.ask('stats\r\n')).get('get_hits')).toBe('1')
  })

  test('detail counts by prefix while it is on', () => {
    const client = new Bench().connect()
    client.ask('get a:1\r\nstats detail on\r\n')
    client.ask('get a:1 b:2 plain\r\nset a:1 0 0 1\r\nx\r\nget a:1\r\nmg a:1\r\ndelete a:1\r\n')
    client.ask('ms b:1 1\r\nx\r\nmd b:1\r\n')
    expect(client.ask('stats detail dump\r\n')).toBe(
      'PREFIX a get 3 hit 2 set 1 del 1\r\nPREFIX b get 1 hit 0 set 1 del 1\r\nEND\r\n',
    )
    client.ask('stats detail off\r\nget a:1\r\n')
    expect(client.ask('stats detail dump\r\n')).toMatch(/^PREFIX a get 3 /)
    expect(client.ask('stats reset\r\nstats detail dump\r\n')).toBe('RESET\r\nEND\r\n')
    client.ask('stats detail on\r\nget c:1\r\n')
    expect(client.ask('stats detail dump\r\n')).toBe('PREFIX c get 1 hit 0 set 0 del 0\r\nEND\r\n')
  })
})

describe('the counter board', () => {
  test('sums the rows of all writers', () => {
    const buffer = CounterBoard.create(3)
    const [first, second] = [new CounterBoard(buffer, 0), new CounterBoard(buffer, 2)]
    first.add(COUNT.cmd_get, 5)
    second.add(COUNT.cmd_get, 7)
    second.add(COUNT.bytes_read, 1)
    expect(first.total(COUNT.cmd_get)).toBe(12)
    second.reset()
    expect(first.total(COUNT.cmd_get)).toBe(0)
    first.add(COUNT.cmd_get, 1)
    expect(second.total(COUNT.cmd_get)).toBe(1)
    expect(second.total(COUNT.bytes_read)).toBe(0)
  })

  test('settings are common to all', () => {
    const buffer = CounterBoard.create(2)
    new CounterBoard(buffer, 0).set(SETTING.crawlerSleep, 7)
    expect(new CounterBoard(buffer, 1).setting(SETTING.crawlerSleep)).toBe(7)
    expect(() => new CounterBoard(buffer, 2)).toThrow('row 2')
  })

  test('prefixes add up over writers, so many of each', () => {
    const buffer = CounterBoard.create(2)
    const [first, second] = [new CounterBoard(buffer, 0), new CounterBoard(buffer, 1)]
    first.prefixes.count('a', 0, 0)
    second.prefixes.count('a', 0, 0)
    second.prefixes.count('b', 3, 0)
    expect([...first.prefixes.sums(0)]).toEqual([
      ['a', [2, 0, 0, 0]],
      ['b', [0, 0, 0, 1]],
    ])
    for (let n = 0; n < 1000; n++) first.prefixes.count(`p${n}`, 0, 0)
    expect(first.prefixes.sums(0).size).toBe(129)
    // A new era: what others have not emptied yet counts as empty.
    first.prefixes.count('c', 2, 1)
    expect([...second.prefixes.sums(1)]).toEqual([['c', [0, 0, 1, 0]]])
  })
})

/** Names of `stats` that memcached-tool and memcached_exporter ask for. */
const EXPORTED = (
  'pid uptime time version pointer_size rusage_user rusage_system curr_connections ' +
  'total_connections max_connections rejected_connections connection_structures cmd_get cmd_set ' +
  'cmd_flush cmd_touch cmd_meta get_hits get_misses get_expired get_flushed delete_hits ' +
  'delete_misses incr_hits incr_misses decr_hits decr_misses cas_hits cas_misses cas_badval ' +
  'touch_hits touch_misses store_too_large store_no_memory auth_cmds auth_errors bytes_read ' +
  'bytes_written limit_maxbytes accepting_conns listen_disabled_num time_in_listen_disabled_us ' +
  'threads conn_yields hash_power_level hash_bytes hash_is_expanding slab_reassign_running ' +
  'slabs_moved lru_crawler_running lru_crawler_starts lru_maintainer_juggles malloc_fails bytes ' +
  'curr_items total_items slab_global_page_pool expired_unfetched evicted_unfetched evictions ' +
  'reclaimed crawler_reclaimed crawler_items_checked lrutail_reflocked moves_to_cold ' +
  'moves_to_warm moves_within_lru direct_reclaims'
).split(' ')
