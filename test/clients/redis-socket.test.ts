/** Redis clients by a unix socket: `redis-cli -s`, ioredis and node-redis, with either hand-off. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasRedis } from '../protocols/redis/redis-server.ts'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

const run = promisify(execFile)

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-redis-socket-'))
  const path = join(folder, 'redis.sock')
  let server: HeddleServer
  beforeAll(async () => {
    const flags = ['--redis-socket', path, '--handoff', handOff, '--workers', '1']
    server = await startHeddle(flags)
  })
  afterAll(async () => {
    await server.stop()
    expect(existsSync(path)).toBe(false)
    rmSync(folder, { recursive: true })
  })

  test('ioredis', async () => {
    const client = new Redis({ path, lazyConnect: true })
    await client.connect()
    expect(await client.set('a', 'by path')).toBe('OK')
    expect(await client.get('a')).toBe('by path')
    expect(await client.select(3)).toBe('OK')
    expect(await client.get('a')).toBeNull()
    const line = String(await client.client('INFO'))
    expect(line).toContain(` addr=${path}:0 laddr=${path}:0 `)
    expect(line).toMatch(/ flags=U db=3 /)
    await client.quit()
  })

  test('redis', async () => {
    const client = createClient({ RESP: 3, socket: { path, tls: false } })
    await client.connect()
    expect(await client.incrBy('n', 41)).toBe(41)
    expect(await client.multi().incr('n').get('n').exec()).toEqual([42, '42'])
    await client.close()
  })

  test('redis-cli -s (needs redis-tools)', async () => {
    if (!hasRedis()) return
    const { stdout } = await run('redis-cli', ['-s', path, 'SET', 'c', '1', 'GET'])
    expect(stdout).toBe('\n')
    const info = await run('redis-cli', ['-s', path, 'INFO', 'server'])
    expect(info.stdout).toMatch(/^tcp_port:0\r$/m)
  })
})
