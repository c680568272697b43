/**
 * Which server `heddle bench` loads and how it gets in: its flags, HTTP as it writes and reads it,
 * and who asks. Servers are small ones of the test's own, so that what was sent is seen.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import type { Target } from '../../src/load/connection.ts'
import type { Findings } from '../../src/load/findings.ts'
import { httpText } from '../../src/load/http-text.ts'
import { memcachedMeta } from '../../src/load/memcached-meta.ts'
import { readBenchOptions } from '../../src/load/options.ts'
import { LoadPool } from '../../src/load/pool.ts'
import {
  BROKEN,
  HIT,
  INCOMPLETE,
  MISS,
  REFUSED,
  STORED,
  WRONG_KEY,
  WRONG_LENGTH,
  WRONG_VALUE,
} from '../../src/load/wire-protocol.ts'
import { serve } from '../../src/server/serve.ts'
import { certificates, openSecure } from '../server/secure-server.ts'
import { keyOf, valueTextOf } from './fake-server.ts'

const closing: Server[] = []
let pool: LoadPool
beforeAll(() => {
  pool = new LoadPool(1)
})
afterEach(() => {
  for (const server of closing.splice(0)) server.close()
})
afterAll(() => pool.close())

async function listening(server: Server): Promise<number> {
  closing.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function load(target: Target): Promise<Findings> {
  const values = { low: 100, high: 100 }
  const session = await pool.open({ target, connections: 3, mostDepth: 4, keys: 50, values })
  try {
    await session.preload()
    const choice = { mix: '90/10', choice: 'uniform', trace: undefined, seed: 1 } as const
    return await session.run({
      ...choice,
      ...{ depth: 4, seconds: 0.2, rate: undefined, allowMisses: false },
    })
  } finally {
    await session.close()
  }
}

describe('flags', () => {
  test('a port says the protocol', () => {
    const target = (...args: string[]) => readBenchOptions(args, {}).target
    expect(target('--redis-port', '1')).toMatchObject({ protocol: 'redis', port: 1 })
    expect(target('--memcached-port', '2')).toMatchObject({ protocol: 'memcached', port: 2 })
    expect(target('--http-port', '3')).toMatchObject({ protocol: 'http', port: 3 })
    expect(target('--protocol', 'http')).toMatchObject({ protocol: 'http', port: 8080 })
    expect(target('--tls', '--tls-unverified').tls).toEqual({ ca: undefined, isUnverified: true })
    const { target: asked } = readBenchOptions(['--user', 'ann'], { HEDDLE_PASSWORD: 'pw' })
    expect(asked).toMatchObject({ user: 'ann', password: 'pw' })
  })

  test.each([
    [['--redis-port', '1', '--http-port', '2'], /--redis-port and --http-port exclude each other/],
    [['--redis-port', '1', '--port', '2'], /--redis-port and --port exclude each other/],
    [['--redis-port', '1', '--protocol', 'http'], /--redis-port and --protocol exclude/],
    [['--http-port', '65536'], /--http-port 65536: expected an integer from 1 to 65535/],
    [['--unix-socket', 'x', '--redis-port', '1'], /a port and --unix-socket exclude each other/],
    [['--tls-ca', 'x'], /--tls-ca goes with --tls/],
    [['--tls', '--tls-ca', '/nowhere'], /--tls-ca \/nowhere: ENOENT/],
    [['--user', 'ann'], /--user ann needs a password: HEDDLE_PASSWORD or --password-file/],
  ])('%j is refused', (args, message) => {
    expect(() => readBenchOptions(args, {})).toThrow(message)
  })
})

test('a meta miss may name its key, and it has to be the one that was asked for', () => {
  const get = (text: string) => {
    const note = { outcome: -1 }
    const bytes = Buffer.from(text)
    return [memcachedMeta.readGetReply(bytes, 0, bytes.length, 7, 100, note), note.outcome]
  }
  const named = `EN k${keyOf(7)}\r\n`
  expect(get('EN\r\n')).toEqual([4, MISS])
  expect(get(named)).toEqual([named.length, MISS])
  expect(get(`EN k${keyOf(8)}\r\n`)).toEqual([named.length, WRONG_KEY])
  expect(get('EN x\r\n')[0]).toBe(BROKEN)
})

describe('HTTP as bytes', () => {
  const protocol = httpText('h:1', 'Basic x')
  const body = valueTextOf(7, 100)
  const reply = (status: string, text: string, header = 'Content-Length') =>
    Buffer.from(`HTTP/1.1 ${status}\r\nETag: "1"\r\n${header}: ${text.length}\r\n\r\n${text}`)
  const get = (bytes: Buffer, end = bytes.length) => {
    const note = { outcome: -1 }
    return [protocol.readGetReply(bytes, 0, end, 7, 100, note), note.outcome]
  }

  test('requests name the host and who asks', () => {
    const batch = Buffer.alloc(2000)
    const end = protocol.writeSet(batch, protocol.writeGet(batch, 0, 6), 7, 100, 0, false)
    const who = 'HTTP/1.1\r\nHost: h:1\r\nAuthorization: Basic x\r\n'
    expect(batch.toString('latin1', 0, end)).toBe(
      `GET /cache/${keyOf(6)} ${who}\r\n` +
        `PUT /cache/${keyOf(7)} ${who}Content-Length: 100\r\n\r\n${body}`,
    )
  })

  test('every prefix of a reply is incomplete, the whole is read', () => {
    for (const bytes of [reply('200 OK', body), reply('200 OK', body, 'content-length')]) {
      for (let end = 0; end < bytes.length; end++) expect(get(bytes, end)[0]).toBe(INCOMPLETE)
      expect(get(bytes)).toEqual([bytes.length, HIT])
    }
  })

  test('what replies turn out to be', () => {
    const outcomeOf = (bytes: Buffer) => get(bytes)[1]
    expect(outcomeOf(reply('404 Not Found', '{}'))).toBe(MISS)
    expect(outcomeOf(reply('503 Busy', 'no'))).toBe(REFUSED)
    expect(outcomeOf(reply('200 OK', body.slice(1)))).toBe(WRONG_LENGTH)
    expect(outcomeOf(reply('200 OK', valueTextOf(8, 100)))).toBe(WRONG_VALUE)
    const note = { outcome: -1 }
    const empty = Buffer.from('HTTP/1.1 204 No Content\r\nETag: "2"\r\n\r\n')
    expect(protocol.readSetReply(empty, 0, empty.length, note)).toBe(empty.length)
    expect(note.outcome).toBe(STORED)
    for (const bad of [
      'VALUE x 0 1\r\nxxxxxx',
      'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n',
    ]) {
      expect(get(Buffer.from(bad))[0]).toBe(BROKEN)
    }
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(get(Buffer.from(chunked))[0]).toBe(BROKEN)
  })
})

test('a load over HTTP, with who asks in each request', async () => {
  const stored = new Map<string, Buffer>()
  const seen = new Set<string | undefined>()
  const server = createHttp(async (request: IncomingMessage, response) => {
    seen.add(request.headers.authorization)
    const key = request.url!
    if (request.method === 'GET') {
      const value = stored.get(key)
      response.writeHead(value === undefined ? 404 : 200, { 'Content-Length': value?.length ?? 0 })
      response.end(value)
      return
    }
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    stored.set(key, Buffer.concat(pieces))
    response.writeHead(204).end()
  })
  const port = await listening(server)
  const place = { protocol: 'http', host: '127.0.0.1', port } as const
  const found = await load({ ...place, user: 'ann', password: 'pässword' })
  expect(found.errors, found.errorText).toBe(0)
  expect([found.hitRatio, stored.size]).toEqual([1, 50])
  expect(found.operations).toBeGreaterThan(50)
  expect([...seen]).toEqual([`Basic ${Buffer.from('ann:pässword').toString('base64')}`])
})

describe.each([
  [
    'memcached',
    'set auth 0 0 9\r\nann secret\r\n',
    'STORED\r\n',
    'CLIENT_ERROR authentication\r\n',
  ],
  ['redis', '*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$6\r\nsecret\r\n', '+OK\r\n', '-WRONGPASS no\r\n'],
] as const)('who asks, in the words of %s', (protocol, words, yes, no) => {
  const server = (answer: string, seen: string[]) =>
    createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (bytes) => {
        seen.push(bytes.toString())
        socket.write(answer)
      })
    })
  const target = async (answer: string, seen: string[]): Promise<Target> => {
    const port = await listening(server(answer, seen))
    return { protocol, host: '127.0.0.1', port, user: 'ann', password: 'secret' }
  }
  const shape = { connections: 1, mostDepth: 1, keys: 1, values: { low: 32, high: 32 } }

  test('it is said first', async () => {
    const seen: string[] = []
    const session = await pool.open({ ...shape, target: await target(yes, seen) })
    await session.close()
    expect(seen).toEqual([words.replace('0 0 9', '0 0 10')])
  })

  test('a refusal ends it with the words of the server, not with the password', async () => {
    const opening = pool.open({ ...shape, target: await target(no, []) })
    await expect(opening).rejects.toThrow(/it refuses these credentials: .*(?:auth|WRONGPASS)/)
    await expect(opening).rejects.not.toThrow(/secret/)
  })
})

test('a load over TLS, with a certificate that is trusted and one that is not', async () => {
  const { ports } = await openSecure()
  const ca = certificates.read('ca.pem')
  for (const protocol of ['memcached', 'redis'] as const) {
    const port = ports[`${protocol}-tls`]!
    const target = { protocol, host: '127.0.0.1', port }
    const found = await load({ ...target, tls: { ca, isUnverified: false } })
    expect(found.errors, found.errorText).toBe(0)
    expect(found.operations).toBeGreaterThan(50)
    const untrusted = load({ ...target, tls: { ca: undefined, isUnverified: false } })
    await expect(untrusted).rejects.toThrow(/cannot connect to .*(?:certificate|unable to verify)/)
  }
})

test('a load on heddle through each of its ports, where there are users', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-load-users-'))
  const authFile = join(folder, 'users')
  writeFileSync(authFile, 'ann:good-password read write\n', { mode: 0o600 })
  const engine = createEngine({ name: 'load-users', memory: '8mb' })
  const doors = { memcachedPort: 0, redisPort: 0, httpPort: 0, workers: 1 }
  const server = await serve(engine, { ...doors, authFile })
  try {
    for (const [protocol, addresses] of [
      ['memcached', server.addresses],
      ['redis', server.redisAddresses],
      ['http', server.httpAddresses],
    ] as const) {
      const port = Number(/\d+$/.exec(addresses[0]!)![0])
      const place = { protocol, host: '127.0.0.1', port, user: 'ann' }
      const found = await load({ ...place, password: 'good-password' })
      expect(found.errors, `${protocol}: ${found.errorText}`).toBe(0)
      expect([found.hitRatio, found.operations > 50], protocol).toEqual([1, true])
    }
  } finally {
    await server.close()
    engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
