/**
 * What the server tells of itself through memcached's protocol: counters, the list of connections,
 * and lines for those who watch, whichever worker they are with.
 */
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { answerOf, eventually, HAND_OFFS, openServer } from './open-server.ts'

async function ask(socket: Socket, command: string, until: string): Promise<string> {
  socket.write(command)
  return answerOf(socket, until)
}

async function statsOf(socket: Socket, what = ''): Promise<Record<string, string>> {
  const answer = await ask(socket, `stats${what}\r\n`, 'END\r\n')
  const lines = [...answer.matchAll(/^STAT (\S+) (.*)\r$/gm)]
  return Object.fromEntries(lines.map(([, name, value]) => [name, value]))
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  const memcached = { handOff, protocolModule: undefined }

  test('it counts connections and bytes, over all workers', async () => {
    const server = await openServer({ ...memcached, maxConnections: 4 })
    const sockets: Socket[] = []
    for (let n = 0; n < 4; n++) sockets.push(await server.connect())
    for (const socket of sockets) await ask(socket, 'mn\r\n', 'MN\r\n')
    await answerOf(await server.connect()) // one too many
    const stats = await statsOf(sockets[0]!)
    expect(stats).toMatchObject({
      curr_connections: '4',
      total_connections: '4',
      rejected_connections: '1',
      threads: '2',
      max_connections: '4',
    })
    const more = await statsOf(sockets[1]!)
    expect(Number(stats['bytes_read'])).toBeGreaterThanOrEqual(4 * 'mn\r\n'.length)
    expect(Number(more['bytes_read']) - Number(stats['bytes_read'])).toBe('stats\r\n'.length)
    expect(Number(more['bytes_written'])).toBeGreaterThan(Number(stats['bytes_written']) + 500)
    sockets[3]!.destroy()
    expect(await eventually(() => server.thread.openConnections === 3)).toBe(true)
    expect((await statsOf(sockets[0]!))['curr_connections']).toBe('3')
  })

  test('stats conns names every client and every listening socket', async () => {
    const server = await openServer(memcached)
    const first = await server.connect()
    const second = await server.connect()
    await ask(second, 'mn\r\n', 'MN\r\n')
    const conns = Object.entries(await statsOf(first, ' conns'))
    const addresses = conns.filter(([name]) => name.endsWith(':addr')).map(([, value]) => value)
    for (const socket of [first, second]) {
      expect(addresses).toContain(`tcp:127.0.0.1:${socket.localPort}`)
    }
    expect(addresses).toContain(`tcp:127.0.0.1:${server.port}`)
    expect(addresses).toHaveLength(3)
    expect((await statsOf(first, ' settings'))['tcpport']).toBe(String(server.port))
    expect(conns.filter(([name]) => name.endsWith(':state')).map(([, state]) => state)).toContain(
      'conn_listening',
    )
  })

  test('a watcher sees what clients of other workers do', async () => {
    const server = await openServer(memcached)
    const watcher = await server.connect()
    expect(await ask(watcher, 'watch mutations fetchers\r\n', 'OK\r\n')).toBe('OK\r\n')
    const clients = [await server.connect(), await server.connect()]
    for (const [n, client] of clients.entries()) {
      await ask(client, `set key${n} 0 0 1\r\nx\r\n`, 'STORED\r\n')
    }
    const seen = await answerOf(watcher, 'key=key1')
    expect(seen).toMatch(/^ts=\d+\.\d+ gid=\d+ type=item_store key=key0 /)
    expect(seen).toMatch(/\nts=\d+\.\d+ gid=\d+ type=item_store key=key1 /)
    expect(seen).not.toContain('\n\n')
  })

  test('one who watches connections sees them come and go', async () => {
    const server = await openServer({ ...memcached, idleTimeout: 1 })
    const watcher = await server.connect()
    expect(await ask(watcher, 'watch connevents\r\n', 'OK\r\n')).toBe('OK\r\n')
    const client = await server.connect()
    const { localPort } = client
    const seen = await answerOf(watcher, 'conn_close')
    const place = `rip=127.0.0.1 rport=${localPort} transport=tcp`
    expect(seen).toContain(`type=conn_new ${place} `)
    expect(seen).toContain(`type=conn_close ${place} reason=idle_timeout `)
    const other = await server.connect()
    expect((await statsOf(other))['idle_kicks']).toBe('1')
  })

  test('watchers that go leave nothing watched', async () => {
    const server = await openServer(memcached)
    for (let round = 0; round < 3; round++) {
      const watchers: Socket[] = []
      for (let n = 0; n < 20; n++) {
        watchers.push(await server.connect())
        expect(await ask(watchers[n]!, 'watch fetchers\r\n', '\r\n')).toBe('OK\r\n')
      }
      const oneMore = await server.connect()
      expect(await ask(oneMore, 'watch fetchers\r\n', '\r\n')).toMatch(/ERROR|BUSY|WATCHER/)
      for (const socket of [...watchers, oneMore]) socket.destroy()
      expect(await eventually(() => server.thread.openConnections === 0)).toBe(true)
    }
  })

  test('a worker that dies takes its counters with nobody', async () => {
    const server = await openServer({ ...memcached, workers: 1 })
    const before = await server.connect()
    for (let n = 0; n < 5; n++) await ask(before, 'mn\r\n', 'MN\r\n')
    await server.thread.workerAt(0)?.terminate()
    const after = await server.connect()
    const stats = await statsOf(after)
    expect(Number(stats['bytes_read'])).toBeGreaterThanOrEqual(5 * 4)
    expect(stats['curr_connections']).toBe(handOff === 'frames' ? '2' : '1')
  })
})
