/**
 * The memcached protocol, reply by reply: the corpus against an empty cache, and what takes more
 * than one connection or a moved clock to show.
 */
import { describe, expect, test } from 'vitest'
import { CORPUS, withoutVersions } from './corpus.ts'
import { Bench } from './support.ts'

test.each(Object.entries(CORPUS))('%s: every request of the corpus gets its reply', (_, cases) => {
  for (const [request, reply] of cases) {
    const answered = new Bench().ask(request)
    expect([request, withoutVersions(answered)]).toEqual([request, reply])
  }
})

describe('time', () => {
  test('an entry is gone when its seconds are over, and not before', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 0 10 1\r\nx\r\n')
    bench.clock.ms += 9_999
    expect(client.ask('mg a t\r\n')).toBe('HD t1\r\n')
    bench.clock.ms += 1
    expect(client.ask('get a\r\nincr a 1\r\ntouch a 0\r\ndelete a\r\n')).toBe(
      'END\r\nNOT_FOUND\r\nNOT_FOUND\r\nNOT_FOUND\r\n',
    )
  })

  test('a delayed flush is performed by the first operation after its time', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 0 0 1\r\nx\r\nflush_all 5\r\n')
    bench.clock.ms += 4_000
    expect(client.ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
    bench.clock.ms += 2_000
    expect(client.ask('get a\r\n')).toBe('END\r\n')
    expect(client.ask('set a 0 0 1\r\ny\r\nget a\r\n')).toBe(
      'STORED\r\nVALUE a 0 1\r\ny\r\nEND\r\n',
    )
  })

  test('l counts from the last use, which a read notes once a minute', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 0 0 1\r\nx\r\n')
    bench.clock.ms += 100_000
    expect(client.ask('mg a u l\r\n')).toBe('HD l100\r\n')
    expect(client.ask('get a\r\nmg a l h\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\nHD l0 h1\r\n')
    bench.clock.ms += 59_000
    expect(client.ask('get a\r\nmg a l\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\nHD l59\r\n')
    expect(client.ask('touch a 0\r\nmg a l\r\n')).toBe('TOUCHED\r\nHD l0\r\n')
  })

  test('me tells how long ago an entry expired, so a negative number while it lives', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 0 100 1\r\nx\r\n')
    bench.clock.ms += 30_000
    expect(client.ask('me a\r\n')).toMatch(/^ME a exp=-70 la=30 cas=\d+ fetch=no cls=\d+ size=/)
    client.ask('touch a 0\r\n')
    expect(client.ask('me a\r\n')).toMatch(/^ME a exp=-1 la=0 /)
  })

  test('a use that is noted changes neither value nor CAS', () => {
    const bench = new Bench()
    const client = bench.connect()
    client.ask('set a 7 50000 1\r\nx\r\n')
    const before = client.ask('mg a u v c f\r\n')
    bench.clock.ms += 100_000
    client.ask('get a\r\n')
    expect(client.ask('mg a u v c f\r\n')).toBe(before)
    expect(client.ask('mg a u t l\r\n')).toBe('HD t49900 l0\r\n')
  })
})

