/**
 * `heddle plan` as people call it: from a trace, by hand, from running servers; what it refuses;
 * and the lines that servers show of the uses of keys.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { readPlanOptions } from '../../src/cli/plan/plan-options.ts'
import { readMonitorLine, watchReader } from '../../src/plan/monitor-lines.ts'
import { Sample } from '../../src/plan/sample.ts'
import { serve } from '../../src/server/serve.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const ALL = { rate: 1, mostKeys: 1e9, mostUses: 1e9 }
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-plan-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function plan(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'plan', ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

describe('from a trace', () => {
  test('of keys and sizes: the curve, the memory for a hit ratio, what to buy', async () => {
    const file = join(folder, 'requests.txt')
    const lines = Array.from({ length: 20_000 }, (_, n) => `user:${(n * n) % 10_007},900`)
    writeFileSync(file, lines.join('\n'))
    const flags = ['--hit-ratio', '50,99.5', '--rate', '120000', '--json']
    const { code, stdout } = await plan('--trace', file, ...flags)
    expect(code).toBe(0)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ keys: 5004, assumptions: { nodePricePerMonth: 100 } })
    expect(found.source).toContain('requests.txt, read as sized: 20,000 reads of 5,004 keys')
    expect(found.notes).toEqual(['values have 900 bytes on average'])
    const ratios = found.curve.map(({ hitRatio }: { hitRatio: number }) => hitRatio)
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b))
    expect(ratios.at(-1)).toBeCloseTo(1 - 5004 / 20_000, 3)
    const [half, most] = found.wanted
    expect(half.plan).toMatchObject({ workers: 3, nodes: 1, costPerMonth: 100 })
    expect(half.plan.missesPerSecond).toBeCloseTo(120_000 * (1 - half.plan.hitRatio), 3)
    expect(most).toEqual({ hitRatio: 0.995, plan: null })
  })

  test('of a loop: where the cliff is, and what to expect', async () => {
    const file = join(folder, 'loop.txt')
    writeFileSync(file, Array.from({ length: 16_000 }, (_, n) => `k${n % 4_000} 1500`).join('\n'))
    const flags = ['--trace', file, '--memory', '3mb', '--hit-ratio', '70']
    const text = await plan(...flags)
    expect(text.stdout).toMatch(/^Take care:$/m)
    expect(text.stdout).toMatch(/^ {2}3 MiB: expect [01]\.\d % to [01]\.\d %$/m)
    expect(text.stdout).toMatch(
      /^ {4}a loop or a scan: policies differ by \d+\.\d points \(--policy\)$/m,
    )
    expect(text.stdout).toMatch(/^ {4}a cliff: .* points; the cliff ends at [78] MiB$/m)
    const { wanted, curve } = JSON.parse((await plan(...flags, '--json')).stdout)
    expect(wanted[0].plan).toMatchObject({ warnings: expect.arrayContaining(['cliff']) })
    expect(wanted[0].plan.hitRatioTo - wanted[0].plan.hitRatioFrom).toBeGreaterThan(0.5)
    expect(wanted[0].plan.cliffEndBytes).toBeGreaterThan(6e6)
    const small = curve.find(
      ({ memoryBytes }: { memoryBytes: number }) => memoryBytes === 3 * 2 ** 20,
    )
    expect(small).toMatchObject({ warnings: ['policies'], cliffEndBytes: null, standardError: 0 })
  })

  test('as text: assumptions are said to be such', async () => {
    const file = join(folder, 'few.txt')
    writeFileSync(file, 'a 100\nb 100\na\nb\na\n')
    const { code, stdout } = await plan('--trace', file, '--node-price', '70')
    expect(code).toBe(0)
    expect(stdout).toMatch(/few\.txt, read as sized: 5 reads of 2 keys \(all of them\)/)
    expect(stdout).toMatch(/^ +2 MiB +2 +60\.0 % +- +1 +1 +70$/m)
    expect(stdout).toMatch(/95\.0 % {2}no memory is enough: at most 60\.0 %/)
    expect(stdout).toContain('and costs 70 a month (said by --node-price)')
    expect(stdout).toContain('a worker serves 50000 requests a second (--worker-rate)')
  })
})

test('by hand', async () => {
  const { code, stdout } = await plan(
    '--keys',
    '1000000',
    '--value-size',
    '500',
    '--memory',
    '64mb',
  )
  expect(code).toBe(0)
  expect(stdout).toContain("by hand: 1,000,000 keys of 24 bytes, popular by Zipf's law")
  expect(stdout).toMatch(/90\.0 % {2}\d+ MiB: heddle serve --memory \d+mb --workers 1 --expected/)
  expect(stdout).toMatch(/^ +64 MiB +1\d\d,\d{3} +[67]\d\.\d %/m)
})

describe('refused', () => {
  const wrong: readonly [string[], RegExp][] = [
    [[], /say where uses come from: --trace FILE, --redis-port N, or --keys N/],
    [['--trace', 'x', '--keys', '5'], /--trace and --keys exclude each other/],
    [['--trace', 'x', '--format', 'csv'], /--format csv: expected one of int32, int64/],
    [['--keys', '0', '--value-size', '5'], /--keys 0: expected a whole number from 1 to/],
    [['--keys', '5'], /--keys goes with --value-size/],
    [
      ['--keys', '5', '--value-size', '5', '--zipf', '9'],
      /--zipf 9: expected a number from 0 to 3/,
    ],
    [['--trace', 'x', '--hit-ratio', '90,'], /--hit-ratio 90,: expected percent above 0/],
    [['--trace', 'x', '--memory', '64m'], /--memory 64m is not allowed|64m/],
    [['--trace', 'x', '--policy', 'arc'], /--policy arc: expected one of clock/],
    [['--http-port', '8080', '--redis-port', '1'], /--http-port: HTTP shows no keys/],
    [['--hit-ration', '90'], /no such flag: --hit-ration; did you mean --hit-ratio\?/],
    [['trace.txt'], /'trace\.txt' is no flag/],
  ]
  test.each(wrong)('%j', (args, message) => {
    expect(() => readPlanOptions(args, {})).toThrow(message)
  })

  test('in one line, with exit code 2', async () => {
    const { code, stderr } = await plan('--keys', '5')
    expect(stderr).toBe(
      'heddle plan: --keys goes with --value-size: how large values are; see heddle plan --help\n',
    )
    expect(code).toBe(2)
  })

  test('what is no trace, and a trace without sizes', async () => {
    const file = join(folder, 'bad.txt')
    writeFileSync(file, 'a 100\nb ten\n')
    const bad = await plan('--trace', file)
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('request 2, "b ten"')])
    writeFileSync(file, 'a\nb\n')
    const bare = await plan('--trace', file, '--format', 'token')
    expect(bare.stderr).toContain('nothing tells how large values are: --value-size N')
  })
})

describe('from a running server', () => {
  test('what Redis and memcached clients ask for', async () => {
    const engine = createEngine({ name: 'plan server', memory: '8mb' })
    const server = await serve(engine, { memcachedPort: 0, redisPort: 0, workers: 1 })
    const portOf = (address: string) => address.split(':').at(-1) as string
    const redis = portOf(server.redisAddresses[0] as string)
    const memcached = portOf(server.addresses[0] as string)
    try {
      for (const [flag, port, load] of [
        [
          '--redis-port',
          redis,
          'SET k1 0123456789\r\nGET k1\r\nGET k2\r\nGET k1\r\nMGET k1 k3\r\n',
        ],
        [
          '--memcached-port',
          memcached,
          'set k1 0 0 3\r\nabc\r\nget k1\r\nget k2\r\nget k1 k1 k3\r\n',
        ],
      ] as const) {
        const socket = connect(Number(port), '127.0.0.1')
        socket.on('data', () => {})
        const timer = setInterval(() => socket.write(load), 40)
        const { code, stdout, stderr } = await plan(flag, port, '--seconds', '1.5', '--json')
        clearInterval(timer)
        socket.destroy()
        expect([code, stderr]).toEqual([0, ''])
        const found = JSON.parse(stdout)
        expect(found.keys).toBe(3)
        expect(found.assumptions.requestsPerSecond).toBeGreaterThan(20)
        const listened = /it was listened to for (\d+\.\d) s/.exec(found.notes[0])?.[1]
        expect(Number(listened)).toBeGreaterThanOrEqual(1.5)
        expect(found.notes[1]).toMatch(/the size of 33 % of the values is known/)
      }
    } finally {
      await server.close()
      engine.close()
    }
  })

  test('nothing there, and nothing asked for', async () => {
    const refused = await plan('--redis-port', '1', '--seconds', '1')
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('nothing answers at 127.0.0.1:1 (redis)'),
    ])
  })
})

describe('lines of servers', () => {
  test('MONITOR: reads, writes with their length, escapes, and what is no use of a key', () => {
    const sample = new Sample(ALL)
    const lines = [
      '1700000000.123456 [0 127.0.0.1:50000] "SET" "k \\"1\\"" "a\\x00\\n\\\\"',
      '1700000000.123456 [3 unix:/x] "get" "k \\"1\\""',
      '1700000000.123456 [0 127.0.0.1:50000] "MGET" "k2" "k3"',
      '1700000000.123456 [0 127.0.0.1:50000] "MSET" "k2" "12345" "k4" ""',
      '1700000000.123456 [0 lua] "PING"',
      '1700000000.123456 [0 127.0.0.1:50000] "DEL" "k9"',
    ]
    for (const line of lines) expect(readMonitorLine(line, sample), line).toBe(true)
    expect(readMonitorLine('garbage', sample)).toBe(false)
    expect(readMonitorLine('1700000000.1 [0 x] "GET" "cut', sample)).toBe(false)
    const { uses, keyBytes, valueBytes } = sample.end()
    expect([...uses]).toEqual([~0, 0, 1, 2, ~1, ~3])
    expect([...keyBytes]).toEqual([5, 2, 2, 2])
    expect([...valueBytes]).toEqual([4, 5, -1, 0])
  })

  test("heddle's watch", () => {
    const sample = new Sample(ALL)
    const readLine = watchReader()
    const lines = [
      'ts=1.2 gid=1 type=item_store key=a%20b status=stored cmd=set size=7 cfd=3',
      'ts=1.3 gid=2 type=item_get key=a%20b status=found size=7 cfd=3',
      'ts=1.4 gid=3 type=item_get key=c status=not_found size=0 cfd=3',
      'ts=1.5 gid=4 type=deleted key=c cmd=delete cfd=3',
    ]
    for (const line of lines) expect(readLine(line, sample), line).toBe(true)
    expect(readLine('OK', sample)).toBe(false)
    const { uses, keyBytes, valueBytes } = sample.end()
    expect([[...uses], [...keyBytes], [...valueBytes]]).toEqual([
      [~0, 0, 1],
      [3, 1],
      [7, -1],
    ])
  })

  test("memcached's, which logs a fetch for each store too", () => {
    const sample = new Sample(ALL)
    const readLine = watchReader()
    const lines = [
      'ts=1.1 gid=1 type=item_get key=a status=not_found clsid=0 cfd=25 size=0',
      'ts=1.2 gid=2 type=item_get key=a status=not_found clsid=0 cfd=25 size=0',
      'ts=1.2 gid=3 type=item_store key=a status=stored cmd=set ttl=0 clsid=1 cfd=25 size=5',
      'ts=1.3 gid=4 type=item_get key=b status=found clsid=1 cfd=25 size=6',
      'ts=1.4 gid=5 type=item_store key=b status=stored cmd=set ttl=0 clsid=1 cfd=26 size=5',
    ]
    for (const line of lines) expect(readLine(line, sample), line).toBe(true)
    expect([...sample.end().uses]).toEqual([0, ~0, 1, ~1])
  })
})
