/**
 * What bounds a client: each limit is met, told in the words of the table in docs/operations.md,
 * counted, and nobody else notices. Those of TLS are in tls.test.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FLAGS } from '../../src/cli/flags.ts'
import { LIMIT_COUNTERS } from '../../src/protocols/memcached/counters.ts'
import { AddressCounts, addressGroup } from '../../src/server/address-counts.ts'
import { ConnectionBoard } from '../../src/server/connection-board.ts'
import { LIMIT_OPTION_NAMES } from '../../src/server/limits.ts'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { answerOf, eventually, HAND_OFFS } from './open-server.ts'
import { certificates, openSecure, type SecureServer } from './secure-server.ts'

const MIB = 1024 * 1024

/** From another address of loopback, as from another machine. */
async function from(localAddress: string, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket.on('error', () => {})
}

/** A client that asks for so much and reads nothing of it. */
async function lazyReader(
  server: SecureServer,
  replies: number,
  door: 'memcached' | 'memcached-tls' = 'memcached',
): Promise<Socket> {
  const value = 'x'.repeat(MIB / 2)
  const socket = await (door === 'memcached' ? server.plain(door) : server.secure(door))
  socket.write(`set big 0 0 ${value.length}\r\n${value}\r\n`)
  expect(await answerOf(socket, '\n')).toBe('STORED\r\n')
  socket.pause()
  socket.write('get big\r\n'.repeat(replies))
  return socket
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('connections of one address', async () => {
    const server = await openSecure({ handOff, maxConnectionsPerAddress: 3 })
    const held = [await server.plain('redis'), await server.plain('memcached')]
    const stranger = await from('127.0.0.9', server.ports['redis']!)
    const connected = async () => {
      stranger.write('INFO clients\r\n')
      const info = await answerOf(stranger, 'tracking_clients')
      return Number(/connected_clients:(\d+)/.exec(info)?.[1])
    }
    for (const [port, text] of [
      ['redis', '-ERR max number of clients from this address reached\r\n'],
      ['memcached', 'ERROR Too many open connections from this address\r\n'],
    ] as const) {
      const third = await server.plain(port)
      third.write(port === 'redis' ? 'PING\r\n' : 'mn\r\n')
      expect(await answerOf(third, '\n')).toMatch(/^(?:\+PONG|MN)\r\n$/)
      expect(await answerOf(await server.plain(port))).toBe(text)
      third.destroy()
      await expect.poll(connected).toBe(3)
    }
    const third = await server.plain('redis')
    const overHttp = await answerOf(await server.plain('http'))
    expect(overHttp).toMatch(/^HTTP\/1.1 503 [\s\S]*problem\+json[\s\S]*from this address/)
    expect(await answerOf(await server.plain('http-tls'))).toBe('')
    third.destroy()
    stranger.write('INFO stats\r\n')
    const info = await answerOf(stranger, 'total_error_replies')
    expect(info).toContain('rejected_per_address:4\r\n')
    expect(info).toContain('rejected_connections:4\r\n')
    stranger.destroy()
    held[0]!.destroy()
    const again = async () => {
      const socket = await server.plain('memcached')
      socket.write('mn\r\n')
      const answer = await answerOf(socket, '\n')
      socket.destroy()
      return answer
    }
    await expect.poll(again).toBe('MN\r\n')
  })

  test('a port for TLS closes what it has no room for', async () => {
    const server = await openSecure({ handOff, maxConnections: 2 })
    for (const held of [await server.plain('redis'), await server.plain('redis')]) {
      held.write('PING\r\n')
      expect(await answerOf(held, '\n')).toBe('+PONG\r\n')
    }
    const socket = await server.plain('redis-tls')
    expect(await answerOf(socket)).toBe('')
    const plain = await server.plain('redis')
    expect(await answerOf(plain)).toBe('-ERR max number of clients reached\r\n')
  })

  test('the size of a request, and the connection goes on', async () => {
    const server = await openSecure({ handOff, maxRequestSize: '64kb' })
    const redis = await server.plain('redis')
    const value = 'x'.repeat(MIB - 1000)
    const words = ['MSET', 'a', value, 'b', value, 'c', value]
    redis.write(`*7\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}PING\r\n`)
    expect(await answerOf(redis, 'PONG')).toBe(
      `-ERR the arguments have more than ${2 * MIB} bytes together\r\n+PONG\r\n`,
    )
    const memcached = await server.plain('memcached')
    memcached.write(`set a 0 0 ${3 * MIB}\r\n${'x'.repeat(3 * MIB)}\r\nmn\r\n`)
    expect(await answerOf(memcached, 'MN')).toBe(
      'SERVER_ERROR object too large for cache\r\nMN\r\n',
    )
    memcached.write(`set ${'k'.repeat(5000)}`)
    expect(await answerOf(memcached)).toBe('CLIENT_ERROR line too long\r\n')
    expect(await server.reaches('requests_too_large', 2)).toBe(2)
    expect(await server.stat('store_too_large')).toBe(1)
    expect(await server.stat('curr_items')).toBe(0)
  })

  test('replies that wait for a client, and its requests with them', async () => {
    const written = async (outputBuffer: string, stat: string, least: number) => {
      const server = await openSecure({ handOff, workers: 1, outputBuffer })
      const socket = await lazyReader(server, 60) // 30 MB
      await expect.poll(() => server.stat(stat)).toBeGreaterThan(least)
      await sleep(300)
      const bytes = await server.stat('bytes_written')
      const pauses = await server.stat('output_pauses')
      socket.destroy()
      return { bytes, pauses }
    }
    const little = await written('64kb', 'output_pauses', 0)
    const much = await written('64mb', 'bytes_written', 30 * MIB)
    expect(little.bytes).toBeLessThan(15 * MIB) // of which the system holds the most
    expect(much.pauses).toBe(0)
  })

  test('requests that are read ahead of their execution', async () => {
    const server = await openSecure({ handOff, workers: 1, inputBuffer: '64kb' })
    const socket = await lazyReader(server, 20_000) // 180 KB of requests
    socket.write('get big\r\n'.repeat(1_000_000)) // 9 MB more
    await expect.poll(() => server.stat('input_pauses')).toBeGreaterThan(0)
    await sleep(500)
    expect(await server.stat('bytes_read')).toBeLessThan(2 * MIB)
    expect(socket.writableLength).toBeGreaterThan(0)
  })

  test('who takes no reply is disconnected, who has none waiting is not', async () => {
    const server = await openSecure({ handOff, workers: 1, stallTimeout: 1 })
    const silent = await server.plain('redis')
    const stalled = await lazyReader(server, 100)
    const byTls = await lazyReader(server, 100, 'memcached-tls')
    expect(await server.reaches('stall_kicks', 2)).toBe(2)
    expect(await server.reaches('curr_connections', 2)).toBe(2)
    stalled.resume()
    byTls.resume()
    expect(await eventually(() => stalled.destroyed && byTls.destroyed)).toBe(true)
    silent.write('PING\r\n')
    expect(await answerOf(silent, '\n')).toBe('+PONG\r\n')
  })

  test('the time of an HTTP request, its head and its body', async () => {
    const server = await openSecure({ handOff, httpHeadTimeout: 1, httpRequestTimeout: 2 })
    const heads = await Promise.all([1, 2, 3].map(() => server.plain('http')))
    for (const socket of heads) socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow')
    const drip = setInterval(() => heads.map((socket) => socket.write('w')), 100)
    const body = await server.plain('http')
    body.write('PUT /cache/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf')
    const answers = await Promise.all(heads.map((socket) => answerOf(socket)))
    clearInterval(drip)
    const late = (what: string, seconds: number) =>
      new RegExp(`^HTTP/1.1 408 [\\s\\S]*the ${what} took more than ${seconds} s`)
    for (const answer of answers) expect(answer).toMatch(late('head of the request', 1))
    expect(await answerOf(body)).toMatch(late('request', 2))
    expect(await server.reaches('http_timeouts', 4)).toBe(4)
    expect(await server.stat('curr_items')).toBe(0)
  })

  test('the time to say who it is', async () => {
    const file = certificates.file('users')
    writeFileSync(file, 'ann:secret\n')
    const server = await openSecure({ handOff, authFile: file, authTimeout: 2 })
    const late = '-NOAUTH Authentication timed out.\r\n'
    const login = async () => {
      const socket = await server.plain('redis')
      socket.write('AUTH ann secret\r\n')
      return { socket, answer: await answerOf(socket, '\n') }
    }
    let { socket: known, answer } = await login()
    // A busy machine takes longer than that to verify a password, but only once.
    while (answer === late) ({ socket: known, answer } = await login())
    expect(answer).toBe('+OK\r\n')
    const timeouts = async () => {
      known.write('INFO stats\r\n')
      return Number(/auth_timeouts:(\d+)/.exec(await answerOf(known, 'foreign_requests'))?.[1])
    }
    const before = await timeouts()
    const silent = await server.plain('redis')
    const asks = await server.plain('redis')
    asks.write('PING\r\n')
    const memcached = await server.plain('memcached')
    expect(await answerOf(silent)).toBe(late)
    expect(await answerOf(asks)).toMatch(
      new RegExp(`^-NOAUTH Authentication required.\r\n${late}$`),
    )
    expect(await answerOf(memcached)).toBe('CLIENT_ERROR authentication timed out\r\n')
    expect(await timeouts()).toBe(before + 3)
  })

  test('idle time', async () => {
    const server = await openSecure({ handOff, workers: 1, idleTimeout: 1 })
    const idle = await server.plain('redis')
    idle.resume()
    expect(await eventually(() => idle.destroyed || idle.readableEnded, 10_000)).toBe(true)
    expect(await server.reaches('idle_kicks', 1)).toBe(1)
  })
})

