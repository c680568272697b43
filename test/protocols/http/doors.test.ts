/**
 * A value written over HTTP, read by a memcached, a Redis and an in-process client, and the other
 * way round; what its content type is after each of them.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp, portOf } from './support.ts'

async function door(address: string): Promise<(request: string) => Promise<string>> {
  const socket: Socket = connect(portOf(address), '127.0.0.1')
  await once(socket, 'connect')
  return async (request) => {
    socket.write(request)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return reply.toString()
  }
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('all doors lead to the same entry', async () => {
    const http = await openHttp({ handOff, memcachedPort: 0, redisPort: 0, workers: 2 })
    const memcached = await door(http.server.addresses[0]!)
    const redis = await door(http.server.redisAddresses[0]!)
    const headers = { 'Content-Type': 'application/json', 'X-TTL': '100' }
    const body = '{"a":1}'
    await http.fetch('/cache/k', { method: 'PUT', body, headers })
    const shown = async (key = 'k') => {
      const got = await http.fetch(`/cache/${key}`)
      return [got.headers.get('content-type'), await got.text()]
    }

    expect(await memcached('get k\r\n')).toBe('VALUE k 0 7\r\n{"a":1}\r\nEND\r\n')
    expect(await redis('GET k\r\n')).toBe('$7\r\n{"a":1}\r\n')
    expect(await redis('TTL k\r\n')).toMatch(/^:(?:99|100)\r\n$/)
    expect(Buffer.from(http.engine.get<Uint8Array>('k')!).toString()).toBe(body)
    expect(await shown()).toEqual(['application/json', body])

    // What keeps the entry keeps its type; what stores another value does not.
    expect(await redis('EXPIRE k 50\r\n')).toBe(':1\r\n')
    expect(await memcached('touch k 40\r\n')).toBe('TOUCHED\r\n')
    expect(await shown()).toEqual(['application/json', body])
    expect(await redis('APPEND k x\r\n')).toBe(':8\r\n')
    expect(await shown()).toEqual(['application/json', `${body}x`])
    expect(await memcached('set k 0 0 3\r\nabc\r\n')).toBe('STORED\r\n')
    expect(await shown()).toEqual(['application/octet-stream', 'abc'])
    const stores = [
      () => redis('SET k new\r\n'),
      () => redis('SET k new XX GET\r\n'),
      () => redis('GETSET k new\r\n'),
      () => redis('SETEX k 10 new\r\n'),
      () => memcached('ms k 3\r\nnew\r\n'),
      () => memcached('replace k 0 0 3\r\nnew\r\n'),
      async () => http.engine.set('k', Buffer.from('new')),
      async () => http.engine.update('k', () => Buffer.from('new')),
    ]
    for (const store of stores) {
      await http.fetch('/cache/k', { method: 'PUT', body, headers })
      await store()
      const is = [String(store), ...(await shown())]
      expect(is).toEqual([String(store), 'application/octet-stream', 'new'])
    }

    expect(await redis('SET n 41\r\n')).toBe('+OK\r\n')
    expect(await (await http.fetch('/cache/n/incr', { method: 'POST' })).json()).toEqual({
      value: 42,
    })
    expect(await memcached('incr n 1\r\n')).toBe('43\r\n')
    expect(await redis('INCR n\r\n')).toBe(':44\r\n')
    expect(http.engine.increment('n')).toBe(45)
    await http.fetch('/cache/m', {
      method: 'PUT',
      body: '7',
      headers: { 'Content-Type': 'text/csv' },
    })
    expect(await memcached('incr m 1\r\n')).toBe('8\r\n')
    expect(await shown('m')).toEqual(['text/csv', '8'])

    http.engine.set('object', { b: [2] })
    expect(await shown('object')).toEqual(['application/json', '{"b":[2]}'])
    http.engine.set('text', 'grün')
    expect(await shown('text')).toEqual(['text/plain; charset=utf-8', 'grün'])
    await http.fetch('/cache/gone', { method: 'PUT', body: 'x' })
    expect(await redis('DEL gone\r\n')).toBe(':1\r\n')
    expect((await http.fetch('/cache/gone')).status).toBe(404)
    await http.fetch('/cache/one?space=redis:1', { method: 'PUT', body: 'in database 1' })
    await redis('SELECT 1\r\n')
    expect(await redis('GET one\r\n')).toBe('$13\r\nin database 1\r\n')
    await http.fetch('/cache', { method: 'DELETE' })
    expect(await redis('DBSIZE\r\n')).toBe(':0\r\n')
  })

  test('a tag, which a memcached client sees as its CAS, changes with each write', async () => {
    const http = await openHttp({ handOff, memcachedPort: 0 })
    const memcached = await door(http.server.addresses[0]!)
    const put = await http.fetch('/cache/k', { method: 'PUT', body: 'x' })
    const tag = put.headers.get('etag')!
    const [, unique] = /^VALUE k 0 1 ([0-9]+)\r\n/.exec(await memcached('gets k\r\n'))!
    expect(tag.endsWith(`-${unique}"`)).toBe(true)
    expect(await memcached(`cas k 0 0 1 ${unique}\r\ny\r\n`)).toBe('STORED\r\n')
    const late = await http.fetch('/cache/k', {
      method: 'PUT',
      body: 'z',
      headers: { 'If-Match': tag },
    })
    expect(late.status).toBe(412)
    expect(await memcached('get k\r\n')).toContain('\r\ny\r\n')
  })
})
