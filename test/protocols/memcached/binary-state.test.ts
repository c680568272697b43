/**
 * The binary protocol where one request and its reply do not tell it all: CAS numbers, time, room,
 * what is counted and watched.
 */
import { describe, expect, test } from 'vitest'
import { setWriteGate } from '../../../src/engine/gate.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { BenchLine, BinaryPeer, replies, shown } from './binary-peer.ts'
import { ask, count, decode, encode, OP, type Reply, store, words } from './frames.ts'
import { Bench, SETTINGS } from './support.ts'

const GET = ask(OP.get, 'a')
const TEN = store(OP.set, 'a', '10', { flags: 7 })
const HIT = '0x00 cas x00000007 "10"'
const MISS = '0x01 "Not found"'
const TRUE_CAS = 'told' as const

describe('CAS', () => {
  test('is told by every reply that can, and honoured where a request names it', async () => {
    const writes = [
      { ...TEN, cas: TRUE_CAS },
      { ...store(OP.add, 'a', '11'), cas: TRUE_CAS },
      { ...store(OP.replace, 'a', '12'), cas: TRUE_CAS },
      ask(OP.append, 'a', { value: '0', cas: TRUE_CAS }),
      ask(OP.prepend, 'a', { value: '1', cas: TRUE_CAS }),
      { ...count(OP.increment, 'a', 1n), cas: TRUE_CAS },
      { ...count(OP.decrement, 'a', 1n), cas: TRUE_CAS },
    ]
    const peer = new BinaryPeer(new BenchLine(new Bench().connect()))
    await peer.ask([TEN])
    for (const write of writes) {
      const [first] = await peer.ask([write])
      expect([write.op, first]).toMatchObject([write.op, expect.stringMatching(/^0 0x00 cas/)])
    }
    // Each has told a new one: the one before is that of another.
    const [, second] = await peer.ask([store(OP.set, 'a', '1'), { ...TEN, cas: TRUE_CAS }])
    expect(second).toBe('1 0x02 "Data exists for key."')
    expect(await peer.ask([ask(OP.delete, 'a', { cas: TRUE_CAS })])).toEqual(['0 0x00'])
  })

  test('has 64 bits, and a client of the text protocol may choose it', () => {
    const bench = new Bench()
    const own = 2n ** 63n + 12_345n
    bench.ask(`ms a 2 E${own} F7\r\n10\r\n`)
    const client = bench.connect()
    expect(replies(client, GET, ask(OP.getk, 'a')).map(({ cas }) => cas)).toEqual([own, own])
    const touch = ask(OP.touch, 'a', { extras: words(0) })
    expect(replies(client, touch)[0]!.cas).toBe(own)
    expect(shown(client, ask(OP.delete, 'a', { cas: own - 1n }))).toEqual([
      '0x02 "Data exists for key."',
    ])
    expect(shown(client, { ...TEN, cas: own }, GET)).toEqual(['0x00 cas', HIT])
  })

  test('is that of gets', () => {
    const bench = new Bench()
    const [set] = replies(bench.connect(), TEN)
    expect(bench.ask('gets a\r\n')).toBe(`VALUE a 7 2 ${set!.cas}\r\n10\r\nEND\r\n`)
    expect(bench.engine.gets('a')!.version).toBe(Number(set!.cas))
  })
})

