/** /cache/{key} and its kin by undici: values, types, times, parts, counters, many at once. */
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp } from './support.ts'

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('a value comes back as it was stored, under any bytes as its key', async () => {
    const http = await openHttp({ handOff })
    const value = Uint8Array.from({ length: 1000 }, (_, n) => (n * 7) & 255)
    const put = await http.fetch('/cache/a%2Fb%20%00%ff%C3%BC', { method: 'PUT', body: value })
    expect([put.status, await put.text()]).toEqual([201, ''])
    const got = await http.fetch('/cache/a%2Fb%20%00%ff%c3%bc')
    expect([got.status, await bytesOf(got)]).toEqual([200, Buffer.from(value)])
    expect(got.headers.get('etag')).toBe(put.headers.get('etag'))
    const key = Buffer.from([...'a/b \0'].map((c) => c.charCodeAt(0)).concat(0xff, 0xc3, 0xbc))
    expect(Buffer.from(http.engine.get<Uint8Array>(key)!)).toEqual(Buffer.from(value))
    const again = await http.fetch('/cache/a%2Fb%20%00%ff%C3%BC', { method: 'PUT', body: 'x' })
    expect(again.status).toBe(204)
    const empty = await http.fetch('/cache/', { method: 'PUT', body: '' })
    expect([empty.status, http.engine.get('')]).toEqual([201, new Uint8Array(0)])
  })

  test('a value of the largest size, and one byte more', async () => {
    const http = await openHttp({ handOff }, { maxItemSize: '2mb' })
    const value = Buffer.alloc(2 ** 21, 'large value ')
    expect((await http.fetch('/cache/k', { method: 'PUT', body: value })).status).toBe(201)
    expect(Buffer.compare(await bytesOf(await http.fetch('/cache/k')), value)).toBe(0)
    const over = await http.fetch('/cache/k', { method: 'PUT', body: Buffer.alloc(2 ** 21 + 1) })
    expect([over.status, await over.json()]).toMatchObject([413, { status: 413, limit: 2 ** 21 }])
    expect(await bytesOf(await http.fetch('/cache/k'))).toHaveLength(2 ** 21)
  })

  test('HEAD is GET without the value', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 'four')
    const head = await http.fetch('/cache/k', { method: 'HEAD' })
    const got = await http.fetch('/cache/k')
    expect(await head.text()).toBe('')
    const own = /^(?:date|connection|keep-alive)$/ // undici closes after HEAD
    const without = (response: Response) =>
      [...response.headers].filter(([name]) => !own.test(name))
    expect(without(head)).toEqual(without(got))
    expect(head.headers.get('content-length')).toBe('4')
    expect((await http.fetch('/cache/none', { method: 'HEAD' })).status).toBe(404)
  })

  test('the content type is kept; without one it follows from what a program stored', async () => {
    const http = await openHttp({ handOff })
    const typeOf = async (key: string) =>
      (await http.fetch(`/cache/${key}`)).headers.get('content-type')
    for (const type of ['text/html', 'application/vnd.some.thing+json; v=1', 'image/png']) {
      const headers = { 'Content-Type': type }
      await http.fetch('/cache/k', { method: 'PUT', body: 'x', headers })
      expect(await typeOf('k')).toBe(type)
    }
    await http.fetch('/cache/k', { method: 'PUT', body: Buffer.from('x') })
    expect(await typeOf('k')).toBe('application/octet-stream')
    const stored = {
      text: 'a',
      umlaut: 'ü',
      bytes: Buffer.from('b'),
      object: { a: 1 },
      number: 4.5,
    }
    for (const [key, value] of Object.entries(stored)) http.engine.set(key, value)
    expect(await typeOf('text')).toBe('text/plain; charset=utf-8')
    expect(await typeOf('umlaut')).toBe('text/plain; charset=utf-8')
    expect(await typeOf('bytes')).toBe('application/octet-stream')
    expect(await typeOf('object')).toBe('application/json')
    expect(await typeOf('number')).toBe('text/plain; charset=utf-8')
    expect(await (await http.fetch('/cache/object')).json()).toEqual({ a: 1 })
    const bad = await http.fetch('/cache/k', {
      method: 'PUT',
      body: 'x',
      headers: { 'Content-Type': 'nonsense' },
    })
    expect(bad.status).toBe(400)
  })

  test('how long it lives: X-TTL, or max-age, or the default of the engine', async () => {
    const http = await openHttp({ handOff }, { ttl: 90_000 })
    const life = async (headers: Record<string, string>) => {
      await http.fetch('/cache/k', { method: 'PUT', body: 'x', headers })
      return Math.ceil(http.engine.ttl('k')! / 1000)
    }
    expect(await life({ 'X-TTL': '60' })).toBe(60)
    expect(await life({ 'X-TTL': '1.5' })).toBe(2)
    expect(await life({ 'Cache-Control': 'private, max-age=30' })).toBe(30)
    expect(await life({ 'Cache-Control': 'max-age=30', 'X-TTL': '60' })).toBe(60)
    expect(await life({ 'Cache-Control': 'max-age=0' })).toBe(90)
    expect(await life({})).toBe(90)
    expect(await life({ 'X-TTL': '60' })).toBe(60)
    expect((await http.fetch('/cache/k')).headers.get('x-ttl')).toBe('60')
    for (const wrong of ['', 'soon', '0', '-1', '1e3', '0x10', '1.2345', '9999999999999', '1 2']) {
      const headers = { 'X-TTL': wrong }
      const put = await http.fetch('/cache/k', { method: 'PUT', body: 'y', headers })
      expect([put.status, await put.json()]).toMatchObject([400, { field: 'X-TTL', value: wrong }])
    }
    const maxAge = { 'Cache-Control': 'max-age=never' }
    expect(
      (await http.fetch('/cache/k', { method: 'PUT', body: 'y', headers: maxAge })).status,
    ).toBe(400)
    expect(await (await http.fetch('/cache/k')).text()).toBe('x')
  })

  test('an age grows from the moment of storing, and what others stored has none', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('other', 'x')
    const begun = performance.now()
    const elapsed = () => (performance.now() - begun) / 1000 + 0.1 // clocks are coarse
    await http.fetch('/cache/k', { method: 'PUT', body: 'x' })
    const age = async (key: string) => (await http.fetch(`/cache/${key}`)).headers.get('age')
    const first = await age('k')
    expect(first).toMatch(/^\d+$/)
    expect(Number(first)).toBeLessThanOrEqual(elapsed())
    expect(await age('other')).toBe(null)
    await expect.poll(async () => Number(await age('k'))).toBeGreaterThan(Number(first))
    expect(Number(await age('k'))).toBeLessThanOrEqual(elapsed())
  })

  test('parts of a value', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', '0123456789')
    const ask = async (range: string, more: Record<string, string> = {}) => {
      const response = await http.fetch('/cache/k', { headers: { Range: range, ...more } })
      return [response.status, response.headers.get('content-range'), await response.text()]
    }
    expect(await ask('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await ask('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await ask('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await ask('bytes=-30')).toEqual([206, 'bytes 0-9/10', '0123456789'])
    expect(await ask('bytes=5-100')).toEqual([206, 'bytes 5-9/10', '56789'])
    expect((await ask('bytes=10-')).slice(0, 2)).toEqual([416, 'bytes */10'])
    expect(await ask('bytes=5-2')).toEqual([200, null, '0123456789'])
    expect(await ask('bytes=0-1,3-4')).toEqual([200, null, '0123456789'])
    expect(await ask('lines=1-2')).toEqual([200, null, '0123456789'])
    const tag = (await http.fetch('/cache/k')).headers.get('etag')!
    expect((await ask('bytes=2-4', { 'If-Range': tag }))[0]).toBe(206)
    expect((await ask('bytes=2-4', { 'If-Range': '"old"' }))[0]).toBe(200)
  })

  test('deleting, and that what is not there is a 404', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 1)
    const remove = async () => (await http.fetch('/cache/k', { method: 'DELETE' })).status
    expect([await remove(), await remove(), http.engine.has('k')]).toEqual([204, 404, false])
    const got = await http.fetch('/cache/k')
    expect(got.headers.get('content-type')).toBe('application/problem+json')
    expect([got.status, await got.json()]).toMatchObject([404, { title: 'Not Found', status: 404 }])
  })

  test('counters', async () => {
    const http = await openHttp({ handOff })
    const count = async (path: string, init: RequestInit = {}) => {
      const response = await http.fetch(`/cache/${path}`, { method: 'POST', ...init })
      return [response.status, (await response.text()).trim()]
    }
    expect((await count('n/incr'))[0]).toBe(404)
    expect(await count('n/incr?initial=5&by=3', { headers: { 'X-TTL': '60' } })).toEqual([
      201,
      '{"value":5}',
    ])
    expect(Math.ceil(http.engine.ttl('n')! / 1000)).toBe(60)
    expect(await count('n/incr?initial=9&by=3')).toEqual([200, '{"value":8}'])
    expect(await count('n/decr?by=100')).toEqual([200, '{"value":0}'])
    expect(await count('n/incr?by=18446744073709551615')).toEqual([
      200,
      '{"value":18446744073709551615}',
    ])
    expect(await count('n/incr')).toEqual([200, '{"value":0}'])
    expect(http.engine.increment('n')).toBe(1)
    for (const by of ['-1', '1.5', 'x', '', '18446744073709551616']) {
      expect((await count(`n/incr?by=${by}`))[0]).toBe(400)
    }
    http.engine.set('text', 'many')
    expect(await count('text/incr')).toMatchObject([409, expect.stringContaining("'many'")])
    expect((await http.fetch('/cache/n/incr')).status).toBe(405)
    const tag = (await http.fetch('/cache/n')).headers.get('etag')!
    const match = { headers: { 'If-Match': tag } }
    expect(await count('n/incr', match)).toEqual([200, '{"value":2}'])
    expect((await count('n/incr', match))[0]).toBe(412)
  })

  test('many at once', async () => {
    const http = await openHttp({ handOff })
    const mget = (body: unknown, type = 'application/json') => {
      const headers = { 'Content-Type': type }
      return http.fetch('/mget', { method: 'POST', body: JSON.stringify(body), headers })
    }
    http.engine.set('a', 'text')
    http.engine.set(Buffer.from([255]), Buffer.from([1, 254]), 60_000)
    const keys = ['a', 'none', { base64: '/w==' }, 'a']
    const answer = await mget({ keys })
    expect(answer.status).toBe(200)
    const { entries } = (await answer.json()) as { entries: Record<string, unknown>[] }
    expect(entries.map(({ key }) => key)).toEqual(keys)
    expect(entries.map(({ found }) => found)).toEqual([true, false, true, true])
    expect(entries[0]).toMatchObject({ text: 'text', contentType: 'text/plain; charset=utf-8' })
    expect(entries[2]).toMatchObject({ base64: 'Af4=', ttl: 60 })
    expect(entries[0]!['etag']).toBe((await http.fetch('/cache/a')).headers.get('etag'))
    expect((await mget({ keys: [] })).status).toBe(200)
    expect((await mget({ keys }, 'text/plain')).status).toBe(415)
    const wrong = [{}, [], null, 5, { keys: 'a' }, { keys: [5] }, { keys: [{ base64: '!' }] }]
    for (const each of wrong) expect((await mget(each)).status).toBe(400)
    expect((await mget({ keys: Array(1001).fill('a') })).status).toBe(400)
    const headers = { 'Content-Type': 'application/json' }
    const bad = await http.fetch('/mget', { method: 'POST', body: '{"keys"', headers })
    expect([bad.status, await bad.json()]).toMatchObject([
      400,
      { detail: expect.stringContaining('JSON') },
    ])
    const long = JSON.stringify({ keys: ['x'.repeat(2 ** 20)] })
    expect((await http.fetch('/mget', { method: 'POST', body: long, headers })).status).toBe(413)
  })

  test('many large ones: what does not fit says so', async () => {
    const http = await openHttp({ handOff }, { memory: '64mb', maxItemSize: '8mb' })
    for (const key of ['a', 'b', 'c']) http.engine.set(key, Buffer.alloc(7_000_000, key))
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ keys: ['a', 'b', 'c', 'd'] })
    const answer = await http.fetch('/mget', { method: 'POST', body, headers })
    const { entries } = (await answer.json()) as { entries: { text?: string; omitted?: boolean }[] }
    expect(entries.map(({ text }) => text?.length)).toEqual([7e6, 7e6, undefined, undefined])
    expect(entries.map(({ omitted }) => omitted)).toEqual([undefined, undefined, true, undefined])
  })

  test('namespaces', async () => {
    const http = await openHttp({ handOff }, { maxNamespaces: 2 })
    const put = (space: string, body: string) =>
      http.fetch(`/cache/k?space=${space}`, { method: 'PUT', body })
    expect((await http.fetch('/cache/k?space=unknown')).status).toBe(404)
    expect((await put('one', '1')).status).toBe(201)
    expect((await put('two', '2')).status).toBe(201)
    const full = await put('three', '3')
    expect([full.status, await full.json()]).toMatchObject([507, { limit: 2 }])
    expect((await put('', '3')).status).toBe(400)
    expect(Buffer.from(http.engine.namespace('one').get<Uint8Array>('k')!).toString()).toBe('1')
    expect(http.engine.has('k')).toBe(false)
    expect((await http.fetch('/cache?space=one', { method: 'DELETE' })).status).toBe(204)
    expect([http.engine.namespace('one').size, http.engine.namespace('two').size]).toEqual([0, 1])
    expect((await http.fetch('/cache', { method: 'DELETE' })).status).toBe(204)
    expect(http.engine.size).toBe(0)
  })

  test('what is full, closed or forbidden', async () => {
    const http = await openHttp({ handOff, flush: false }, { memory: '2mb', eviction: 'none' })
    let status = 201
    for (let n = 0; status === 201; n++) {
      const put = await http.fetch(`/cache/${n}`, { method: 'PUT', body: Buffer.alloc(200_000) })
      status = put.status
    }
    expect(status).toBe(507)
    const flush = await http.fetch('/cache', { method: 'DELETE' })
    expect([flush.status, http.engine.size > 0]).toEqual([403, true])
  })

  test('a key that is too long, or not well encoded', async () => {
    const http = await openHttp({ handOff }, { memory: '2mb' })
    const long = await http.fetch(`/cache/${'k'.repeat(14_000)}`)
    expect([404, 414]).toContain(long.status)
    for (const key of ['%', '%2', '%zz', 'a%2']) {
      const bad = await http.fetch(`/cache/${key}`)
      expect([bad.status, await bad.json()]).toMatchObject([400, { title: 'Bad Request' }])
    }
  })
})

test('an entry whose time is over is not there', async () => {
  const http = await openHttp({ handOff: 'frames' })
  await http.fetch('/cache/k', { method: 'PUT', body: 'x', headers: { 'X-TTL': '0.05' } })
  await expect.poll(async () => (await http.fetch('/cache/k')).status).toBe(404)
})
