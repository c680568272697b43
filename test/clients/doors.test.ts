/**
 * One cache behind all doors: what is written through each client, or by the embedding program, is
 * read through all the others. Text and numbers, counting, expiry, deletion.
 */
import { Redis } from 'ioredis'
import { Memcache } from 'memcache'
import { Client as Memjs } from 'memjs'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../src/index.ts'
import { serve, type Server } from '../../src/server/serve.ts'

interface Door {
  readonly name: string
  write(key: string, text: string, seconds: number): Promise<unknown>
  read(key: string): Promise<string | undefined>
  count(key: string): Promise<number>
  remove(key: string): Promise<unknown>
  close(): unknown
}

let engine: Engine
let server: Server
const doors: Door[] = []

beforeAll(async () => {
  engine = createEngine({ name: 'doors', memory: '16mb' })
  server = await serve(engine, { memcachedPort: 0, redisPort: 0, workers: 2 })
  const [memcached, redis] = [server.addresses[0]!, server.redisAddresses[0]!]
  const redisPort = Number(/\d+$/.exec(redis)![0])
  doors.push(embeddedDoor(), await textDoor(memcached), binaryDoor(memcached))
  doors.push(await resp2Door(redisPort), await resp3Door(redisPort))
})

afterAll(async () => {
  for (const door of doors) await door.close()
  await server.close()
  engine.close()
})

function embeddedDoor(): Door {
  return {
    name: 'embedded',
    write: async (key, text, seconds) => engine.set(key, text, seconds * 1000),
    read: async (key) => {
      const value = engine.get(key)
      if (value === undefined) return undefined
      return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
    },
    count: async (key) => Number(engine.increment(key)),
    remove: async (key) => engine.delete(key),
    close: () => {},
  }
}

/** memcached's text protocol. */
async function textDoor(address: string): Promise<Door> {
  const client = new Memcache({ nodes: [address] })
  await client.connect()
  return {
    name: 'text',
    write: (key, text, seconds) => client.set(key, text, seconds),
    read: (key) => client.get(key),
    count: async (key) => (await client.incr(key, 1))!,
    remove: (key) => client.delete(key),
    close: () => client.disconnect(),
  }
}

/** memcached's binary protocol. */
function binaryDoor(address: string): Door {
  const client = Memjs.create(address)
  return {
    name: 'binary',
    write: (key, text, seconds) => client.set(key, text, { expires: seconds }),
    read: async (key) => (await client.get(key)).value?.toString(),
    count: async (key) => (await client.increment(key, 1, {})).value,
    remove: (key) => client.delete(key),
    close: () => client.close(),
  }
}

async function resp2Door(port: number): Promise<Door> {
  const client = new Redis({ port, lazyConnect: true })
  await client.connect()
  return {
    name: 'RESP2',
    write: (key, text, seconds) => client.set(key, text, 'EX', seconds),
    read: async (key) => (await client.get(key)) ?? undefined,
    count: (key) => client.incr(key),
    remove: (key) => client.del(key),
    close: () => client.quit(),
  }
}

async function resp3Door(port: number): Promise<Door> {
  const client = createClient({ RESP: 3, socket: { port } })
  await client.connect()
  return {
    name: 'RESP3',
    write: (key, text, seconds) =>
      client.set(key, text, { expiration: { type: 'EX', value: seconds } }),
    read: async (key) => (await client.get(key)) ?? undefined,
    count: (key) => client.incr(key),
    remove: (key) => client.del(key),
    close: () => client.close(),
  }
}

/** What all doors read under a key, by their names. */
async function readAll(key: string): Promise<Record<string, string | undefined>> {
  const read = doors.map(async (door) => [door.name, await door.read(key)] as const)
  return Object.fromEntries(await Promise.all(read))
}

function alike(value: string | undefined): Record<string, string | undefined> {
  return Object.fromEntries(doors.map(({ name }) => [name, value]))
}

test('there are five doors', () => {
  expect(doors.map(({ name }) => name)).toEqual(['embedded', 'text', 'binary', 'RESP2', 'RESP3'])
})

test('what is written through one door is read through all', async () => {
  for (const writer of doors) {
    const [key, text] = [`by:${writer.name}`, `written through ${writer.name}, ü`]
    await writer.write(key, text, 100)
    expect([writer.name, await readAll(key)]).toEqual([writer.name, alike(text)])
    expect(engine.ttl(key)).toBeGreaterThan(98_000)
    expect(engine.ttl(key)).toBeLessThanOrEqual(100_000)
  }
})

test('each counts on from where another left off, whoever began', async () => {
  for (const first of doors) {
    const key = `n:${first.name}`
    await first.write(key, '41', 100)
    for (const [index, door] of doors.entries()) {
      expect([door.name, await door.count(key)]).toEqual([door.name, 42 + index])
    }
    expect(await readAll(key)).toEqual(alike(String(41 + doors.length)))
    expect(engine.ttl(key)).toBeLessThanOrEqual(100_000)
  }
})

test('what one door takes away is gone behind all', async () => {
  for (const remover of doors) {
    for (const writer of doors) await writer.write('gone', 'soon', 100)
    await remover.remove('gone')
    expect([remover.name, await readAll('gone')]).toEqual([remover.name, alike(undefined)])
  }
})

test('a large value passes through all doors', async () => {
  for (const writer of doors) {
    const text = writer.name.padEnd(600_000, 'abcdefg')
    await writer.write('large', text, 100)
    for (const [name, read] of Object.entries(await readAll('large'))) {
      expect([writer.name, name, read === text]).toEqual([writer.name, name, true])
    }
  }
})
