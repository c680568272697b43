/** Redis' own tools, `redis-cli` and `redis-benchmark` (Debian package redis-tools), unchanged. */
import { execFile, execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

function isInstalled(): boolean {
  try {
    execFileSync('which', ['redis-cli', 'redis-benchmark'], { stdio: 'ignore' })
    return true
  } catch {
    expect(process.env['CI'], 'the gate installs redis-tools').toBeUndefined()
    process.stderr.write('redis-cli is not installed: apt-get install redis-tools\n')
    return false
  }
}

/** What a tool prints, on either stream. */
function run(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, maxBuffer: 1 << 26 }
    const child = execFile(program, [...args], options, (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
    child.stdin!.on('error', () => {}) // it may have ended already
    child.stdin!.end(input)
  })
}

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  let server: HeddleServer
  beforeAll(async () => {
    server = await startHeddle(['--redis-port', '0', '--handoff', handOff, '--workers', '2'])
  })
  afterAll(() => server.stop())

  const cli = (args: readonly string[], input?: string) =>
    run('redis-cli', ['-p', String(server.redisPort), ...args], input)

  test.each(['-2', '-3'])('redis-cli %s', async (version) => {
    if (!isInstalled()) return
    const script = [
      'FLUSHALL',
      'SET a "one two"',
      'GET a',
      'INCR n',
      'MGET a n none',
      'MULTI',
      'INCR n',
      'EXEC',
      'SELECT 4',
      'DBSIZE',
      'NOSUCH',
    ]
    expect(await cli([version], `${script.join('\n')}\n`)).toBe(
      'OK\nOK\none two\n1\none two\n1\n\nOK\nQUEUED\n2\nOK\n0\n' +
        "ERR unknown command 'NOSUCH', with args beginning with: \n\n",
    )
    for (let i = 0; i < 50; i++) await cli([version, 'SET', `key:${i}`, String(i)])
    const keys = await cli([version, '--scan', '--pattern', 'key:*'])
    expect(new Set(keys.trim().split('\n')).size).toBe(50)
    expect(await cli([version, 'INFO', 'keyspace'])).toContain('db0:keys=52,')
    expect(await cli([version, '-x', 'SET', 'piped'], 'from stdin')).toBe('OK\n')
    expect(await cli([version, '--no-raw', 'GET', 'piped'])).toBe('"from stdin"\n')
    const piped = Array.from({ length: 1000 }, (_, i) => `SET p${i} ${i}\r\n`).join('')
    expect(await cli([version, '--pipe'], piped)).toContain('errors: 0, replies: 1000')
    const sample = await cli([version, '--memkeys'])
    expect(sample).toContain('Sampled 1053 keys in the keyspace')
  })

  test('redis-cli --hotkeys', async () => {
    if (!isInstalled()) return
    await cli([], 'FLUSHALL\nSET hot 1\nSET warm 1\nSET cold 1\n')
    const reads = 'GET hot\nGET hot\nGET hot\nGET warm\n'
    await cli(['--pipe'], reads.repeat(10_000))
    const told = await cli(['--hotkeys'])
    expect(told).toContain('Sampled 3 keys in the keyspace')
    const counters = [...told.matchAll(/^hot key found with counter: (\d+)\tkeyname: "(\w+)"$/gm)]
    expect(counters.map(([, , key]) => key).slice(0, 2)).toEqual(['hot', 'warm'])
    const [hot, warm] = counters.map(([, counter]) => Number(counter))
    // Redis' counter after so many hits: 5 + the root of a fifth of them.
    expect(hot).toBeGreaterThan(60)
    expect(hot).toBeLessThan(100)
    expect(warm).toBeGreaterThan(30)
    expect(warm).toBeLessThan(hot!)
  })

  test.each([1, 16])('redis-benchmark, %i under way', async (depth) => {
    if (!isInstalled()) return
    const load = ['-n', '2000', '-c', '10', '-P', String(depth), '-r', '1000', '-q']
    const tests = ['-t', 'ping,set,get,incr,mset']
    const printed = await run('redis-benchmark', [
      '-p',
      String(server.redisPort),
      ...load,
      ...tests,
    ])
    for (const name of ['PING_INLINE', 'PING_MBULK', 'SET', 'GET', 'INCR', 'MSET \\(10 keys\\)']) {
      expect(printed).toMatch(new RegExp(`${name}: [\\d.]+ requests per second`))
    }
    expect(printed).not.toMatch(/error|warning/i)
  })
})
