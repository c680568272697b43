/** The npm client `memjs`, unchanged, against the server: it speaks the binary protocol only. */
import { Client } from 'memjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  let server: HeddleServer
  let client: Client
  beforeAll(async () => {
    server = await startHeddle(['--handoff', handOff, '--workers', '2'])
    client = Client.create(`127.0.0.1:${server.port}`, { logger: { log: () => {} } })
  })
  afterAll(async () => {
    client.close()
    await server.stop()
  })

  async function textOf(key: string): Promise<string | undefined> {
    const { value } = await client.get(key)
    return value?.toString()
  }

  test('stores, reads, counts, touches, deletes', async () => {
    expect(await client.set('a', 'text', { expires: 100 })).toBe(true)
    expect(await textOf('a')).toBe('text')
    expect(await textOf('none')).toBeUndefined()
    expect(await client.add('a', 'again', {})).toBe(false)
    expect(await client.replace('a', 'second', {})).toBe(true)
    expect(await client.replace('none', 'second', {})).toBe(false)
    expect(await client.append('a', '+')).toBe(true)
    // This version's prepend sends an append, to memcached as well.
    expect(await client.prepend('a', '-')).toBe(true)
    expect(await textOf('a')).toBe('second+-')
    expect(await client.touch('a', 100)).toBe(true)
    expect((await client.increment('n', 10, { initial: 5 })).value).toBe(5)
    expect((await client.increment('n', 10, {})).value).toBe(15)
    expect((await client.decrement('n', 4, {})).value).toBe(11)
    expect(await client.delete('n')).toBe(true)
    expect(await client.delete('n')).toBe(false)
  })

  test('bytes come back as they went, also many at a time', async () => {
    const large = Buffer.from(Array.from({ length: 900_000 }, (_, at) => (at * 7) % 256))
    expect(await client.set('large', large, {})).toBe(true)
    expect((await client.get('large')).value?.equals(large)).toBe(true)
    const keys = Array.from({ length: 500 }, (_, n) => `key:${n}`)
    await Promise.all(keys.map((key) => client.set(key, `value of ${key}`, {})))
    const values = await Promise.all(keys.map(textOf))
    expect(values).toEqual(keys.map((key) => `value of ${key}`))
  })

  test('an error of the server is one of the client; the next request is answered', async () => {
    await client.set('text', 'no number', {})
    await expect(client.increment('text', 1, {})).rejects.toThrow(/INCREMENT/)
    await expect(client.set('huge', 'x'.repeat(2_000_000), {})).rejects.toThrow(/SET/)
    expect(await textOf('text')).toBe('no number')
  })

  test('tells statistics, flushes', async () => {
    const stats = await new Promise<Record<string, string>>((resolve, reject) => {
      client.stats((error, _server, told) => {
        if (error === null) resolve(told)
        else reject(error instanceof Error ? error : new Error(String(error)))
      })
    })
    expect(stats).toMatchObject({ pid: String(server.pid), threads: '2' })
    await client.set('a', 'text', {})
    expect(Object.values(await client.flush())).toEqual([true])
    expect(await textOf('a')).toBeUndefined()
  })

  test('with a name and a password it goes on: the server knows no users', async () => {
    const named = Client.create(`user:secret@127.0.0.1:${server.port}`)
    expect(await named.set('named', 'value', {})).toBe(true)
    expect(await textOf('named')).toBe('value')
    named.close()
  })
})
