/**
 * What operators ask has its effect, or is refused: a crawl lists and frees, a watcher sees lines,
 * a page moves, a lower limit evicts, counters begin anew.
 */
import { peek } from '#atomics'
import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../../native-layout/control-block.ts'
import { Bench, SETTINGS } from './support.ts'

function statsOf(reply: string): Map<string, string> {
  const lines = reply.split('\r\n').filter((line) => line.startsWith('STAT '))
  return new Map(lines.map((line) => line.split(' ').slice(1, 3) as [string, string]))
}

describe('switches', () => {
  test('flush_all does nothing where it is switched off', () => {
    const bench = new Bench()
    bench.host.settings = { ...SETTINGS, isFlushEnabled: false }
    expect(bench.ask('set a 0 0 1\r\nx\r\nflush_all\r\nget a\r\n')).toBe(
      'STORED\r\nCLIENT_ERROR flush_all not allowed\r\nVALUE a 0 1\r\nx\r\nEND\r\n',
    )
  })

  test('shutdown stops the server, now or gracefully, only where it is allowed', () => {
    const bench = new Bench()
    bench.host.settings = { ...SETTINGS, isShutdownEnabled: false }
    expect(bench.ask('shutdown\r\nmn\r\n')).toBe('ERROR: shutdown not enabled\r\nMN\r\n')
    expect(bench.host.shutdowns).toEqual([])
    bench.host.settings = SETTINGS
    expect(bench.ask('shutdown\r\nmn\r\n')).toBe('')
    expect(bench.ask('shutdown graceful\r\nmn\r\n')).toBe('')
    expect(bench.ask('shutdown gracefully\r\n')).toBe('CLIENT_ERROR invalid shutdown mode\r\n')
    expect(bench.host.shutdowns).toEqual([false, true])
  })

  test('verbosity reaches the server and stats settings', () => {
    const bench = new Bench()
    bench.ask('verbosity 2\r\n')
    expect(bench.host.verbosity).toBe(2)
    expect(statsOf(bench.ask('stats settings\r\n')).get('verbosity')).toBe('2')
  })

  test('automove reaches the engine and stats settings', () => {
    const bench = new Bench()
    const isStill = (): boolean => peek(bench.raw.view.control, CONTROL.STILL) !== 0
    expect(bench.ask('slabs automove 0\r\n')).toBe('OK\r\n')
    expect(isStill()).toBe(true)
    expect(statsOf(bench.ask('stats settings\r\n')).get('slab_automove')).toBe('0')
    expect(bench.ask('slabs automove 2\r\n')).toMatch(/^CLIENT_ERROR /)
    expect(statsOf(bench.ask('stats settings\r\n')).get('slab_automove')).toBe('0')
    expect(bench.ask('slabs automove 1\r\n')).toBe('OK\r\n')
    expect(isStill()).toBe(false)
    expect(statsOf(bench.ask('stats settings\r\n')).get('slab_automove')).toBe('1')
  })

  test('lru and stats cachedump are refused, not answered OK', () => {
    const bench = new Bench()
    for (const request of ['lru tune 10 25 0.1 2.0', 'lru mode flat', 'lru temp_ttl 5']) {
      expect(bench.ask(`${request}\r\n`)).toMatch(/^ERROR the cache evicts by CLOCK/)
    }
    expect(bench.ask('stats cachedump 1 1\r\n')).toMatch(/^CLIENT_ERROR there is no cachedump/)
  })
})

