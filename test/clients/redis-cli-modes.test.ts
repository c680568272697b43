/**
 * What `redis-cli` does beside sending commands: it looks through all keys, at the latency and at
 * the figures; and `redis-benchmark` with all tests of commands that are implemented.
 */
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasRedis } from '../protocols/redis/redis-server.ts'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

let server: HeddleServer
beforeAll(async () => {
  server = await startHeddle(['--redis-port', '0', '--workers', '2'])
})
afterAll(() => server.stop())

/** What a tool prints until it ends, or for so long; line by line, so that nothing is held back. */
function run(program: string, args: readonly string[], ms = 30_000): Promise<string> {
  const port = ['-p', String(server.redisPort)]
  return new Promise((resolve) => {
    const all = ['-oL', program, ...port, ...args]
    const child = execFile('stdbuf', all, { timeout: ms }, (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
    child.stdin!.end()
  })
}

const cli = (...args: string[]) => run('redis-cli', args)

test.runIf(hasRedis())('all keys are looked through (needs redis-tools)', async () => {
  for (let n = 0; n < 30; n++) await cli('SET', `key:${n}`, 'v'.repeat(n + 1))
  const big = await cli('--bigkeys')
  expect(big).toContain('Biggest string found \'"key:29"\' has 30 bytes')
  expect(big).toContain('30 strings with 465 bytes (100.00% of keys, avg size 15.50)')
  const memory = await cli('--memkeys')
  expect(memory).toContain('Sampled 30 keys in the keyspace')
  expect(memory).toMatch(/30 strings with \d{4,} bytes \(100\.00% of keys/)
  const names = (await cli('--scan', '--pattern', 'key:1*')).trim().split('\n').sort()
  expect(names).toHaveLength(11)
  for (let n = 0; n < 50; n++) await cli('MGET', ...Array<string>(1000).fill('key:7'))
  const hot = await cli('--hotkeys')
  expect(hot).toContain('Sampled 30 keys in the keyspace!')
  expect(/hot key found with counter: (\d+)\tkeyname: "([^"]+)"/.exec(hot)?.slice(1)).toEqual([
    expect.stringMatching(/^\d\d+$/),
    'key:7',
  ])
  // Without them, as a Redis whose policy is not an LFU one.
  const cold = await startHeddle(['--redis-port', '0', '--workers', '1', '--no-hot-keys'])
  try {
    await run('redis-cli', ['-p', String(cold.redisPort), 'SET', 'key', 'value'])
    const refusal = await run('redis-cli', ['-p', String(cold.redisPort), '--hotkeys'])
    expect(refusal).toContain('An LFU maxmemory policy is not selected')
  } finally {
    await cold.stop()
  }
})

test.runIf(hasRedis())('latency and figures (needs redis-tools)', async () => {
  expect(await cli('--raw', '--latency', '-i', '1')).toMatch(/^\d+ \d+ \d+\.\d\d \d+\n$/)
  const figures = await run('redis-cli', ['--stat', '-i', '1'], 6000)
  expect(figures).toMatch(/^keys +mem +clients +blocked +requests +connections/m)
  expect(figures).toMatch(/^\d+ +\d+\.\d\d[KMG] +\d+ +0 +\d+ \(\+\d+\) +\d+/m)
})

test.runIf(hasRedis())('redis-benchmark, every test of what is implemented', async () => {
  const tests = 'ping_inline,ping_mbulk,set,get,incr,mset'
  const load = ['-n', '1000', '-c', '10', '-q', '-t', tests]
  const printed = await run('redis-benchmark', load)
  expect(printed.match(/requests per second/g)?.length).toBeGreaterThanOrEqual(6)
  expect(printed).not.toMatch(/error|unknown/i)
  const any = ['-n', '1000', '-q', '-r', '100', 'SETRANGE', 'key:__rand_int__', '5', 'x']
  expect(await run('redis-benchmark', any)).toContain('SETRANGE key:__rand_int__ 5 x: ')
})
