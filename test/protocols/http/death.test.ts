/**
 * A worker that dies while requests run. With frames a connection between two requests lives on,
 * and one in the middle of a request is closed; with sockets all are closed. Either way what was
 * answered is true, nothing is answered twice, and the next connection is served.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../../src/index.ts'
import { resolveServeOptions, type ServeOptions } from '../../../src/server/options.ts'
import { ServerThread } from '../../../src/server/server-thread.ts'
import { HAND_OFFS, portOf, RawClient, request } from './support.ts'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(options: ServeOptions) {
  const engine: Engine = createEngine({ name: `http-death-${++engines}`, memory: '16mb' })
  const resolved = resolveServeOptions({ httpPort: 0, ...options })
  const thread = new ServerThread({ engine: engine.handle, options: resolved })
  const { httpAddresses } = await thread.start()
  closers.push(async () => {
    await thread.close()
    await expect.poll(() => engine.stats().threads).toBe(1)
    expect(engine.verify().problems).toEqual([])
    engine.close()
  })
  return { engine, thread, port: portOf(httpAddresses[0]!) }
}
let engines = 0

test('frames: who lives on, and who is closed', async () => {
  const { thread, port } = await open({ handOff: 'frames', workers: 1 })
  const idle = await RawClient.to(port)
  const between = await RawClient.to(port)
  const stored = await RawClient.to(port)
  const inHead = await RawClient.to(port)
  const inBody = await RawClient.to(port)
  const behind = await RawClient.to(port)
  expect((await between.ask(request('GET', '/healthz'))).status).toBe(200)
  expect((await stored.ask(request('PUT', '/cache/k', {}, 'x'))).status).toBe(201)
  const inPieces = await RawClient.to(port)
  for (const byte of request('PUT', '/cache/k', {}, 'x')) inPieces.send(Uint8Array.of(byte))
  expect((await inPieces.response()).status).toBe(204)
  const chunked = await RawClient.to(port)
  const head = 'PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
  expect((await chunked.ask(`${head}1\r\nx\r\n0\r\n\r\n`)).status).toBe(204)
  inHead.send('GET /healthz HTTP/1.1\r\nHo')
  inBody.send('PUT /cache/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel')
  expect((await behind.ask(`${request('GET', '/healthz')}GET /hea`)).status).toBe(200)
  const behindBody = await RawClient.to(port)
  expect((await behindBody.ask(`${request('PUT', '/cache/k', {}, 'x')}GET`)).status).toBe(204)
  await sleep(100)
  await thread.workerAt(0)!.terminate()
  for (const lost of [inHead, inBody, behind, behindBody]) expect(await lost.ended()).toBe('')
  for (const kept of [idle, between, stored, inPieces, chunked]) {
    expect((await kept.ask(request('GET', '/cache/k'))).body.toString()).toBe('x')
    expect((await kept.ask(request('GET', '/cache/b'))).status).toBe(404)
  }
})

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('what was acknowledged is there, and each answer belongs to its request', async () => {
    const { engine, thread, port } = await open({ handOff, workers: 2 })
    let isOver = false
    let answers = 0
    let losses = 0
    const acknowledged = new Map<string, string>()
    const run = async (id: number) => {
      let client = await RawClient.to(port)
      for (let n = 0; !isOver; n++) {
        const key = `${id}-${n % 50}`
        const value = `${id}:${n}:${'x'.repeat((n * 37) % 3000)}`
        try {
          const put = await client.ask(request('PUT', `/cache/${key}`, {}, value))
          expect([201, 204]).toContain(put.status)
          acknowledged.set(key, value)
          const got = await client.ask(request('GET', `/cache/${key}`))
          expect(got.body.toString()).toBe(value)
          answers += 2
        } catch (error) {
          if (!String(error).includes('ended after')) throw error
          losses++
          acknowledged.delete(key) // it may or may not have been stored
          client.socket.destroy()
          client = await RawClient.to(port)
        }
      }
      client.socket.destroy()
    }
    const clients = Promise.all(Array.from({ length: 6 }, (_, id) => run(id)))
    for (let death = 0; death < 6; death++) {
      await sleep(150)
      await expect.poll(() => thread.isServing(death % 2)).toBe(true)
      await thread.workerAt(death % 2)?.terminate()
    }
    await expect.poll(() => thread.isServing(0) && thread.isServing(1)).toBe(true)
    const before = answers
    await expect.poll(() => answers).toBeGreaterThan(before + 50)
    isOver = true
    await clients
    expect(thread.replacedWorkers).toBe(6)
    if (handOff === 'sockets') expect(losses).toBeGreaterThan(0)
    for (const [key, value] of acknowledged) {
      expect(Buffer.from(engine.get<Uint8Array>(key)!).toString()).toBe(value)
    }
  })

  test('closing the server answers what was begun, and says so to probes before', async () => {
    const { engine, thread, port } = await open({ handOff, workers: 1 })
    engine.set('k', Buffer.alloc(900_000, 'x'))
    const client = await RawClient.to(port)
    expect((await client.ask(request('GET', '/readyz'))).status).toBe(200)
    client.send(Buffer.concat([...Array(5)].map(() => request('GET', '/cache/k'))))
    await client.response()
    const closed = thread.close()
    for (let n = 0; n < 4; n++) expect((await client.response()).body).toHaveLength(900_000)
    await client.ended()
    client.socket.destroy()
    await closed
  })
})
