/**
 * Users as real clients meet them: ioredis, redis, memjs and curl, unchanged, with name and
 * password, against a server in a process of its own; the file is read again while they are there.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { Client } from 'memjs'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HIDDEN, SECRET } from '../auth/support.ts'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

const TOKEN = 'a-token-of-more-than-32-characters'
const ANN = `ann:${SECRET} read write`
const USERS = `
  ${ANN}
  default:adm admin
  app:hidden prefix=app:
  ro:${SECRET} read
  wo:${SECRET} write
  bot:* read token=${TOKEN}
  gone:${SECRET}
`
const folder = mkdtempSync(join(tmpdir(), 'heddle-users-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  const file = join(folder, handOff)
  let server: HeddleServer
  beforeAll(async () => {
    writeFileSync(file, USERS, { mode: 0o600 })
    const ports = ['--redis-port', '0', '--http-port', '0', '--workers', '2']
    server = await startHeddle([...ports, '--handoff', handOff, '--auth-file', file])
  })
  afterAll(() => server.stop())

  function redisAs(username: string | undefined, password?: string): Redis {
    const credentials = username === undefined ? {} : { username, password: password ?? 'secret' }
    const options = { port: server.redisPort, lazyConnect: true, retryStrategy: () => null }
    return new Redis({ ...options, ...credentials }).on('error', () => {})
  }

  /** Status and body. */
  async function curl(path: string, ...args: readonly string[]): Promise<[number, string]> {
    const url = `http://127.0.0.1:${server.httpPort}${path}`
    const all = ['-s', '-m', '20', '-w', '\n%{http_code}', ...args, url]
    const { stdout } = await promisify(execFile)('curl', all)
    const at = stdout.lastIndexOf('\n')
    return [Number(stdout.slice(at + 1)), stdout.slice(0, at)]
  }

  test.each([
    ['ro', 'secret', false],
    ['app', 'hidden', false], // it writes, and has a prefix
    ['wo', 'secret', true],
    ['ann', 'secret', true],
    ['default', 'adm', true],
  ])('%s may empty the cache by every door, or by none', async (name, password, may) => {
    const [admin, redis] = [redisAs('default', 'adm'), redisAs(name, password)]
    const memcached = Client.create(`127.0.0.1:${server.port}`, {
      ...{ logger: { log: () => {} }, retries: 1, timeout: 20, username: name, password },
    })
    const doors: Readonly<Record<string, () => Promise<unknown>>> = {
      FLUSHALL: () => redis.flushall(),
      FLUSHDB: () => redis.flushdb(),
      flush_all: () => memcached.flush(),
      'DELETE /cache': async () => {
        const [status] = await curl('/cache', '-u', `${name}:${password}`, '-X', 'DELETE')
        expect(status).toBe(may ? 204 : 403)
      },
    }
    for (const [door, empty] of Object.entries(doors)) {
      await admin.set('kept', 'v')
      await empty().catch(() => {})
      expect([door, await admin.exists('kept')]).toEqual([door, may ? 0 : 1])
    }
    memcached.close()
    for (const client of [admin, redis]) client.disconnect()
  })

  test('ioredis, in RESP2 and RESP3', async () => {
    for (const protocol of [2, 3] as const) {
      const credentials = { username: 'ann', password: 'secret', connectionName: 'me' }
      const client = new Redis({ port: server.redisPort, protocol, ...credentials })
      expect(await client.set('k', 'v')).toBe('OK')
      expect(await client.get('k')).toBe('v')
      expect(await client.call('ACL', 'WHOAMI')).toBe('ann')
      const replies = await client.pipeline().set('p', '1').incr('p').get('p').exec()
      expect(replies?.map(([, reply]) => reply)).toEqual(['OK', 2, '2'])
      await expect(client.config('GET', '*')).rejects.toThrow('NOPERM')
      await client.quit()
    }
  })

  test('ioredis with a password alone, a wrong one, and none', async () => {
    const admin = new Redis({ port: server.redisPort, password: 'adm' })
    expect(await admin.config('GET', 'maxclients')).toHaveLength(2)
    await admin.quit()
    const wrong = redisAs('ann', 'wrong')
    await wrong.connect().catch(() => {})
    await expect(wrong.get('k')).rejects.toThrow(/NOAUTH|WRONGPASS|closed/)
    wrong.disconnect()
    const nobody = redisAs(undefined)
    await nobody.connect().catch(() => {})
    await expect(nobody.get('k')).rejects.toThrow(/NOAUTH|closed/)
    nobody.disconnect()
  })

  test('redis', async () => {
    for (const RESP of [2, 3] as const) {
      const socket = { port: server.redisPort, reconnectStrategy: false as const }
      const client = createClient({ RESP, socket, username: 'app', password: 'hidden' })
      await client.connect()
      expect(await client.set('app:k', 'v')).toBe('OK')
      expect(await client.get('app:k')).toBe('v')
      await expect(client.get('other')).rejects.toThrow('NOPERM')
      expect(await client.keys('*')).toEqual(['app:k'])
      await client.close()
      const wrong = createClient({ RESP, socket, username: 'app', password: 'secret' })
      wrong.on('error', () => {})
      await expect(wrong.connect()).rejects.toThrow('WRONGPASS')
    }
  })

  test('memjs by SASL', async () => {
    const options = { logger: { log: () => {} }, retries: 1, timeout: 20 }
    const as = (username: string, password: string): Client => {
      return Client.create(`127.0.0.1:${server.port}`, { ...options, username, password })
    }
    const ann = as('ann', 'secret')
    expect(await ann.set('memjs', 'v', {})).toBe(true)
    expect((await ann.get('memjs')).value?.toString()).toBe('v')
    ann.close()
    const ro = as('ro', 'secret')
    expect((await ro.get('memjs')).value?.toString()).toBe('v')
    await expect(ro.set('memjs', 'w', {})).rejects.toThrow()
    expect((await ro.get('memjs')).value?.toString()).toBe('v')
    ro.close()
  })

  test('curl: Basic and Bearer, 401 and 403', async () => {
    expect((await curl('/cache/c', '-u', 'ann:secret', '-X', 'PUT', '-d', 'v'))[0]).toBe(201)
    expect(await curl('/cache/c', '-u', 'ro:secret')).toEqual([200, 'v'])
    expect(await curl('/cache/c', '-H', `Authorization: Bearer ${TOKEN}`)).toEqual([200, 'v'])
    const [status, answer] = await curl('/cache/c', '-i')
    expect(status).toBe(401)
    expect(answer).toMatch(/^WWW-Authenticate: Basic realm="heddle", charset="UTF-8"/m)
    expect(answer).toMatch(/^Content-Type: application\/problem\+json/m)
    const attacks: readonly (readonly [number, ...string[]])[] = [
      [401, '-u', 'ann:wrong'],
      [401, '-u', 'nobody:secret'],
      [401, '-H', `Authorization: Bearer ${TOKEN}x`],
      [401, '-H', 'Authorization: Basic !'],
      [403, '-u', 'ro:secret', '-X', 'PUT', '-d', 'w'],
      [403, '-u', 'ro:secret', '-X', 'DELETE'],
      [403, '-u', 'app:hidden'],
      [403, '-H', `Authorization: Bearer ${TOKEN}`, '-X', 'PUT', '-d', 'w'],
    ]
    for (const [expected, ...args] of attacks) {
      const [code, body] = await curl('/cache/c', ...args)
      expect([code, JSON.parse(body).status], args.join(' ')).toEqual([expected, expected])
    }
    const refused = async (path: string, ...args: readonly string[]): Promise<unknown> => {
      const [code, body] = await curl(path, ...args)
      return [code, JSON.parse(body).detail]
    }
    const all = 'this user has no right to write all keys' // it has a prefix
    expect(await refused('/cache', '-u', 'app:hidden', '-X', 'DELETE')).toEqual([403, all])
    const admin = 'this user is no administrator'
    expect(await refused('/hotkeys', '-u', 'ro:secret')).toEqual([403, admin])
    const mget = async (...keys: readonly string[]): Promise<number> => {
      const json = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ keys })]
      return (await curl('/mget', '-u', 'app:hidden', ...json))[0]
    }
    expect([await mget('app:k'), await mget('app:k', 'c')]).toEqual([200, 403])
    expect((await curl('/mget', '-d', JSON.stringify({ keys: ['c'] })))[0]).toBe(415)
    const nobody = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ keys: ['c'] })]
    expect((await curl('/mget', ...nobody))[0]).toBe(401)
    // What answers with a value needs the right to read it, also if it writes.
    const write = ['-u', 'wo:secret', '-X']
    expect((await curl('/cache/n', ...write, 'PUT', '-d', '1'))[0]).toBe(201)
    expect((await curl('/cache/n/incr', ...write, 'POST'))[0]).toBe(403)
    expect((await curl('/cache/n', ...write, 'GET'))[0]).toBe(403)
    expect((await curl('/cache/n/incr', '-u', 'ann:secret', '-X', 'POST'))[0]).toBe(200)
    expect((await curl('/healthz'))[0]).toBe(200)
    expect(await curl('/cache/c', '-u', 'ann:secret')).toEqual([200, 'v'])
  })

  test('who is taken out of the file is disconnected, who is not goes on', async () => {
    const [ann, gone, listener] = [redisAs('ann'), redisAs('gone'), redisAs('gone')]
    await Promise.all([ann, gone, listener].map((client) => client.connect()))
    await listener.subscribe('news')
    const ended = Promise.all([once(gone, 'end'), once(listener, 'end')])
    writeFileSync(file, `${ANN}\ndefault:adm admin\n`)
    process.kill(server.pid, 'SIGHUP')
    await ended
    expect(await ann.get('k')).toBe('v')
    await expect(redisAs('gone').connect()).rejects.toThrow()
    expect((await curl('/cache/c', '-u', 'ro:secret'))[0]).toBe(401)
    // A password that is changed counts at once, and so do new users.
    writeFileSync(file, `${ANN}\nnew:${HIDDEN} read\n`)
    process.kill(server.pid, 'SIGHUP')
    for (;;) if ((await curl('/cache/c', '-u', 'new:hidden'))[0] === 200) break
    // A bad file changes nothing.
    writeFileSync(file, 'ann:secret raed\n')
    process.kill(server.pid, 'SIGHUP')
    expect(await ann.get('k')).toBe('v')
    expect((await curl('/cache/c', '-u', 'new:hidden'))[0]).toBe(200)
    ann.disconnect()
  })
})
