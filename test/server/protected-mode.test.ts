/**
 * Protected mode: what other machines, or other users of this one, could reach is not opened to
 * everybody unless somebody said so; and what is opened by default, nobody else reaches.
 */
import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HeddleError } from '../../src/index.ts'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { serve } from '../../src/server/serve.ts'
import { testEngine } from './open-server.ts'

function refusalOf(options: ServeOptions): HeddleError {
  try {
    resolveServeOptions(options)
  } catch (error) {
    return error as HeddleError
  }
  throw new Error(`taken: ${JSON.stringify(options)}`)
}

const PORTS: readonly ServeOptions[] = [
  {},
  { memcachedPort: 0 },
  { redisPort: 0 },
  { httpPort: 0 },
  { httpTlsPort: 0, tlsCert: 'c', tlsKey: 'k' },
  { httpTlsPort: 0, tlsCert: 'c', tlsKey: 'k', tlsCa: 'a', tlsClientAuth: 'optional' },
  { redisPort: 0, redisTlsPort: 0, tlsCert: 'c', tlsKey: 'k', tlsCa: 'a' },
]

describe.each(PORTS)('%j', (ports) => {
  test.each([
    '0.0.0.0',
    '::',
    '192.168.1.1',
    '::ffff:10.0.0.1',
    'fe80::1',
    '128.0.0.1',
    'cache.example.com',
    'localhost.example.com',
    '127.1', // a name, as far as Node is concerned
    '127.0.0.1, 10.0.0.1',
  ])('is refused at %s, in one line', (host) => {
    const error = refusalOf({ ...ports, host })
    const shown = host.split(', ').at(-1)!
    expect(error).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: 'host', value: shown })
    expect(error.message).toBe(
      `host is "${shown}": other machines can reach it and there are no users; name users with ` +
        'authFile (--auth-file), take 127.0.0.1, or accept it with insecure (--insecure)',
    )
  })

  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    'localhost',
    'LocalHost',
  ])('may listen at %s', (host) => {
    expect(resolveServeOptions({ ...ports, host }).auth.isProtected).toBe(true)
  })

  test('may listen anywhere with users, or if somebody says so', () => {
    const open = { ...ports, host: '0.0.0.0' }
    expect(resolveServeOptions({ ...open, authFile: 'users' }).auth.isProtected).toBe(false)
    expect(resolveServeOptions({ ...open, insecure: true }).auth.isProtected).toBe(false)
    expect(refusalOf({ ...open, insecure: false }).field).toBe('host')
  })
})

test('certificates of clients are users enough, where no other port is open', () => {
  const tls = { redisTlsPort: 0, tlsCert: 'c', tlsKey: 'k', tlsCa: 'a', host: '0.0.0.0' }
  expect(resolveServeOptions(tls).auth.isProtected).toBe(false)
  expect(refusalOf({ ...tls, httpPort: 0 }).field).toBe('host')
})

test('a name that stands for an address of others is refused once that is known', async () => {
  const options = resolveServeOptions({ host: 'localhost', memcachedPort: 0, workers: 1 })
  const engine = testEngine()
  // As if the machine knew localhost by that address.
  const ports = [{ host: '0.0.0.0', port: 0 }]
  const thread = new ServerThread({ engine: engine.handle, options: { ...options, ports } })
  await expect(thread.start()).rejects.toThrow(/^host is "0\.0\.0\.0": other machines can reach it/)
  engine.close()
})

test('by default nothing is reached from elsewhere', async () => {
  const engine = testEngine()
  const server = await serve(engine, { memcachedPort: 0, redisPort: 0, httpPort: 0, workers: 1 })
  const addresses = [...server.addresses, ...server.redisAddresses, ...server.httpAddresses]
  expect(addresses).toHaveLength(3)
  const outer = Object.values(networkInterfaces()).flat()
  const address = outer.find((each) => each?.internal === false && each.family === 'IPv4')?.address
  for (const [host, port] of addresses.map((each) => each.split(':'))) {
    expect(host).toBe('127.0.0.1')
    if (address === undefined) continue
    const socket = connect(Number(port), address)
    const code = await new Promise((resolve) => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      socket.on('connect', () => resolve('connected'))
    })
    expect(code).toBe('ECONNREFUSED')
  }
  await server.close()
  engine.close()
})

describe('unix sockets', () => {
  test.each(['777', '707', '0702', '666'])('mode %s is refused without users', (unixSocketMode) => {
    const error = refusalOf({ unixSocket: '/tmp/s', unixSocketMode })
    const mode = unixSocketMode.replace(/^0/, '')
    expect(error).toMatchObject({ field: 'unixSocketMode', value: mode })
    expect(error.message).toMatch(/every user of this machine could connect and there are no users/)
    for (const remedy of [{ authFile: 'users' }, { insecure: true }]) {
      const options = { unixSocket: '/tmp/s', unixSocketMode, ...remedy }
      expect(resolveServeOptions(options).auth.unixSocketMode).toBe(Number.parseInt(mode, 8))
    }
    // Without a socket nothing is opened.
    expect(resolveServeOptions({ unixSocketMode }).unixSocket).toBeUndefined()
  })

  test.each(['999', '07777', '77', '', 'rwx'])('mode %j is none', (unixSocketMode) => {
    const message = /^unixSocketMode is .*: it must be three octal digits$/
    expect(refusalOf({ unixSocketMode }).message).toMatch(message)
  })

  test('a number is no mode: 700 might be either', () => {
    const unixSocketMode = 700 as unknown as string
    expect(refusalOf({ unixSocketMode }).code).toBe('HEDDLE_BAD_TYPE')
  })

  test.each([
    ['here', undefined, 0o700],
    ['here', '770', 0o770],
    ['worker', undefined, 0o700],
    ['worker', '0600', 0o600],
  ] as const)('accepted %s, mode %s', async (acceptor, unixSocketMode, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-'))
    const unixSocket = join(folder, 's')
    const engine = testEngine()
    const before = process.umask()
    const options = resolveServeOptions({ unixSocket, unixSocketMode, acceptor, workers: 1 })
    const spec = { engine: engine.handle, options }
    const server = acceptor === 'here' ? new ServerThread(spec) : new AcceptorThread(spec)
    await server.start()
    expect(statSync(unixSocket).mode & 0o777).toBe(expected)
    expect(process.umask()).toBe(before)
    await server.close()
    engine.close()
    await rm(folder, { recursive: true })
  })
})
