/**
 * TLS with both hand-offs: real clients are served, and what should not come in does not. Attacks
 * are counted, and nobody else is slowed by them.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { answerOf, eventually, HAND_OFFS, SOON_MS } from './open-server.ts'
import { certificates, openSecure, type SecureServer } from './secure-server.ts'

const CA = ['--cacert', certificates.file('ca.pem')]
const run = promisify(execFile)

/** What openssl's client says when it is fed this, until it says what is wanted, or for long. */
async function sClient(
  port: number,
  args: readonly string[],
  input: string,
  wanted: RegExp,
): Promise<string> {
  const where = ['-connect', `127.0.0.1:${port}`, '-CAfile', certificates.file('ca.pem')]
  const child = spawn('openssl', ['s_client', ...where, ...args])
  child.stdin.on('error', () => {})
  let said = ''
  child.stdout.on('data', (text) => (said += text))
  child.stderr.on('data', (text) => (said += text))
  const closed = once(child, 'close')
  child.stdin.write(input)
  await eventually(() => wanted.test(said) || child.exitCode !== null)
  child.stdin.end()
  const timer = setTimeout(() => child.kill(), 5000)
  await closed
  clearTimeout(timer)
  return said
}

/** Whether a client's handshake leads to an answer. */
async function isServed(
  server: SecureServer,
  options: Parameters<SecureServer['dial']>[1],
): Promise<boolean> {
  const socket = server.dial('memcached-tls', options)
  socket.write('mn\r\n')
  const answer = await answerOf(socket, '\n')
  socket.destroy()
  return answer === 'MN\r\n'
}

