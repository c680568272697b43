/**
 * What changes in the cache reaches Redis clients of every worker, by whatever door it came; the
 * thread that reads the feed comes and goes with those who need it, and its death is noticed.
 */
import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/index.ts'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { serve } from '../../src/server/serve.ts'
import { openEngine } from '../engine/open-engine.ts'
import { RespSocket } from '../stress/resp-socket.ts'
import { eventually, HAND_OFFS } from './open-server.ts'

interface Bench {
  readonly engine: Engine
  readonly server: ServerThread
  readonly port: number
  readonly memcachedPort: number
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const portOf = (addresses: readonly string[]): number => Number(/\d+$/.exec(addresses[0]!)![0])

async function open(options: ServeOptions = {}, feedBytes = 256 * 1024): Promise<Bench> {
  const engine = openEngine({ memory: '16mb', maxThreads: 16, feedBytes })
  const wanted = { redisPort: 0, memcachedPort: 0, workers: 2, enableDebug: true, ...options }
  const resolved = resolveServeOptions(wanted)
  const server = new ServerThread({ engine: engine.handle, options: resolved })
  const { addresses, redisAddresses } = await server.start()
  closers.push(() => server.close())
  return { engine, server, port: portOf(redisAddresses), memcachedPort: portOf(addresses) }
}

/** A client in RESP3 that tracks, and what it is told: the keys, or null. */
async function tracking(port: number, ...options: string[]) {
  const socket = await RespSocket.open(port)
  closers.unshift(async () => socket.end())
  const told: unknown[] = []
  socket.onPush = ([, keys]) => told.push(keys)
  await socket.ask(['HELLO', '3'])
  expect(await socket.ask(['CLIENT', 'TRACKING', 'ON', ...options])).toBe('OK')
  return { socket, told }
}

describe.each(HAND_OFFS)('with hand-off %s', (handOff) => {
  test('changes of all doors reach the clients of all workers', async () => {
    const { engine, port, memcachedPort } = await open({ handOff })
    const clients = await Promise.all([1, 2, 3].map(() => tracking(port)))
    const other = await RespSocket.open(port)
    const memcached = connect(memcachedPort, '127.0.0.1')
    const doors: Readonly<Record<string, () => unknown>> = {
      redis: () => other.ask(['SET', 'k', '1']),
      memcached: async () => {
        memcached.write('set k 0 0 1\r\n2\r\n')
        await once(memcached, 'data')
      },
      program: () => engine.set('k', 3),
      deletion: () => engine.delete('k'),
    }
    for (const [door, change] of Object.entries(doors)) {
      await Promise.all(clients.map(({ socket }) => socket.ask(['GET', 'k'])))
      for (const { told } of clients) told.length = 0
      await change()
      const isTold = () => clients.every(({ told }) => told.length > 0)
      expect(await eventually(isTold), door).toBe(true)
      expect(clients.map(({ told }) => told)).toEqual([[['k']], [['k']], [['k']]])
    }
    await Promise.all(clients.map(({ socket }) => socket.ask(['GET', 'k'])))
    engine.clear()
    expect(await eventually(() => clients.every(({ told }) => told.includes(null)))).toBe(true)
    memcached.destroy()
    other.end()
  })

  test('REDIRECT to a connection of another worker, and its end', async () => {
    const { port } = await open({ handOff })
    const news = await Promise.all([1, 2].map(() => RespSocket.open(port)))
    const told: unknown[][] = [[], []]
    for (const [index, socket] of news.entries()) {
      const id = String(await socket.ask(['CLIENT', 'ID']))
      await socket.ask(['SUBSCRIBE', '__redis__:invalidate'])
      socket.onPush = ([, , keys]) => told[index]!.push(keys)
      const data = await tracking(port, 'REDIRECT', id)
      await data.socket.ask(['GET', `k${index}`])
      closers.unshift(async () => socket.end())
    }
    const writer = await RespSocket.open(port)
    await writer.ask(['MSET', 'k0', '1', 'k1', '1'])
    expect(await eventually(() => told.every((each) => each.length > 0))).toBe(true)
    expect(told).toEqual([[['k0']], [['k1']]])
    writer.end()
  })

  test('keyspace events reach subscribers of all workers', async () => {
    const { engine, port } = await open({ handOff })
    const one = await RespSocket.open(port)
    expect(await one.ask(['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'])).toBe('OK')
    const got: string[][] = [[], [], []]
    for (const messages of got) {
      const socket = await RespSocket.open(port)
      closers.unshift(async () => socket.end())
      await socket.ask(['PSUBSCRIBE', '__keyevent@*'])
      socket.onPush = ([, , channel, key]) => messages.push(`${String(channel)} ${String(key)}`)
    }
    engine.set('a', 1, { ttl: 5 })
    await one.ask(['SELECT', '4'])
    await one.ask(['SET', 'b', '1'])
    await one.ask(['DEL', 'b'])
    await sleep(10)
    engine.get('a')
    const expected = [
      '__keyevent@0__:set a',
      '__keyevent@0__:expired a',
      '__keyevent@4__:set b',
      '__keyevent@4__:del b',
    ].toSorted()
    const isAll = () => got.every((messages) => messages.length === expected.length)
    await eventually(isAll)
    for (const messages of got) expect(messages.toSorted()).toEqual(expected)
    one.end()
  })
})

test("the feed is read while somebody needs it, and is the program's afterwards", async () => {
  const { engine, server, port } = await open()
  expect(server.changes!.thread).toBeUndefined()
  const { socket } = await tracking(port)
  expect(server.changes!.thread).toBeDefined()
  expect(() => engine.mutations()).toThrow(/mutation feed/)
  socket.end()
  expect(await eventually(() => server.changes!.thread === undefined)).toBe(true)
  const feed = engine.mutations()
  const refused = await RespSocket.open(port)
  const why = 'ERR the program around this server reads the mutation feed itself'
  expect(await refused.ask(['CLIENT', 'TRACKING', 'ON'])).toBe(why)
  expect(await refused.ask(['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'])).toBe(why)
  feed.close()
  expect(await refused.ask(['CLIENT', 'TRACKING', 'ON'])).toBe('OK')
  refused.end()
})

test('without a feed, and without a row for one more thread, it is refused', async () => {
  const without = await open({}, 0)
  const one = await RespSocket.open(without.port)
  expect(await one.ask(['CLIENT', 'TRACKING', 'ON'])).toMatch(/without a mutation feed/)
  one.end()
  const engine = openEngine({ memory: '16mb', maxThreads: 3, feedBytes: '64kb' })
  const server = await serve(engine, { redisPort: 0, workers: 2 })
  closers.push(() => server.close())
  const two = await RespSocket.open(portOf(server.redisAddresses))
  expect(await two.ask(['CLIENT', 'TRACKING', 'ON'])).toMatch(/maxThreads/)
  two.end()
})

test('when the reader of the feed dies, clients are told of everything', async () => {
  const { engine, server, port } = await open()
  const { socket, told } = await tracking(port)
  await socket.ask(['GET', 'k'])
  for (let deaths = 1; deaths <= 3; deaths++) {
    const { thread } = server.changes!
    await thread!.terminate()
    engine.set('k', deaths) // nobody hears of this
    expect(await eventually(() => told.length === deaths)).toBe(true)
  }
  expect(told).toEqual([null, null, null])
  await socket.ask(['GET', 'k'])
  engine.set('k', 'again')
  expect(await eventually(() => told.length === 4)).toBe(true)
  expect(told.at(-1)).toEqual(['k'])
})

test('an accepting thread of its own has changes told as well', async () => {
  const engine = openEngine({ memory: '16mb', maxThreads: 16, feedBytes: '256kb' })
  const server = await serve(engine, { redisPort: 0, workers: 2, acceptor: 'worker' })
  closers.push(() => server.close())
  const { socket, told } = await tracking(portOf(server.redisAddresses))
  await socket.ask(['GET', 'k'])
  engine.set('k', 1)
  expect(await eventually(() => told.length > 0)).toBe(true)
})

test('a worker that was blocked for long cuts its subscribers, no others', async () => {
  const { port } = await open({ handOff: 'sockets' })
  const sockets = await Promise.all(Array.from({ length: 4 }, () => RespSocket.open(port)))
  const [, , sleeper, publisher] = sockets as [RespSocket, RespSocket, RespSocket, RespSocket]
  const received = [0, 0]
  for (const [index, socket] of sockets.slice(0, 2).entries()) {
    await socket.ask(['SUBSCRIBE', 'news'])
    socket.onPush = () => received[index]!++
  }
  const publish = (message: string) => publisher.ask(['PUBLISH', 'news', message])
  await expect.poll(() => publish('to both')).toBe(2)
  await expect.poll(() => received.every((count) => count > 0)).toBe(true)
  received.fill(0)
  void sleeper.ask(['DEBUG', 'SLEEP', '8']).catch(() => {})
  await sleep(50)
  const message = 'x'.repeat(900_000)
  const replies = await Promise.all(Array.from({ length: 50 }, () => publish(message)))
  expect(replies.every((reply) => Number(reply) > 0)).toBe(true)
  expect(await eventually(() => received.includes(50), 20_000)).toBe(true)
  const isCut = () => sockets.slice(0, 2).some((one) => one.isClosed)
  expect(await eventually(isCut, 15_000)).toBe(true)
  expect(sockets.slice(0, 2).map((one) => one.isClosed)).toEqual(
    received.map((count) => count !== 50),
  )
  const stats = String(await publisher.ask(['INFO', 'stats']))
  expect(stats).toMatch(/client_output_buffer_limit_disconnections:1\r\n/)
  expect(stats).toMatch(/worker_messages_dropped:\d+/)
  for (const socket of sockets) socket.end()
})