describe('memory', () => {
  test('a lower cache_memlimit evicts what lies beyond it, and can be raised again', () => {
    const bench = new Bench({ memory: '16mb' })
    const client = bench.connect()
    const value = 'v'.repeat(10_000)
    for (let n = 0; n < 1200; n++) client.ask(`set key${n} 0 0 10000\r\n${value}\r\n`)
    const before = statsOf(client.ask('stats\r\n'))
    expect(Number(before.get('limit_maxbytes'))).toBe(16 * 2 ** 20)
    expect(client.ask('cache_memlimit 6\r\n')).toBe('OK\r\n')
    bench.host.runTasks()
    const after = statsOf(client.ask('stats\r\n'))
    expect(Number(after.get('limit_maxbytes'))).toBeLessThanOrEqual(6 * 2 ** 20)
    expect(Number(after.get('bytes'))).toBeLessThan(6 * 2 ** 20)
    expect(Number(after.get('evictions'))).toBeGreaterThan(Number(before.get('evictions')))
    expect(client.ask(`set a 0 0 10000\r\n${value}\r\nmg a s\r\n`)).toBe('STORED\r\nHD s10000\r\n')
    expect(client.ask('cache_memlimit 16\r\n')).toBe('OK\r\n')
    expect(statsOf(client.ask('stats\r\n')).get('limit_maxbytes')).toBe(String(16 * 2 ** 20))
  })

  test('a limit that cannot be had is refused', () => {
    const bench = new Bench({ memory: '16mb' })
    expect(bench.ask('cache_memlimit 0\r\n')).toMatch(/^MEMLIMIT_TOO_SMALL cannot set maxbytes/)
    expect(bench.ask('cache_memlimit 17\r\n')).toMatch(/^MEMLIMIT_ADJUST_FAILED /)
    expect(bench.ask('cache_memlimit x\r\ncache_memlimit\r\n')).toBe('ERROR\r\nERROR\r\n')
    expect(statsOf(bench.ask('stats\r\n')).get('limit_maxbytes')).toBe(String(16 * 2 ** 20))
  })

  test('slabs reassign moves a page from class to class', () => {
    const bench = new Bench({ memory: '8mb' })
    const client = bench.connect()
    for (let n = 0; n < 300; n++) client.ask(`set key${n} 0 0 2000\r\n${'v'.repeat(2000)}\r\n`)
    const pages = (): [string, number][] =>
      [...statsOf(client.ask('stats slabs\r\n'))]
        .filter(([name]) => name.endsWith(':total_pages'))
        .map(([name, count]) => [name.split(':')[0]!, Number(count)])
    const [from, had] = pages().sort((a, b) => b[1] - a[1])[0]!
    const to = Number(from) === 3 ? 4 : 3
    expect(client.ask(`slabs reassign ${from} ${to}\r\n`)).toBe('OK\r\n')
    const now = new Map(pages())
    expect(now.get(String(to))).toBe(1)
    expect(now.get(from) ?? 0).toBeLessThanOrEqual(had)
    expect(statsOf(client.ask('stats\r\n')).get('slabs_moved')).toBe('1')
    expect(client.ask('slabs reassign 1 2\r\n')).toBe('NOSPARE source class has no spare pages\r\n')
    expect(client.ask('slabs reassign x 2\r\n')).toMatch(/^CLIENT_ERROR /)
  })
})

describe('lru_crawler', () => {
  test('crawl frees what is over, and counts it', () => {
    const bench = new Bench()
    const client = bench.connect()
    for (let n = 0; n < 50; n++) client.ask(`set old${n} 0 10 1\r\nx\r\n`)
    client.ask('set new 0 0 1\r\nx\r\n')
    bench.clock.ms += 11_000
    expect(statsOf(client.ask('stats\r\n')).get('curr_items')).toBe('51')
    expect(client.ask('lru_crawler crawl all\r\n')).toBe('OK\r\n')
    expect(client.ask('lru_crawler crawl all\r\n')).toMatch(/^BUSY /)
    bench.host.runTasks()
    const stats = statsOf(client.ask('stats\r\n'))
    expect(stats.get('curr_items')).toBe('1')
    expect(stats.get('crawler_reclaimed')).toBe('50')
    expect(Number(stats.get('crawler_items_checked'))).toBeGreaterThanOrEqual(51)
    expect(stats.get('lru_crawler_starts')).toBe('1')
    expect(client.ask('lru_crawler crawl all\r\n')).toBe('OK\r\n')
  })

  test('tocrawl bounds what one crawl looks at', () => {
    const bench = new Bench()
    const client = bench.connect()
    for (let n = 0; n < 5000; n++) client.ask(`set key${n} 0 10 1\r\nx\r\n`)
    bench.clock.ms += 11_000
    const freed = (): number => Number(statsOf(client.ask('stats\r\n')).get('crawler_reclaimed'))
    client.ask('lru_crawler tocrawl 1\r\nlru_crawler crawl all\r\n')
    bench.host.runTasks()
    const once = freed()
    expect(once).toBeGreaterThan(0)
    expect(once).toBeLessThan(5000)
    client.ask('lru_crawler tocrawl 0\r\nlru_crawler crawl all\r\n')
    bench.host.runTasks()
    expect(freed()).toBe(5000)
  })

  test('crawl keeps to the classes that are named', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 0 10 1\r\nx\r\n')
    const [cls] = /cls=(\d+)/.exec(client.ask('lru_crawler metadump all\r\n'))!.slice(1)
    bench.clock.ms += 11_000
    client.ask(`lru_crawler crawl ${Number(cls) + 1}\r\n`)
    bench.host.runTasks()
    expect(statsOf(client.ask('stats\r\n')).get('crawler_reclaimed')).toBe('0')
    client.ask(`lru_crawler crawl ${cls},${Number(cls) + 1}\r\n`)
    bench.host.runTasks()
    expect(statsOf(client.ask('stats\r\n')).get('crawler_reclaimed')).toBe('1')
  })

  test('sleep sets the pause between the steps, disable refuses crawls and dumps', () => {
    const bench = new Bench()
    const client = bench.connect()
    for (let n = 0; n < 2000; n++) client.ask(`set key${n} 0 0 1\r\nx\r\n`)
    client.ask('lru_crawler sleep 1000000\r\nlru_crawler crawl all\r\n')
    expect(bench.host.tasks[0]!.pauseMs).toBeGreaterThan(500)
    bench.host.runTasks()
    client.ask('lru_crawler sleep 0\r\nlru_crawler crawl all\r\n')
    expect(bench.host.tasks[0]!.pauseMs).toBe(0)
    expect(client.ask('lru_crawler disable\r\n')).toBe('OK\r\n')
    expect(bench.host.runTasks()).toBe(1)
    expect(client.ask('lru_crawler crawl all\r\nlru_crawler metadump all\r\n')).toBe(
      'ERROR lru crawler disabled\r\nERROR lru crawler disabled\r\n',
    )
    expect(statsOf(client.ask('stats settings\r\n')).get('lru_crawler')).toBe('no')
    expect(client.ask('lru_crawler enable\r\nlru_crawler crawl all\r\n')).toBe('OK\r\nOK\r\n')
  })

  test('metadump describes every entry, keys URI encoded', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a%b 0 0 1\r\nx\r\nms AGIK 3 b T30 E77\r\nabc\r\n')
    const lines = client.ask('lru_crawler metadump all\r\n').split('\n').sort()
    expect(lines.find((line) => line.startsWith('key=a%25b '))).toMatch(
      /^key=a%25b exp=-1 la=1800000000 cas=\d+ fetch=no cls=\d+ size=\d+$/,
    )
    expect(lines.find((line) => line.startsWith('key=%00b%0A '))).toMatch(
      /^key=%00b%0A exp=1800000030 la=1800000000 cas=77 fetch=no cls=\d+ size=\d+$/,
    )
    expect(lines.length).toBe(4)
  })
})