test('all protocols, with TLS and without, at seven addresses', async () => {
  const hosts = [1, 2, 3, 4, 5, 6, 7].map((n) => `127.0.0.${n}`)
  const { server } = await openSecure({ host: hosts.join(',') })
  const { addresses, redisAddresses, httpAddresses, tlsAddresses } = server
  const all = [addresses, redisAddresses, httpAddresses, ...Object.values(tlsAddresses)]
  const hostsOf = (list: readonly string[]) => list.map((address) => address.split(':')[0])
  expect(all.map(hostsOf)).toEqual(Array.from({ length: 6 }, () => hosts))
})

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('the same cache by TLS and in plain text, also values of many records', async () => {
    const server = await openSecure({ handOff })
    const value = Buffer.alloc(900_000, 'abcdefghij').toString()
    const socket = await server.secure('memcached-tls')
    socket.write(`set big 0 0 ${value.length}\r\n${value}\r\nget big\r\nset small 0 0 2\r\nhi\r\n`)
    const answer = await answerOf(socket, 'END\r\nSTORED\r\n')
    expect(
      answer === `STORED\r\nVALUE big 0 ${value.length}\r\n${value}\r\nEND\r\nSTORED\r\n`,
    ).toBe(true)
    const redis = await server.secure('redis-tls')
    redis.write('*2\r\n$3\r\nGET\r\n$5\r\nsmall\r\n')
    expect(await answerOf(redis, 'hi\r\n')).toBe('$2\r\nhi\r\n')
    const plain = await server.plain('redis')
    plain.write('STRLEN big\r\n')
    expect(await answerOf(plain, '\n')).toBe(`:${value.length}\r\n`)
    expect(await server.reaches('tls_handshakes', 2)).toBe(2)
    expect(await server.reaches('tls_handshake_failures', 0)).toBe(0)
  })

  test('redis-cli --tls, ioredis, curl and openssl s_client', async () => {
    const server = await openSecure({ handOff })
    const cli = ['-p', String(server.ports['redis-tls']), '--tls', '--sni', 'localhost', ...CA]
    expect((await run('redis-cli', [...cli, 'set', 'from', 'cli'])).stdout).toBe('OK\n')
    const tls = { ca: certificates.read('ca.pem'), servername: 'localhost' }
    const client = new Redis(server.ports['redis-tls']!, '127.0.0.1', { tls })
    expect(await client.get('from')).toBe('cli')
    const values = await Promise.all(Array.from({ length: 500 }, () => client.incr('count')))
    expect(values.at(-1)).toBe(500)
    client.disconnect()
    const url = `https://localhost:${server.ports['http-tls']}/cache/from`
    const { stdout } = await run('curl', ['-sS', '-m', '30', ...CA, '-w', ' %{http_code}', url])
    expect(stdout).toBe('cli 200')
    const answer = /VALUE from 0 3\r\ncli\r\nEND\r\n/
    const input = 'get from\r\nquit\r\n'
    const said = await sClient(server.ports['memcached-tls']!, ['-quiet'], input, answer)
    expect(said).toMatch(answer)
  })

  test('a client certificate that is required: of the authority, and none else', async () => {
    const server = await openSecure({ handOff, tlsCa: certificates.file('ca.pem') })
    const shows = (name: string) => ({
      cert: certificates.read(`${name}.pem`),
      key: certificates.read(`${name}.key`),
    })
    expect(await isServed(server, shows('client'))).toBe(true)
    expect(await isServed(server, {})).toBe(false)
    expect(await isServed(server, shows('stranger'))).toBe(false)
    expect(await isServed(server, { maxVersion: 'TLSv1.2' })).toBe(false)
    expect(await server.reaches('tls_handshake_failures', 3)).toBe(3)
    expect(await server.reaches('curr_connections', 1)).toBe(1)
  })

  test('a client certificate that is optional: none will do, a wrong one will not', async () => {
    const options = { tlsCa: certificates.file('ca.pem'), tlsClientAuth: 'optional' } as const
    const server = await openSecure({ handOff, ...options })
    expect(await isServed(server, {})).toBe(true)
    const [cert, key] = [certificates.read('stranger.pem'), certificates.read('stranger.key')]
    expect(await isServed(server, { cert, key })).toBe(false)
    expect(await server.reaches('tls_handshake_failures', 1)).toBe(1)
  })

  test('old versions, other protocols (ALPN) and renegotiation are refused', async () => {
    const server = await openSecure({ handOff })
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    expect(await isServed(server, old)).toBe(false)
    expect(await isServed(server, { ALPNProtocols: ['h2', 'http/1.1'] })).toBe(false)
    expect(await server.reaches('tls_handshake_failures', 2)).toBe(2)
    expect(await isServed(server, { ALPNProtocols: ['memcached'] })).toBe(true)
    expect(await isServed(server, { maxVersion: 'TLSv1.2' })).toBe(true)
    const args = ['-tls1_2', '-legacy_renegotiation']
    const refused = /RENEGOTIATING[\s\S]*(?:no renegotiation|unexpected message)/
    const said = await sClient(server.ports['memcached-tls']!, args, 'R\n', refused)
    expect(said).toMatch(refused)
  })

  test('plain text at a port for TLS, TLS at a plain port: closed at once, counted', async () => {
    const server = await openSecure({ handOff })
    const plain = await server.plain('memcached-tls')
    plain.write('set a 0 0 1\r\nx\r\n')
    const answer = await answerOf(plain)
    expect(answer).not.toContain('STORED')
    expect(await server.reaches('tls_handshake_failures', 1)).toBe(1)
    for (const port of ['memcached', 'redis']) {
      const startedAt = performance.now()
      const socket = server.dial(port)
      await new Promise((resolve) => socket.once('close', resolve))
      expect(performance.now() - startedAt).toBeLessThan(SOON_MS)
    }
    expect(await server.reaches('foreign_requests', 2)).toBe(2)
    expect(await server.reaches('curr_items', 0)).toBe(0)
  })

  test('a slow handshake is cut in time, and others are served meanwhile', async () => {
    const server = await openSecure({ handOff, tlsHandshakeTimeout: 1 })
    const silent = await server.plain('redis-tls')
    const half = await server.plain('redis-tls')
    half.write(Buffer.from([0x16, 3, 1, 2, 0, 1]))
    expect(await isServed(server, {})).toBe(true)
    for (const socket of [silent, half]) {
      socket.resume()
      expect(await eventually(() => socket.destroyed || socket.readableEnded)).toBe(true)
    }
    expect(await server.reaches('tls_handshake_timeouts', 2)).toBe(2)
    expect(await server.reaches('curr_connections', 1)).toBe(1)
  })

  test('more handshakes than may be under way are refused, others go on', async () => {
    const server = await openSecure({ handOff, workers: 1, maxTlsHandshakes: 3 })
    const slow = await Promise.all([1, 2, 3].map(() => server.plain('redis-tls')))
    expect(await server.reaches('curr_connections', 4)).toBe(4) // and the one that asks
    expect(await isServed(server, {})).toBe(false)
    expect(await server.reaches('tls_handshakes_refused', 1)).toBe(1)
    slow[0]!.destroy()
    const again = async () => (await isServed(server, {})) || (await sleep(50))
    let served: boolean | undefined
    for (let n = 0; n < 40 && served !== true; n++) served = (await again()) === true
    expect(served).toBe(true)
  })

  test('a session is resumed by any worker, and by none after a reload', async () => {
    const server = await openSecure({ handOff, workers: 2 })
    const first = await server.secure('memcached-tls')
    const session = new Promise<Buffer>((resolve) => first.once('session', resolve))
    first.write('mn\r\n')
    const ticket = await session
    const reused: boolean[] = []
    for (let n = 0; n < 4; n++) {
      const socket = await server.secure('memcached-tls', { session: ticket })
      reused.push(socket.isSessionReused())
    }
    expect(reused).toEqual([true, true, true, true])
    await server.server.reload()
    // Each worker hears of it when it comes to that.
    const isResumed = async () => {
      const socket = await server.secure('memcached-tls', { session: ticket })
      return socket.isSessionReused()
    }
    const resumed = async () => [await isResumed(), await isResumed(), await isResumed()]
    await expect.poll(resumed).toEqual([false, false, false])
  })

  test('a reader that stops is held within bounds by TLS, too', async () => {
    const server = await openSecure({ handOff, workers: 1 })
    const value = 'x'.repeat(500_000)
    const socket = await server.secure('memcached-tls')
    socket.write(`set big 0 0 ${value.length}\r\n${value}\r\n`)
    expect(await answerOf(socket, '\n')).toBe('STORED\r\n')
    socket.pause()
    socket.write('get big\r\n'.repeat(200)) // 100 MB
    await expect.poll(() => server.stat('output_pauses')).toBeGreaterThan(0)
    await sleep(500)
    expect(await isServed(server, {})).toBe(true)
    expect(await server.stat('bytes_written')).toBeLessThan(12_000_000)
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
    const whole = 200 * (`VALUE big 0 ${value.length}\r\n`.length + value.length + 7)
    expect(await eventually(() => bytes === whole, 20_000)).toBe(true)
  })
})
