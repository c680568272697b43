/** The npm clients `memcached` and `memcache`, unchanged, against the server. */
import { Memcache } from 'memcache'
import Memcached from 'memcached'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

let server: HeddleServer
beforeAll(async () => {
  server = await startHeddle(['--workers', '2'])
})
afterAll(() => server.stop())

describe('memcached', () => {
  /** Calls a method of the callback client. */
  function call<T>(client: Memcached, method: string, ...args: unknown[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (client as unknown as Record<string, (...all: unknown[]) => void>)[method]!
      run.call(client, ...args, (error: unknown, result: T) => {
        if (error === undefined || error === null) resolve(result)
        else reject(error instanceof Error ? error : new Error(String(error)))
      })
    })
  }

  test('stores, reads, counts, compares, flushes', async () => {
    const client = new Memcached(`127.0.0.1:${server.port}`)
    const large = 'x'.repeat(900_000)
    expect(await call(client, 'set', 'a', 'text', 10)).toBe(true)
    expect(await call(client, 'get', 'a')).toBe('text')
    expect(await call(client, 'set', 'o', { deep: [1, 2] }, 10)).toBe(true)
    expect(await call(client, 'get', 'o')).toEqual({ deep: [1, 2] })
    expect(await call(client, 'set', 'large', large, 10)).toBe(true)
    expect(await call(client, 'get', 'large')).toBe(large)
    await expect(call(client, 'add', 'a', 'again', 10)).rejects.toThrow(/not stored/i)
    expect(await call(client, 'append', 'a', '+')).toBe(true)
    expect(await call(client, 'prepend', 'a', '-')).toBe(true)
    const { cas } = await call<{ cas: string }>(client, 'gets', 'a')
    expect(await call(client, 'cas', 'a', 'new', cas, 10)).toBe(true)
    expect(await call(client, 'cas', 'a', 'newer', cas, 10)).toBe(false)
    expect(await call(client, 'getMulti', ['a', 'o', 'none'])).toEqual({
      a: 'new',
      o: { deep: [1, 2] },
    })
    await call(client, 'set', 'n', 5, 10)
    expect(await call(client, 'incr', 'n', 10)).toBe(15)
    expect(await call(client, 'decr', 'n', 4)).toBe(11)
    expect(await call(client, 'touch', 'n', 100)).toBe(true)
    expect(await call(client, 'del', 'n')).toBe(true)
    expect(await call(client, 'get', 'n')).toBeUndefined()
    const [stats] = await call<Record<string, unknown>[]>(client, 'stats')
    expect(stats).toMatchObject({ pid: server.pid })
    await call(client, 'flush')
    expect(await call(client, 'get', 'a')).toBeUndefined()
    client.end()
  })
})

describe('memcache', () => {
  test('stores, reads, counts, compares, flushes', async () => {
    const client = new Memcache({ nodes: [`127.0.0.1:${server.port}`] })
    await client.connect()
    expect(await client.set('b', 'text', 10)).toBe(true)
    expect(await client.get('b')).toBe('text')
    expect(await client.add('b', 'again')).toBe(false)
    expect(await client.replace('b', 'second')).toBe(true)
    expect(await client.append('b', '+')).toBe(true)
    expect(await client.prepend('b', '-')).toBe(true)
    const many = await client.gets(['b', 'none'])
    expect([...many]).toEqual([['b', '-second+']])
    expect(await client.set('m', '5')).toBe(true)
    expect(await client.incr('m', 10)).toBe(15)
    expect(await client.decr('m', 4)).toBe(11)
    expect(await client.touch('m', 100)).toBe(true)
    expect(await client.delete('m')).toBe(true)
    expect(await client.get('m')).toBeUndefined()
    const versions = await client.version()
    expect([...versions.values()][0]).toMatch(/\d+\.\d+/)
    expect(await client.flush()).toBe(true)
    expect(await client.get('b')).toBeUndefined()
    await client.disconnect()
  })
})
