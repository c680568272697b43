/**
 * A worker that dies under Redis clients, with frames: a connection that is as it was opened lives
 * on, one whose worker knew more of it (a database, RESP3, a transaction) is closed, since another
 * worker would answer from the wrong one.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { resolveServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { openEngine } from '../engine/open-engine.ts'

async function ask(socket: Socket, request: string): Promise<string> {
  socket.write(request)
  const [reply] = (await once(socket, 'data')) as [Buffer]
  return reply.toString()
}

test('who is closed when a worker dies', async () => {
  const engine = openEngine()
  const options = resolveServeOptions({ redisPort: 0, workers: 1, handOff: 'frames' })
  const server = new ServerThread({ engine: engine.handle, options })
  const { redisAddresses } = await server.start()
  const port = Number(/\d+$/.exec(redisAddresses[0]!)![0])
  const states = ['SELECT 1', 'HELLO 3', 'MULTI', 'WATCH a', 'SUBSCRIBE a', 'CLIENT SETNAME me']
  const plain = connect(port, '127.0.0.1')
  expect(await ask(plain, 'SET a 1\r\n')).toBe('+OK\r\n')
  const others = await Promise.all(
    states.map(async (state) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      await ask(socket, `${state}\r\n`)
      return socket
    }),
  )
  const closed = others.map((socket) => once(socket, 'close'))
  await server.workerAt(0)!.terminate()
  await Promise.all(closed)
  expect(await ask(plain, 'GET a\r\n')).toBe('$1\r\n1\r\n')
  plain.destroy()
  await server.close()
})
