/**
 * The cache on the client's side of the npm package `redis`, in RESP3: what it holds it does not
 * ask for again, and it drops what anybody else has changed, by whatever protocol.
 */
import { Memcache } from 'memcache'
import { BasicClientSideCache, createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

let server: HeddleServer
beforeAll(async () => {
  server = await startHeddle(['--redis-port', '0', '--workers', '2', '--memory', '16mb'])
})
afterAll(() => server.stop())

async function open() {
  const cache = new BasicClientSideCache({ maxEntries: 0, ttl: 0, evictPolicy: 'LRU' })
  const socket = { port: server.redisPort }
  const client = createClient({ RESP: 3, socket, clientSideCache: cache })
  client.on('error', () => {})
  await client.connect()
  return { client, cache }
}

test('what others change is dropped, what nobody changes is not asked for again', async () => {
  const [one, two] = [await open(), await open()]
  const memcached = new Memcache(`127.0.0.1:${server.port}`)
  await one.client.set('a', '1')
  await one.client.set('still', 'here')
  await expect.poll(() => one.client.get('a')).toBe('1')
  for (const { client } of [one, two]) {
    await client.get('still')
    await client.get('still')
  }
  // Its own write is told to it, too: until then the cache may be missed.
  await expect
    .poll(async () => {
      const before = one.cache.stats().hitCount
      await one.client.get('a')
      return one.cache.stats().hitCount - before
    })
    .toBe(1)
  await two.client.set('a', '2')
  await expect.poll(() => one.client.get('a')).toBe('2')
  await memcached.set('a', '3')
  await expect.poll(() => one.client.get('a')).toBe('3')
  await two.client.del('a')
  await expect.poll(() => one.client.get('a')).toBeNull()
  await two.client.set('b', '1', { expiration: { type: 'PX', value: 40 } })
  expect(await one.client.mGet(['b', 'still'])).toEqual(['1', 'here'])
  // What has expired is found though nobody asks the server for it.
  await expect.poll(() => one.client.mGet(['b', 'still'])).toEqual([null, 'here'])
  await two.client.flushAll()
  await expect.poll(() => one.client.get('still')).toBeNull()
  expect(one.cache.stats().hitCount).toBeGreaterThan(1)
  for (const { client } of [one, two]) await client.close()
  await memcached.disconnect()
})

test('many keys, written and read at once, end as what was written last', async () => {
  const [reader, writer] = [await open(), await open()]
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
  let isOver = false
  const reading = (async () => {
    while (!isOver) {
      await Promise.all(keys.map((key) => reader.client.get(key)))
      await new Promise(setImmediate)
    }
  })()
  for (let value = 1; value <= 100; value++) {
    await Promise.all(keys.map((key) => writer.client.set(key, String(value))))
  }
  const last = () => Promise.all(keys.map((key) => reader.client.get(key)))
  await expect.poll(last).toEqual(keys.map(() => '100'))
  isOver = true
  await reading
  expect(reader.cache.stats().hitCount).toBeGreaterThan(100)
  for (const { client } of [reader, writer]) await client.close()
})