describe('time', () => {
  test('seconds up to thirty days count from now, more are a date', () => {
    const bench = new Bench()
    const client = bench.connect()
    const date = Math.floor(bench.clock.ms / 1000) + 10
    for (const seconds of [10, date]) {
      shown(client, store(OP.set, 'a', '10', { flags: 7, seconds }))
      bench.clock.ms += 9_000
      expect(shown(client, GET)).toEqual([HIT])
      bench.clock.ms += 1_000
      expect(shown(client, GET)).toEqual([MISS])
      bench.clock.ms -= 10_000
    }
  })

  test('touch gives another, count only to a counter that it makes', () => {
    const bench = new Bench()
    const client = bench.connect()
    shown(
      client,
      TEN,
      ask(OP.touch, 'a', { extras: words(5) }),
      count(OP.increment, 'a', 1n, 0n, 9),
    )
    shown(client, count(OP.increment, 'n', 1n, 5n, 5))
    expect(bench.ask('mg a t\r\nmg n t\r\n')).toBe('HD t5\r\nHD t5\r\n')
    bench.clock.ms += 5_000
    expect(shown(client, GET, ask(OP.get, 'n'))).toEqual([MISS, MISS])
  })

  test('a flush that is to come comes', () => {
    const bench = new Bench()
    const client = bench.connect()
    shown(client, TEN, ask(OP.flushq, '', { extras: words(5) }))
    bench.clock.ms += 4_000
    expect(shown(client, GET)).toEqual([HIT])
    bench.clock.ms += 2_000
    expect(shown(client, GET)).toEqual([MISS])
  })
})

describe('refusals', () => {
  test('a flush where it is not allowed, also a quiet one', () => {
    const bench = new Bench()
    bench.host.settings = { ...SETTINGS, isFlushEnabled: false }
    expect(shown(bench.connect(), TEN, ask(OP.flush), ask(OP.flushq), GET)).toEqual([
      '0x00 cas',
      '0x20 "Auth failure."',
      '0x20 "Auth failure."',
      HIT,
    ])
  })

  test('without eviction what finds no room is refused; a set takes the old value along', () => {
    const bench = new Bench({ memory: '2mb', eviction: 'none', maxItemSize: '1mb' })
    const client = bench.connect()
    const large = 'x'.repeat(400_000)
    const full = '0x82 "Out of memory allocating item"'
    const answers: string[] = []
    for (let n = 0; n < 8; n++) answers.push(...shown(client, store(OP.setq, `k${n}`, large)))
    expect(new Set(answers)).toEqual(new Set([full]))
    expect(shown(client, TEN, store(OP.replaceq, 'a', large), GET)).toEqual(['0x00 cas', full, HIT])
    expect(shown(client, store(OP.set, 'a', large), GET)).toEqual([full, MISS])
  })

  test('while writes are closed, reads are answered and writes may be tried again', () => {
    const bench = new Bench()
    const client = bench.connect()
    shown(client, TEN)
    setWriteGate(bench.raw.view, true)
    const writes = [TEN, ask(OP.append, 'a'), ask(OP.delete, 'a'), count(OP.incrementq, 'a', 1n)]
    const closed = '0x86 "writes are closed for the moment"'
    expect(shown(client, ...writes)).toEqual(writes.map(() => closed))
    expect(shown(client, ask(OP.gat, 'a', { extras: words(5) }), GET)).toEqual([closed, HIT])
    setWriteGate(bench.raw.view, false)
    expect(shown(client, TEN)).toEqual(['0x00 cas'])
  })
})