test('the limits of a server are among its settings', async () => {
  const server = await openSecure({ maxConnectionsPerAddress: 9, outputBuffer: '2mb' })
  const socket = await server.plain('memcached')
  socket.write('stats settings\r\n')
  const settings = await answerOf(socket, 'END\r\n')
  for (const line of [
    'ssl_enabled yes',
    'maxconns_per_address 9',
    'max_request_size 67108864',
    'input_buffer 262144',
    'output_buffer 2097152',
    'stall_timeout 300',
    'auth_timeout 10',
  ]) {
    expect(settings).toContain(`STAT ${line}\r\n`)
  }
})

test('an address counts as who can have it', () => {
  expect(addressGroup('10.1.2.3')).toBe('10.1.2.3')
  expect(addressGroup('::ffff:10.1.2.3')).toBe('10.1.2.3')
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(addressGroup('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64')
  expect(addressGroup('2001:db8::1')).toBe('2001:db8:0:0::/64')
  expect(addressGroup('fe80::1%eth0')).toBe('fe80:0:0:0::/64')
  expect(addressGroup('::1')).toBe('0:0:0:0::/64')
})

test('what is kept of addresses is bounded by the slots', () => {
  const board = new ConnectionBoard(ConnectionBoard.create(8))
  const counts = new AddressCounts(board, 2)
  const claim = (address: string) => {
    const slot = board.claim(0, `tcp:${address}:1`, 0, false)
    counts.took(address, slot)
    return slot
  }
  for (let n = 0; n < 1000; n++) board.release(claim(`10.0.${n >> 8}.${n & 255}`))
  expect(counts.size).toBeLessThanOrEqual(8)
  const [first] = [claim('10.9.9.9'), claim('10.9.9.9')]
  expect(counts.hasRoom('10.9.9.9')).toBe(false)
  expect(counts.hasRoom('10.9.9.8')).toBe(true)
  board.close(first!)
  expect(counts.hasRoom('10.9.9.9')).toBe(true)
})

test.each<[ServeOptions, RegExp]>([
  [{ maxConnectionsPerAddress: -1 }, /^maxConnectionsPerAddress is -1.* 0 to 200,000/],
  [{ maxRequestSize: '1kb' }, /^maxRequestSize is "1kb": it must be 64kb to 512mb/],
  [{ inputBuffer: 1 }, /^inputBuffer is 1: it must be 64kb to 64mb/],
  [{ outputBuffer: '1gb' }, /^outputBuffer is "1gb": it must be 64kb to 64mb/],
  [{ outputBuffer: 'much' }, /^outputBuffer is "much": it must be a number of bytes, or/],
  [{ stallTimeout: 90_000 }, /^stallTimeout is 90000.* 0 to 86,400/],
  [{ authTimeout: 0.5 }, /^authTimeout is 0.5.* whole number/],
])('%j', (options, message) => {
  expect(() => resolveServeOptions(options)).toThrow(message)
})

test('the table of the documentation has every limit, its flag, default and counter', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const table = text.slice(text.indexOf('### Limits'), text.indexOf('### Ten thousand'))
  for (const { name, option, standard } of FLAGS) {
    const field = option?.split('.')[1] ?? ''
    if (!(LIMIT_OPTION_NAMES as readonly string[]).includes(field)) continue
    const row = table.split('\n').find((line) => line.includes(`\`--${name}\``))
    expect(row, name).toBeDefined()
    expect(row, name).toContain(` ${standard}`)
  }
  for (const counter of LIMIT_COUNTERS) expect(table).toContain(`\`${counter}\``)
})
