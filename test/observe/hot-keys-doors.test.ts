/** Hot keys and large values as clients ask for them: memcached's stats, Redis' OBJECT FREQ. */
import { describe, expect, test } from 'vitest'
import { openHttp } from '../protocols/http/support.ts'
import { Bench } from '../protocols/memcached/support.ts'
import { RedisBench } from '../protocols/redis/support.ts'

const ALL = { hotKeys: { sample: 1 } }

describe('stats of the memcached port', () => {
  test('the hottest keys first, percent-encoded', () => {
    const bench = new Bench(ALL)
    const client = bench.connect()
    bench.engine.set('with space', 'x'.repeat(50))
    for (let i = 0; i < 9; i++) client.ask('get hot\r\n')
    client.ask('set hot 0 0 3\r\nabc\r\n')
    expect(client.ask('stats hotkeys\r\n').split('\r\n')).toEqual([
      'STAT hotkeys_status enabled',
      'STAT hotkeys_uses_per_sample 1',
      'STAT hotkeys_half_life_ms 60000',
      'STAT hotkeys:1:key hot',
      'STAT hotkeys:1:space 0',
      'STAT hotkeys:1:uses 10',
      expect.stringMatching(/^STAT hotkeys:1:least_uses [4-9]$/),
      expect.stringMatching(/^STAT hotkeys:1:most_uses 1[0-9]$/),
      'STAT hotkeys:1:share 0.909091',
      'STAT hotkeys:2:key with%20space',
      'STAT hotkeys:2:space 0',
      'STAT hotkeys:2:uses 1',
      expect.stringMatching(/least_uses 0$/),
      expect.stringMatching(/most_uses [1-3]$/),
      'STAT hotkeys:2:share 0.090909',
      'END',
      '',
    ])
    expect(client.ask('stats bigkeys\r\n').split('\r\n').slice(0, 4)).toEqual([
      'STAT bigkeys_status enabled',
      'STAT bigkeys:1:key with%20space',
      'STAT bigkeys:1:space 0',
      'STAT bigkeys:1:bytes 50',
    ])
  })

  test('where nothing is noted they say so', () => {
    const client = new Bench().connect()
    expect(client.ask('stats hotkeys\r\n')).toBe('STAT hotkeys_status disabled\r\nEND\r\n')
    expect(client.ask('stats bigkeys\r\n')).toBe('STAT bigkeys_status disabled\r\nEND\r\n')
  })
})

describe('GET /hotkeys', () => {
  test('the hottest and the largest, as many as are asked for', async () => {
    const http = await openHttp({}, ALL)
    for (let i = 0; i < 5; i++) http.engine.get('hot')
    http.engine.set('big', 'x'.repeat(300))
    http.engine.set('small', 'x')
    const told = await (await http.fetch('/hotkeys?most=1')).json()
    expect(told).toEqual({
      ...{ perSample: 1, halfLifeMs: 60_000 },
      hotKeys: [expect.objectContaining({ key: 'hot', uses: 5 })],
      bigKeys: [{ key: 'big', isCut: false, space: 0, bytes: 300 }],
    })
    const all = (await (await http.fetch('/hotkeys')).json()) as { bigKeys: object[] }
    expect(all.bigKeys).toHaveLength(2)
    for (const most of ['0', '129', 'x', '-1']) {
      const refused = await http.fetch(`/hotkeys?most=${most}`)
      expect(refused.status).toBe(400)
      expect(await refused.text()).toContain(`'${most}'`)
    }
  })

  test('where nothing is noted it says so', async () => {
    const http = await openHttp()
    expect((await http.fetch('/hotkeys')).status).toBe(501)
  })
})

describe('OBJECT FREQ', () => {
  test('grows with the logarithm of the uses, up to 255, as Redis counts', () => {
    const bench = new RedisBench(ALL)
    const client = bench.connect()
    client.ask(['SET', 'a', '1'])
    const frequencyAfter = (uses: number): number => {
      for (let i = 0; i < uses; i++) client.ask(['GET', 'a'])
      return Number(/^:(\d+)/.exec(client.ask(['OBJECT', 'FREQ', 'a']))![1])
    }
    // Redis' table for lfu-log-factor 10: 10 after 100 hits, 18 after 1,000.
    expect(frequencyAfter(98)).toBe(9)
    expect(frequencyAfter(900)).toBe(19)
    expect(frequencyAfter(20_000)).toBeGreaterThan(60)
    expect(client.ask(['OBJECT', 'FREQ', 'none'])).toBe('$-1\r\n')
  })

  test('of a key that is not noted it is what the CLOCK hand knows', () => {
    const bench = new RedisBench({ hotKeys: { sample: 1_000_000 } })
    const client = bench.connect()
    client.ask(['SET', 'a', '1'])
    expect(client.ask(['OBJECT', 'FREQ', 'a'])).toBe(':0\r\n')
    for (let i = 0; i < 3; i++) client.ask(['GET', 'a'])
    expect(client.ask(['OBJECT', 'FREQ', 'a'])).toMatch(/^:[1-3]\r\n$/)
  })
})