describe('the server', () => {
  test('tells its version, takes a verbosity', () => {
    const bench = new Bench()
    const client = bench.connect()
    expect(shown(client, ask(OP.version))).toEqual(['0x00 "1.6.45-heddle-0.1.0"'])
    expect(shown(client, ask(OP.verbosity, '', { extras: words(2) }))).toEqual(['0x00'])
    expect(bench.host.verbosity).toBe(2)
  })

  test('tells by stat what it tells by stats', () => {
    const bench = new Bench()
    const facts = { state: 'conn_read', listenAddress: 'tcp:127.0.0.1:11211' }
    for (let id = 1; id <= 3; id++) {
      bench.host.list.push({
        id,
        address: `tcp:127.0.0.1:${id}`,
        secondsSinceCommand: 3.5,
        ...facts,
      })
    }
    const client = bench.connect()
    shown(client, TEN)
    for (const topic of ['', 'settings', 'slabs', 'items', 'sizes', 'conns']) {
      const opaque = 0xfedc_ba98
      // A full reply buffer makes a long answer wait for others.
      const bytes = client.feed(encode(ask(OP.stat, topic), opaque, 0n), undefined, 1)
      const told = decode(bytes)
      expect(told.every((reply) => reply.opaque === opaque && reply.op === OP.stat)).toBe(true)
      const lines = told.map(({ key, value }) =>
        key === '' ? 'END\r\n' : `STAT ${key} ${value}\r\n`,
      )
      const usage = /^STAT rusage_.*\r\n/gm
      const text = bench.ask(`stats ${topic}\r\n`).replace(usage, '')
      expect([topic, lines.join('').replace(usage, '')]).toEqual([topic, text])
    }
  })

  test('goes on with a long answer after requests of others', () => {
    const bench = new Bench()
    for (let id = 1; id <= 3; id++) {
      const facts = { listenAddress: undefined, state: 'conn_read', secondsSinceCommand: undefined }
      bench.host.list.push({ id, address: `tcp:127.0.0.1:${id}`, ...facts })
    }
    const { connection } = bench.connect()
    const request = encode(ask(OP.stat, 'conns'), 7, 0n)
    const out = new ReplyBuffer(1)
    const told: Reply[] = []
    for (let at = 0; at < request.length || connection.hasMore; ) {
      at = connection.feed(request, at, request.length, out)
      told.push(...decode(out.bytes.subarray(0, out.length)))
      out.clear()
      shown(bench.connect(), TEN, GET)
    }
    expect(told).toHaveLength(7)
    for (const reply of told) expect(reply).toMatchObject({ op: OP.stat, opaque: 7, status: 0 })
  })

  test('counts binary commands as it counts those of the text protocol', () => {
    const bench = new Bench()
    const touch = { extras: words(5) }
    const client = bench.connect()
    const requests = [
      TEN,
      GET,
      ask(OP.getq, 'b'),
      ask(OP.touch, 'a', touch),
      ask(OP.gatq, 'b', touch),
      { ...TEN, cas: 5n },
      { ...store(OP.set, 'b', '1'), cas: 5n },
      count(OP.increment, 'a', 1n),
      count(OP.decrement, 'a', 1n),
      count(OP.increment, 'n', 1n, 0n, 0xffff_ffff),
      count(OP.decrement, 'n', 1n, 0n, 0xffff_ffff),
      ask(OP.delete, 'a'),
      ask(OP.deleteq, 'a'),
      ask(OP.flush),
    ]
    shown(client, ...requests)
    const counted = new Map(
      [...bench.ask('stats\r\n').matchAll(/^STAT (\S+) (\S+)\r$/gm)].map(([, name, value]) => [
        name!,
        value!,
      ]),
    )
    for (const [name, value] of Object.entries({
      cmd_get: 2,
      get_hits: 1,
      get_misses: 1,
      cmd_touch: 2,
      touch_hits: 1,
      touch_misses: 1,
      cmd_set: 3,
      total_items: 1,
      cas_misses: 1,
      cas_badval: 1,
      incr_hits: 1,
      decr_hits: 1,
      incr_misses: 1,
      decr_misses: 1,
      delete_hits: 1,
      delete_misses: 1,
      cmd_flush: 1,
    })) {
      expect([name, counted.get(name)]).toEqual([name, String(value)])
    }
  })

  test('tells watchers of them', () => {
    const bench = new Bench()
    bench.connect().ask('watch fetchers mutations deletions\r\n')
    shown(bench.connect(), TEN, GET, ask(OP.getq, 'b'), { ...TEN, cas: 5n }, ask(OP.delete, 'a'))
    const lines = bench.host.lines.map((line) =>
      line.replace(/^.*?type=/, '').replace(/ cfd=.*/, ''),
    )
    expect(lines).toEqual([
      'item_store key=a status=stored cmd=set size=2',
      'item_get key=a status=found size=2',
      'item_get key=b status=not_found size=0',
      'item_store key=a status=exists cmd=cas size=2',
      'deleted key=a cmd=delete',
    ])
  })
})
