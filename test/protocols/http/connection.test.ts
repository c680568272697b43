/**
 * A connection by itself: answers without an end, a handler that takes its time, a client that
 * reads slowly or sends slowly, and what is held back meanwhile.
 */
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Exchange } from '../../../src/protocols/http/exchange.ts'
import { Problem } from '../../../src/protocols/http/problem.ts'
import type { Route } from '../../../src/protocols/http/route-table.ts'
import { openEngine } from '../../engine/open-engine.ts'
import { HttpBench } from './bench.ts'
import { request } from './support.ts'

const operation = { operationId: 'x', summary: 'x', responses: {} }

function route(path: string, handle: (exchange: Exchange) => void | Promise<void>): Route {
  return { method: 'GET', path, right: 'none', handle, operation }
}

test("server-sent events: each comes as it is written, and the client's end is told", async () => {
  const bench = new HttpBench(openEngine)
  let stream: ServerResponse | undefined
  let closed = 0
  bench.worker.routes.add(
    route('/test/events', (exchange) => {
      exchange.onClose = () => closed++
      stream = exchange.stream({ 'Content-Type': 'text/event-stream' })
    }),
  )
  const client = bench.connect()
  const head = await client.send(request('GET', '/test/events')).settle()
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(head).toContain('Content-Type: text/event-stream\r\n')
  for (const data of ['one', 'two']) {
    stream!.write(`data: ${data}\n\n`)
    expect(await client.settle()).toContain(`data: ${data}\n\n`)
  }
  // It does not hold back what comes, so that the end is noticed; its state dies with the worker.
  expect([client.connection.hasMore, client.connection.hasState]).toEqual([false, true])
  client.close()
  await client.settle()
  expect(closed).toBe(1)
  const head2 = await bench.connect().send(request('HEAD', '/test/events')).settle()
  expect(head2).toContain('Content-Type: text/event-stream\r\n')
})

test('a stream that nobody reads is told to wait', async () => {
  const bench = new HttpBench(openEngine)
  let stream: ServerResponse | undefined
  bench.worker.routes.add(
    route('/test/events', (exchange) => {
      stream = exchange.stream({})
    }),
  )
  const client = bench.connect()
  await client.send(request('GET', '/test/events')).settle()
  let written = 0
  while (stream!.write('x'.repeat(1000))) written += 1000
  expect(written).toBeLessThan(200_000)
  let drains = 0
  stream!.once('drain', () => drains++)
  expect((await client.settle()).length).toBeGreaterThan(written)
  expect(drains).toBe(1)
})

test('a handler that takes its time keeps back what comes behind it, in order', async () => {
  const bench = new HttpBench(openEngine)
  const waiting: (() => void)[] = []
  bench.worker.routes.add(
    route('/slow', async (exchange) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      exchange.json(200, { slow: true })
    }),
    route('/fails', async () => {
      await Promise.resolve()
      throw new Problem(409, 'it failed')
    }),
  )
  const client = bench.connect()
  client.send(request('GET', '/slow'))
  expect(await client.settle()).toBe('')
  expect([client.connection.hasMore, client.connection.isPaused]).toEqual([true, true])
  client.send(Buffer.concat([...Array(1000)].map(() => request('GET', '/healthz'))))
  expect(await client.settle()).toBe('')
  expect(client.keptBytes).toBeGreaterThan(1000 * 30) // not with node:http
  waiting[0]!()
  const answers = (await client.settle()).match(/\{"(?:slow|status)":.*\}/g)
  expect(answers).toEqual(['{"slow":true}', ...Array(1000).fill('{"status":"ok"}')])
  expect(await client.send(request('GET', '/fails')).settle()).toContain('"detail":"it failed"')
})

test('a fault of a handler is a 500 that tells nothing, and a warning that does', async () => {
  const bench = new HttpBench(openEngine)
  bench.worker.routes.add(
    route('/broken', () => {
      throw new TypeError('secret')
    }),
  )
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const answer = await bench.connect().send(request('GET', '/broken')).settle()
  expect(answer).toMatch(/^HTTP\/1\.1 500 /)
  expect(answer).not.toContain('secret')
  expect(String(warned.mock.calls[0]?.[0])).toContain('TypeError: secret')
  warned.mockRestore()
})

test('who asks is found out before the body is read; what comes meanwhile is kept', async () => {
  const bench = new HttpBench(openEngine)
  let known = (_may: boolean) => {}
  bench.host.gate = {
    hasUsers: true,
    callerOf: () => {
      return new Promise((resolve) => {
        known = (may) => resolve({ name: 'ann', may: () => may })
      })
    },
  }
  const body = 'x'.repeat(300_000)
  for (const [may, status] of [
    [true, '201 Created'],
    [false, '403 Forbidden'],
  ] as const) {
    const client = bench.connect()
    const headers = { Authorization: 'Bearer x' }
    client.send(request('PUT', `/cache/${may}`, headers, body))
    expect(await client.settle()).toBe('')
    expect(client.keptBytes).toBe(body.length)
    known(may)
    expect(await client.settle()).toContain(status)
    expect(client.isOver).toBe(!may) // its body was not read
  }
})

describe('answers that wait', () => {
  test('are few, however many requests one read brings', async () => {
    const bench = new HttpBench(openEngine, { memory: '16mb', maxItemSize: '2mb' })
    const client = bench.connect()
    await client.send(request('PUT', '/cache/k', {}, 'x'.repeat(1_000_000))).settle()
    client.send(Buffer.concat([...Array(60)].map(() => request('GET', '/cache/k'))))
    // One went out; what waits now is not executed.
    expect(client.keptBytes).toBeGreaterThan(50 * 40)
    const heard = await client.settle()
    expect(heard.length).toBeGreaterThan(60_000_000)
  })

  test('a small one passes the buffer as well', async () => {
    const bench = new HttpBench(openEngine)
    const client = bench.connect(10)
    client.send(Buffer.concat([...Array(50)].map(() => request('GET', '/healthz'))))
    expect((await client.settle()).match(/"ok"/g)).toHaveLength(50)
  })
})

describe('slow clients', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('a head has 10 seconds, a request 60, whatever trickles in', async () => {
    const bench = new HttpBench(openEngine)
    const [head, body, idle, chunks] = [1, 2, 3, 4].map(() => bench.connect())
    head!.send('GET /hea')
    body!.send('PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n')
    chunks!.send('PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(await idle!.send(request('GET', '/healthz')).settle()).toContain('200 OK')
    for (let second = 1; second <= 59; second++) {
      vi.advanceTimersByTime(1000)
      if (second < 10) head!.send('x')
      body!.send('x')
      chunks!.send('1\r\nx\r\n')
      const heard = await head!.settle()
      if (second === 11) expect(heard).toMatch(/^HTTP\/1\.1 408 [\s\S]*head of the request/)
      else expect(heard).toBe('')
    }
    expect(head!.isOver).toBe(true)
    expect(await body!.settle()).toBe('')
    vi.advanceTimersByTime(3000)
    expect(await body!.settle()).toMatch(/^HTTP\/1\.1 408 /)
    expect(await chunks!.settle()).toMatch(/^HTTP\/1\.1 408 /)
    expect([body!.isOver, chunks!.isOver, idle!.isOver]).toEqual([true, true, false])
    expect(bench.host.timedOut).toBe(3)
    vi.advanceTimersByTime(600_000)
    expect(await idle!.send(request('GET', '/cache/k')).settle()).toMatch(/^HTTP\/1\.1 404 /)
  })
})