describe('sizes', () => {
  test('a value larger than an item may be is swallowed, and a set takes the old one along', () => {
    const bench = new Bench({ maxItemSize: 1000 })
    const value = 'v'.repeat(1001)
    const old = 'set a 0 0 1\r\nx\r\n'
    const tooLarge = 'SERVER_ERROR object too large for cache\r\n'
    const kept = 'VALUE a 0 1\r\nx\r\nEND\r\n'
    const cases: [string, string][] = [
      [`${old}set a 0 0 1001\r\n${value}\r\nget a\r\n`, `STORED\r\n${tooLarge}END\r\n`],
      [`${old}set a 0 0 1001 noreply\r\n${value}\r\nget a\r\n`, 'STORED\r\nEND\r\n'],
      [`${old}add a 0 0 1001\r\n${value}\r\nget a\r\n`, `STORED\r\n${tooLarge}${kept}`],
      [`${old}append a 0 0 1000\r\n${value.slice(1)}\r\nget a\r\n`, `STORED\r\n${tooLarge}${kept}`],
      [`${old}ms a 1001 q\r\n${value}\r\nget a\r\n`, `STORED\r\n${tooLarge}END\r\n`],
      [`${old}ms a 1000 MA\r\n${value.slice(1)}\r\nget a\r\n`, `STORED\r\n${tooLarge}${kept}`],
    ]
    for (const [request, reply] of cases) expect(bench.ask(request)).toBe(reply)
    expect(bench.ask(`set a 0 0 1000\r\n${value.slice(1)}\r\nget a\r\n`)).toBe(
      `STORED\r\nVALUE a 0 1000\r\n${value.slice(1)}\r\nEND\r\n`,
    )
  })

  test('a value in several chunks comes back as it was', () => {
    const bench = new Bench()
    const value = Buffer.alloc(700_000, 'abcdefg').toString('latin1')
    const reply = bench.ask(`set a 3 0 700000\r\n${value}\r\nget a\r\nmg a v s\r\ngat 0 a\r\n`)
    expect(reply).toBe(
      `STORED\r\nVALUE a 3 700000\r\n${value}\r\nEND\r\nVA 700000 s700000\r\n${value}\r\n` +
        `VALUE a 3 700000\r\n${value}\r\nEND\r\n`,
    )
  })

  test('without eviction a set that finds no room says so and takes the old value along', () => {
    const bench = new Bench({ memory: '2mb', eviction: 'none', maxItemSize: '1mb' })
    const client = bench.connect()
    const value = 'v'.repeat(400_000)
    const replies: string[] = []
    for (let n = 0; n < 8; n++) replies.push(client.ask(`set k${n} 0 0 400000\r\n${value}\r\n`))
    expect(replies).toContain('SERVER_ERROR out of memory storing object\r\n')
    const full = replies.indexOf('SERVER_ERROR out of memory storing object\r\n')
    client.ask(`set small 0 0 1\r\nx\r\n`)
    expect(client.ask(`set small 0 0 400000\r\n${value}\r\nget small\r\n`)).toBe(
      'SERVER_ERROR out of memory storing object\r\nEND\r\n',
    )
    expect(full).toBeGreaterThan(0)
    expect(client.ask('mg k0 s\r\n')).toBe('HD s400000\r\n')
  })
})

describe('values that the embedding program wrote', () => {
  test('are read as their bytes, counted and extended', () => {
    const bench = new Bench()
    const { engine } = bench
    engine.set('text', 'grün')
    engine.set('number', 10)
    engine.set('object', { a: 1 })
    const reply = bench.ask('get text number object\r\ndecr number 1\r\nget number\r\n')
    expect(Buffer.from(reply, 'latin1').toString()).toBe(
      'VALUE text 0 5\r\ngrün\r\nVALUE number 0 2\r\n10\r\nVALUE object 0 7\r\n{"a":1}\r\nEND\r\n' +
        '9\r\nVALUE number 0 1\r\n9\r\nEND\r\n',
    )
    expect(engine.get('number')).toBe(9)
    bench.ask('append text 0 0 1\r\n!\r\n')
    expect(Buffer.from(engine.get('text') as Uint8Array).toString()).toBe('grün!')
  })

  test('and what a client set is bytes to the program', () => {
    const bench = new Bench()
    bench.ask('set a 9 0 3\r\nabc\r\n')
    expect(bench.engine.get('a')).toEqual(new Uint8Array([97, 98, 99]))
  })

  test('a number above 2^53 is a bigint afterwards', () => {
    const bench = new Bench()
    bench.engine.set('n', Number.MAX_SAFE_INTEGER)
    expect(bench.ask('incr n 10\r\n')).toBe('9007199254741001\r\n')
    expect(bench.engine.get('n')).toBe(9007199254741001n)
  })
})
