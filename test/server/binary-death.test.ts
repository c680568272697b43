/**
 * A worker that dies under clients of memcached's binary protocol. With frames the connection lives
 * on, and the next worker knows by its first byte that it is binary; half a request dies with its
 * worker. With sockets the connection ends.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { resolveServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { openEngine } from '../engine/open-engine.ts'
import {
  ask,
  decode,
  OP,
  type Request,
  show,
  store,
  stream,
} from '../protocols/memcached/frames.ts'
import { eventually } from './open-server.ts'

async function open(handOff: 'frames' | 'sockets') {
  const engine = openEngine()
  const options = resolveServeOptions({ memcachedPort: 0, workers: 1, handOff })
  const server = new ServerThread({ engine: engine.handle, options })
  const { addresses } = await server.start()
  const port = Number(/\d+$/.exec(addresses[0]!)![0])
  return { server, connect: () => connect(port, '127.0.0.1').on('error', () => {}) }
}

/** The replies to requests, the last of which is answered by one reply. */
async function replies(socket: Socket, requests: readonly Request[]): Promise<string[]> {
  socket.write(stream([...requests, ask(OP.noop)]))
  let received = Buffer.alloc(0)
  while (!received.includes(`\x81\x0a`, 0, 'latin1')) {
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    received = Buffer.concat([received, bytes])
  }
  return decode(received)
    .slice(0, -1)
    .map((reply) => `${reply.opaque} ${show(reply)}`)
}

test('frames: it lives on, binary as it was', async () => {
  const { server, connect: client } = await open('frames')
  const plain = client()
  const quiet = [store(OP.setq, 'a', 'text', { flags: 7 }), ask(OP.getkq, 'none')]
  expect(await replies(plain, quiet)).toEqual([])
  const half = client()
  half.write(stream([store(OP.set, 'half', 'x'.repeat(100))]).subarray(0, 60))
  expect(await replies(plain, [ask(OP.get, 'half')])).toEqual(['0 0x01 "Not found"'])
  const isCut = once(half, 'close')
  half.resume()
  for (let death = 1; death <= 3; death++) {
    await server.workerAt(0)!.terminate()
    const seen = await replies(plain, [ask(OP.getk, 'a'), ask(OP.getq, 'none')])
    expect(seen).toEqual(['0 0x00 cas x00000007 key=a "text"'])
    expect(server.replacedWorkers).toBe(death)
  }
  await isCut
  expect(await replies(plain, [ask(OP.get, 'half')])).toEqual(['0 0x01 "Not found"'])
  plain.destroy()
  await server.close()
})

test('sockets: it ends, and a new one is answered', async () => {
  const { server, connect: client } = await open('sockets')
  const first = client()
  expect(await replies(first, [store(OP.setq, 'a', 'text')])).toEqual([])
  const ended = once(first, 'close')
  await server.workerAt(0)!.terminate()
  await ended
  expect(await eventually(() => server.isServing(0))).toBe(true)
  const second = client()
  expect(await replies(second, [ask(OP.get, 'a')])).toEqual(['0 0x00 cas x00000000 "text"'])
  second.destroy()
  await server.close()
})
