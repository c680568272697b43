/**
 * /metrics of a running server, for either hand-off: read by a strict reader that knows nothing of
 * who wrote it, and compared with what clients did.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { observerOf } from '../../src/server/observation.ts'
import { resolveServeOptions } from '../../src/server/options.ts'
import {
  HAND_OFFS,
  type HttpServer,
  openHttp,
  portOf,
  RawClient,
} from '../protocols/http/support.ts'
import { type Family, readExposition, sampleOf } from './exposition.ts'

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
const GETS = 2000

/** Says a request many times over a connection, and waits for the last reply. */
async function say(address: string, request: string, times: number, reply: string): Promise<void> {
  const client = await RawClient.to(portOf(address))
  let received = 0
  const isWhole = new Promise<void>((resolve) => {
    client.socket.on('data', (bytes) => {
      received += bytes.length
      if (received === times * reply.length) resolve()
    })
  })
  client.send(request.repeat(times))
  await isWhole
  client.socket.destroy()
}

async function scrape(server: HttpServer, accept: string): Promise<Map<string, Family>> {
  const response = await server.fetch('/metrics', { headers: { accept } })
  expect(response.status).toBe(200)
  expect(response.headers.get('vary')).toBe('Accept')
  const isOpen = response.headers.get('content-type')!.startsWith('application/openmetrics-text')
  expect(isOpen).toBe(accept === OPEN_METRICS)
  return readExposition(await response.text(), isOpen)
}

describe.each(HAND_OFFS)('hand-off by %s', (handOff) => {
  test('what clients did is in it, and it is well-formed in both formats', async () => {
    const http = await openHttp({ handOff, memcachedPort: 0, redisPort: 0, workers: 2 })
    const { server } = http
    await say(server.addresses[0]!, 'set a 0 0 1\r\nx\r\n', 10, 'STORED\r\n')
    await say(server.addresses[0]!, 'get a\r\n', GETS, 'VALUE a 0 1\r\nx\r\nEND\r\n')
    await say(server.addresses[0]!, 'get b\r\n', 50, 'END\r\n')
    await say(server.redisAddresses[0]!, '*2\r\n$3\r\nGET\r\n$1\r\na\r\n', GETS, '$1\r\nx\r\n')
    expect((await http.fetch('/cache/a')).status).toBe(200)
    for (const accept of [OPEN_METRICS, 'text/plain', '*/*', '']) {
      const metrics = await scrape(http, accept)
      const value = (name: string, labels = {}) => sampleOf(metrics, `heddle_${name}`, labels)
      expect(value('commands_total', { protocol: 'memcached', command: 'get' })).toBe(GETS + 50)
      expect(value('commands_total', { protocol: 'memcached', command: 'set' })).toBe(10)
      expect(value('commands_total', { protocol: 'redis', command: 'get' })).toBe(GETS)
      expect(value('commands_total', { protocol: 'http', command: 'GET /cache/{key}' })).toBe(1)
      expect(value('hits_total')).toBe(2 * GETS + 1)
      expect(value('misses_total')).toBe(50)
      expect(value('hit_ratio') + value('miss_ratio')).toBeCloseTo(1)
      expect(value('entries')).toBe(1)
      expect(value('received_bytes_total')).toBeGreaterThan(GETS * 7)
      expect(value('accepted_connections_total')).toBeGreaterThanOrEqual(5)
      expect(value('connections', { protocol: 'http' })).toBeGreaterThanOrEqual(1)
      expect(value('batches_total', { protocol: 'redis' })).toBeGreaterThan(0)
      const timed = { protocol: 'redis', command: 'get' }
      const samples = value('command_duration_seconds_count', timed)
      expect(samples).toBeGreaterThan(GETS / 64)
      expect(samples).toBeLessThan(GETS / 16)
      expect(value('command_duration_seconds_sum', timed)).toBeGreaterThan(samples * 1e-8)
    }
    expect(server.observe().engine.hits).toBe(2 * GETS + 1)
  })
})

test('counts never fall from one scrape to the next, and the threads are alive', async () => {
  const http = await openHttp({ memcachedPort: 0 })
  const read = async () => scrape(http, OPEN_METRICS)
  const before = await read()
  await say(http.server.addresses[0]!, 'get a\r\n', GETS, 'END\r\n')
  await delay(1200)
  const after = await read()
  for (const { name, type, samples } of before.values()) {
    if (type !== 'counter') continue
    for (const sample of samples) {
      expect(sampleOf(after, sample.name, sample.labels), name).toBeGreaterThanOrEqual(sample.value)
    }
  }
  for (const thread of ['accept', 'worker 0']) {
    const beats = sampleOf(after, 'heddle_thread_beats_total', { thread })
    expect(beats).toBeGreaterThan(sampleOf(before, 'heddle_thread_beats_total', { thread }))
    const busy = sampleOf(after, 'heddle_thread_busy_ratio', { thread })
    expect(busy).toBeGreaterThanOrEqual(0)
    expect(busy).toBeLessThanOrEqual(1)
  }
})

test('the acceptor in a thread of its own: the application sees the same numbers', async () => {
  const http = await openHttp({ memcachedPort: 0, acceptor: 'worker' })
  await say(http.server.addresses[0]!, 'get a\r\n', 100, 'END\r\n')
  const { commands, server, threads } = http.server.observe()
  expect(commands.find(({ command }) => command === 'get')).toMatchObject({ calls: 100 })
  expect(server.connections.open).toMatchObject({ memcached: expect.any(Number), http: 0 })
  expect(threads.map(({ name }) => name)).toEqual(['accept', 'worker 0'])
})

test('an acceptor thread that takes the place of a dead one is observed', async () => {
  const engine = createEngine({ name: 'observed twice', memory: '8mb' })
  const options = resolveServeOptions({ memcachedPort: 0, workers: 1, acceptor: 'worker' })
  const acceptor = new AcceptorThread({ engine: engine.handle, options })
  try {
    const { addresses } = await acceptor.start()
    const before = acceptor.observed
    await acceptor.thread?.terminate()
    await vi.waitFor(() => expect(acceptor.observed).not.toBe(before), { timeout: 30_000 })
    await say(addresses[0]!, 'get a\r\n', 10, 'END\r\n')
    const { commands } = observerOf(engine, acceptor.observed)()
    expect(commands).toMatchObject([{ protocol: 'memcached', command: 'get', calls: 10 }])
  } finally {
    await acceptor.close()
    engine.close()
  }
})

test('/stats is the snapshot', async () => {
  const http = await openHttp()
  const stats = await (await http.fetch('/stats')).json()
  const snapshot = http.server.observe()
  expect(stats).toMatchObject({
    server: { version: snapshot.server.version, workers: 1 },
    engine: { name: snapshot.engine.name, missRatio: 0 },
  })
  for (const part of Object.keys(snapshot)) expect(stats).toHaveProperty(part)
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
})
