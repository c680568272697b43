/**
 * What a page in somebody's browser can send to ports of this machine is HTTP, with a body of its
 * choice: real HTTP clients try to have commands executed so, at every port that speaks no HTTP.
 * The connection ends before the body is looked at, however it comes; it is counted and logged.
 */
import { execFile } from 'node:child_process'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { killAll, start } from './cli-process.ts'
import { answerOf, eventually, HAND_OFFS } from './open-server.ts'
import { openSecure, type SecureServer } from './secure-server.ts'

afterEach(killAll)

const run = promisify(execFile)
/** Of both protocols, in case one is executed. */
const SMUGGLED =
  '\r\nset stolen 0 0 1\r\nx\r\nSET stolen x\r\n*3\r\n$3\r\nSET\r\n$6\r\nstolen\r\n$1\r\nx\r\n'
const PORTS = ['memcached', 'redis'] as const

/** What a client is told, or the error that it ends with. */
type Browser = (server: SecureServer, port: string, body: string) => Promise<unknown>

const fetches: Browser = (server, port, body) =>
  fetch(`http://127.0.0.1:${server.ports[port]}/x`, { method: 'POST', body })

const posts: Browser = (server, port, body) =>
  new Promise((resolve, reject) => {
    const options = { port: server.ports[port], method: 'POST', headers: { 'X-Extra': 'y' } }
    const request = httpRequest(options, resolve)
    request.on('error', reject)
    request.end(body)
  })

const curls =
  (...args: readonly string[]): Browser =>
  async (server, port, body) => {
    const scheme = port.endsWith('-tls') ? 'https' : 'http'
    const url = `${scheme}://127.0.0.1:${server.ports[port]}/x`
    const more = ['-sS', '-k', '-m', '30', '--http0.9', ...args]
    const { stdout } = await run('curl', [...more, '--data-binary', body, url])
    if (!stdout.startsWith('-ERR') && !stdout.startsWith('ERROR')) throw new Error(stdout)
    return stdout
  }

const BROWSERS: readonly [string, Browser][] = [
  ['fetch', fetches],
  ['node:http', posts],
  ['curl', curls()],
  ['curl, chunked', curls('-H', 'Transfer-Encoding: chunked')],
  ['curl, waiting for 100', curls('-H', 'Expect: 100-continue')],
  ['curl, HTTP/1.0', curls('-0')],
  ['curl, a form', curls('-H', 'Content-Type: text/plain')],
  ['curl, PUT', curls('-X', 'PUT')],
  ['curl, asking for HTTP/2', curls('--http2')],
]

describe.each(HAND_OFFS)('%s', (handOff) => {
  test.each(BROWSERS)('%s', async (_, browse) => {
    const server = await openSecure({ handOff })
    for (const port of PORTS) {
      const outcome = await browse(server, port, SMUGGLED).catch((error: Error) => error)
      // Redis answers GET and PUT with an error before it sees a Host: nothing more comes.
      if (!(outcome instanceof Error)) expect(String(outcome)).toMatch(/^-ERR [^\n]*\n$/)
    }
    expect(await server.reaches('foreign_requests', 2)).toBe(2)
    expect(await server.stat('curr_items')).toBe(0)
    expect(await server.stat('cmd_set')).toBe(0)
  })

  test('a GET whose headers are commands', async () => {
    const server = await openSecure({ handOff })
    for (const port of PORTS) {
      const browse = curls('-G', '-H', 'User-Agent: x', '-H', 'set stolen 0 0 1:')
      await browse(server, port, 'set=stolen').catch(() => {})
    }
    expect(await server.reaches('foreign_requests', 2)).toBe(2)
    expect(await server.stat('cmd_set')).toBe(0)
  })

  test('byte by byte, and behind a command that is one', async () => {
    const server = await openSecure({ handOff })
    const head = 'POST /x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n'
    for (const port of PORTS) {
      const slow = await server.plain(port)
      for (const byte of head + SMUGGLED) {
        if (slow.destroyed || slow.readableEnded) break
        slow.write(byte)
        await sleep(1)
      }
      slow.resume()
      expect(await eventually(() => slow.destroyed || slow.readableEnded)).toBe(true)
      const pipelined = await server.plain(port)
      pipelined.write(`version\r\n${head}${SMUGGLED}`)
      expect(await answerOf(pipelined)).toMatch(/^(?:VERSION|-ERR unknown command)[^\n]*\n$/)
    }
    expect(await server.reaches('foreign_requests', 4)).toBe(4)
    expect(await server.stat('cmd_set')).toBe(0)
    expect(await server.stat('curr_items')).toBe(0)
  })

  test('a port that speaks TLS: no further than the handshake, or than a plain one', async () => {
    const server = await openSecure({ handOff })
    for (const port of PORTS) {
      const told = await curls()(server, `${port}-tls`, SMUGGLED).catch(String)
      expect(told).toMatch(/alert|ALPN|SSL|TLS/i)
      await curls('--no-alpn')(server, `${port}-tls`, SMUGGLED).catch(() => {})
      // node:https names no protocol.
      await new Promise((resolve) => {
        const options = { port: server.ports[`${port}-tls`], rejectUnauthorized: false }
        httpsRequest({ ...options, method: 'POST' }, resolve)
          .on('error', resolve)
          .end(SMUGGLED)
      })
    }
    expect(await server.reaches('foreign_requests', 4)).toBe(4)
    expect(await server.reaches('tls_handshake_failures', 2)).toBe(2)
    expect(await server.stat('cmd_set')).toBe(0)
  })
})

test('the log has one line of it, however often it happens', async () => {
  const running = await start(['-p', '0', '-t', '1'], {}, 'pipe')
  let told = ''
  running.child.stderr!.on('data', (text) => (told += text))
  for (let n = 0; n < 20; n++) {
    await fetch(`http://127.0.0.1:${running.port}/`, { method: 'POST', body: 'x' }).catch(() => {})
  }
  const line = /HTTP came from tcp:127\.0\.0\.1:\d+ at the port for memcached[^\n]*closed/g
  expect(await eventually(() => told.match(line)?.length === 1)).toBe(true)
  await running.end('SIGTERM')
  expect(told.match(line)).toHaveLength(1)
})
