/**
 * If-Match and If-None-Match: every combination, and under races, where whoever is told that it was
 * stored was the only one for this tag.
 */
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, type HttpServer, openHttp } from './support.ts'

async function tagOf(http: HttpServer, key = 'k'): Promise<string> {
  return (await http.fetch(`/cache/${key}`)).headers.get('etag')!
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('reading', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 'x')
    const tag = await tagOf(http)
    const get = async (headers: Record<string, string>, key = 'k') => {
      const response = await http.fetch(`/cache/${key}`, { headers })
      return [response.status, response.status === 200 ? await response.text() : '']
    }
    expect(await get({ 'If-None-Match': tag })).toEqual([304, ''])
    expect(await get({ 'If-None-Match': `"a", W/${tag} , "b"` })).toEqual([304, ''])
    expect(await get({ 'If-None-Match': '*' })).toEqual([304, ''])
    expect(await get({ 'If-None-Match': '"other"' })).toEqual([200, 'x'])
    expect(await get({ 'If-Match': tag })).toEqual([200, 'x'])
    expect(await get({ 'If-Match': '*' })).toEqual([200, 'x'])
    expect(await get({ 'If-Match': `W/${tag}` })).toEqual([412, ''])
    expect(await get({ 'If-Match': '"other"' })).toEqual([412, ''])
    expect(await get({ 'If-Match': '*' }, 'none')).toEqual([412, ''])
    expect(await get({ 'If-None-Match': '*' }, 'none')).toEqual([404, ''])
    for (const wrong of ['x', '"x', '"x" "y"', ',', '"x";', '*, "x"', 'W/x']) {
      expect(await get({ 'If-Match': wrong })).toEqual([400, ''])
      expect(await get({ 'If-None-Match': wrong })).toEqual([400, ''])
    }
    const unchanged = await http.fetch('/cache/k', { headers: { 'If-None-Match': tag } })
    expect(unchanged.headers.get('etag')).toBe(tag)
    expect(unchanged.headers.get('content-length')).toBe(null)
  })

  test('writing and deleting', async () => {
    const http = await openHttp({ handOff })
    const put = async (headers: Record<string, string>, key = 'k') => {
      return (await http.fetch(`/cache/${key}`, { method: 'PUT', body: 'new', headers })).status
    }
    const remove = async (headers: Record<string, string>, key = 'k') => {
      return (await http.fetch(`/cache/${key}`, { method: 'DELETE', headers })).status
    }
    expect(await put({ 'If-Match': '*' })).toBe(412)
    expect(await put({ 'If-Match': '"x"' })).toBe(412)
    expect(await put({ 'If-None-Match': '*' })).toBe(201)
    expect(await put({ 'If-None-Match': '*' })).toBe(412)
    const first = await tagOf(http)
    expect(await put({ 'If-None-Match': first })).toBe(412)
    expect(await put({ 'If-None-Match': '"x"' })).toBe(204)
    expect(await put({ 'If-Match': first })).toBe(412)
    const second = await tagOf(http)
    expect(second).not.toBe(first)
    const failed = await http.fetch('/cache/k', {
      method: 'PUT',
      body: 'x',
      headers: { 'If-Match': first },
    })
    expect([failed.status, failed.headers.get('etag')]).toEqual([412, second])
    expect(await put({ 'If-Match': `"x", ${second}` })).toBe(204)
    expect(await put({ 'If-Match': '*' })).toBe(204)
    expect(await remove({ 'If-Match': second })).toBe(412)
    expect(await remove({ 'If-None-Match': '*' })).toBe(412)
    expect(await remove({ 'If-Match': await tagOf(http) })).toBe(204)
    expect(await remove({ 'If-Match': '*' })).toBe(412)
    expect(await remove({})).toBe(404)
    expect(await remove({ 'If-Match': '"x"' }, 'k?space=unknown')).toBe(412)
    // A tag is never that of another value, also when the key was away in between.
    await put({})
    expect(await put({ 'If-Match': second })).toBe(412)
  })

  test('of many who change the same entry, each that is told so has changed it', async () => {
    const http = await openHttp({ handOff, workers: 2, memcachedPort: 0 })
    http.engine.set('k', '0')
    const [clients, each] = [8, 15]
    let stored = 0
    let refused = 0
    const change = async () => {
      for (let done = 0; done < each; ) {
        const got = await http.fetch('/cache/k')
        const headers = { 'If-Match': got.headers.get('etag')! }
        const body = String(Number(await got.text()) + 1)
        const put = await http.fetch('/cache/k', { method: 'PUT', body, headers })
        await put.arrayBuffer()
        if (put.status === 412) {
          refused++
          continue
        }
        expect(put.status).toBe(204)
        done++
        stored++
      }
    }
    // The embedding thread takes part by its own calls, in turn: who writes at a pace of its own
    // is always faster than a client whose request takes longer than that.
    let isOver = false
    let own = 0
    const embedded = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setTimeout(resolve, 3))
        if (own > stored) continue
        const { value, version } = http.engine.gets('k')!
        const next = String(
          Number(value instanceof Uint8Array ? Buffer.from(value).toString() : value) + 1,
        )
        if (http.engine.compareAndSet('k', next, version) === 'stored') own++
      }
    })()
    await Promise.all(Array.from({ length: clients }, change))
    isOver = true
    await embedded
    const last = await (await http.fetch('/cache/k')).text()
    expect([stored, Number(last)]).toEqual([clients * each, clients * each + own])
    expect(Math.min(own, refused)).toBeGreaterThan(clients) // they met
  })

  test('of many who create an entry one is told 201, of many who delete it one 204', async () => {
    const http = await openHttp({ handOff, workers: 2 })
    for (let round = 0; round < 30; round++) {
      const headers = { 'If-None-Match': '*' }
      const puts = await Promise.all(
        Array.from({ length: 8 }, (_, n) => {
          return http.fetch(`/cache/${round}`, { method: 'PUT', body: String(n), headers })
        }),
      )
      const winners = puts.flatMap(({ status }, n) => (status === 201 ? [String(n)] : []))
      expect(puts.filter(({ status }) => status === 412)).toHaveLength(7)
      expect(await (await http.fetch(`/cache/${round}`)).text()).toBe(winners[0])
      const match = { 'If-Match': await tagOf(http, String(round)) }
      const removed = await Promise.all(
        Array.from({ length: 6 }, () => {
          return http.fetch(`/cache/${round}`, { method: 'DELETE', headers: match })
        }),
      )
      expect(removed.map(({ status }) => status).sort()).toEqual([204, 412, 412, 412, 412, 412])
    }
  })
})