describe('watch', () => {
  test('a watcher sees what it asked for, with its kinds, and is not served any more', () => {
    const bench = new Bench()
    const watcher = bench.connect()
    const client = bench.connect()
    client.ask('set a 0 0 1\r\nx\r\n')
    expect(watcher.ask('watch fetchers\r\nget a\r\n')).toBe('OK\r\n')
    expect(watcher.ask('get a\r\n')).toBe('')
    client.ask('get a b\r\nset c%d 0 0 3\r\nabc\r\ndelete a\r\nmg c%d\r\n')
    const { lines } = bench.host
    expect(lines.map((line) => line.replace(/^ts=\S+ gid=\S+ /, ''))).toEqual([
      'type=item_get key=a status=found size=1 cfd=2',
      'type=item_get key=b status=not_found size=0 cfd=2',
      'type=item_get key=c%25d status=found size=3 cfd=2',
    ])
    watcher.connection.dispose()
    client.ask('get a\r\n')
    expect(lines.length).toBe(3)
  })

  test('mutations and deletions', () => {
    const bench = new Bench()
    const client = bench.connect()
    bench.connect().ask('watch mutations deletions\r\n')
    client.ask('set a 0 0 1\r\nx\r\nadd a 0 0 1\r\ny\r\nms a 2 MA\r\nzz\r\ncas a 0 0 1 1\r\nx\r\n')
    client.ask('delete a\r\ndelete a\r\nset b 0 0 1\r\nx\r\nmd b\r\nget a\r\n')
    expect(bench.host.lines.map((line) => line.replace(/^ts=\S+ gid=\S+ /, ''))).toEqual([
      'type=item_store key=a status=stored cmd=set size=1 cfd=1',
      'type=item_store key=a status=not_stored cmd=add size=1 cfd=1',
      'type=item_store key=a status=stored cmd=append size=2 cfd=1',
      'type=item_store key=a status=exists cmd=cas size=1 cfd=1',
      'type=deleted key=a cmd=delete cfd=1',
      'type=item_store key=b status=stored cmd=set size=1 cfd=1',
      'type=deleted key=b cmd=md cfd=1',
    ])
  })

  test('what cannot be watched, and too many watchers, are refused', () => {
    const bench = new Bench()
    for (const kind of ['evictions', 'proxyreqs', 'proxyevents', 'proxyuser']) {
      expect(bench.ask(`watch ${kind}\r\nmn\r\n`)).toBe(`ERROR ${kind} cannot be watched\r\nMN\r\n`)
    }
    bench.ask('watch\r\n')
    bench.ask('watch connevents\r\n')
    expect(bench.ask('watch\r\nmn\r\n')).toBe(
      'WATCHER_TOO_MANY log watcher limit reached\r\nMN\r\n',
    )
  })
})
