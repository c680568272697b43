/** A server with doors for both protocols, with either hand-off: one cache behind them. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { resolveServeOptions } from '../../src/server/options.ts'
import { serve } from '../../src/server/serve.ts'
import { openEngine } from '../engine/open-engine.ts'

function portOf(address: string | undefined): number {
  return Number(/\d+$/.exec(address ?? '')?.[0])
}

async function ask(address: string | undefined, request: string, end: string): Promise<string> {
  const socket = connect(portOf(address), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(request)
  let reply = ''
  for await (const chunk of socket) {
    reply += chunk
    if (reply.endsWith(end)) break
  }
  socket.destroy()
  return reply
}

describe.each(['frames', 'sockets'] as const)('with hand-off %s', (handOff) => {
  test('what one protocol stores the other reads', async () => {
    const engine = openEngine()
    const options = { memcachedPort: 0, redisPort: 0, workers: 2, handOff }
    const server = await serve(engine, options)
    const [memcached] = server.addresses
    const [redis] = server.redisAddresses
    expect(await ask(redis, 'SET a "one two"\r\n', '\r\n')).toBe('+OK\r\n')
    const value = 'VALUE a 0 7\r\none two\r\nEND\r\n'
    expect(await ask(memcached, 'get a\r\n', 'END\r\n')).toBe(value)
    expect(await ask(memcached, 'set b 5 0 2\r\nxy\r\n', '\r\n')).toBe('STORED\r\n')
    expect(await ask(redis, '*2\r\n$3\r\nGET\r\n$1\r\nb\r\n', 'y\r\n')).toBe('$2\r\nxy\r\n')
    expect(Buffer.from(engine.get('a') as Uint8Array).toString()).toBe('one two')
    engine.set('c', 'text')
    expect(await ask(redis, 'GET c\r\n', 't\r\n')).toBe('$4\r\ntext\r\n')
    await server.close()
  })

  test('a client too many hears so in its own protocol', async () => {
    const engine = openEngine()
    const server = await serve(engine, { redisPort: 0, workers: 1, maxConnections: 1, handOff })
    expect(server.addresses).toEqual([])
    const [redis] = server.redisAddresses
    const first = connect(portOf(redis), '127.0.0.1')
    first.write('PING\r\n')
    await once(first, 'data')
    expect(await ask(redis, '', '\r\n')).toBe('-ERR max number of clients reached\r\n')
    first.destroy()
    await server.close()
  })
})

test('an acceptor thread that dies is replaced on the same ports', async () => {
  const engine = openEngine()
  const given = { memcachedPort: 0, redisPort: 0, workers: 1, acceptor: 'worker' as const }
  const acceptor = new AcceptorThread({
    engine: engine.handle,
    options: resolveServeOptions(given),
  })
  const { addresses, redisAddresses } = await acceptor.start()
  await acceptor.thread?.terminate()
  const isBack = async (): Promise<boolean> => {
    try {
      const replies = [
        await ask(addresses[0], 'version\r\n', '\r\n'),
        await ask(redisAddresses[0], 'PING\r\n', '\r\n'),
      ]
      return replies[0]!.startsWith('VERSION') && replies[1] === '+PONG\r\n'
    } catch {
      await sleep(20)
      return false
    }
  }
  await expect.poll(isBack).toBe(true)
  await acceptor.close()
})

test('a port in use is refused under the name of its option', async () => {
  const engine = openEngine()
  const server = await serve(engine, { redisPort: 0, workers: 1 })
  const port = portOf(server.redisAddresses[0])
  const second = serve(engine, { redisPort: port, workers: 1 })
  await expect(second).rejects.toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: 'redisPort' })
  await server.close()
})
