/** What `heddle top` and `heddle inspect` make of what servers say, without a server. */
import { expect, test } from 'vitest'
import { LATENCY_BOUNDS_SECONDS } from '../../src/observe/snapshot.ts'
import { doorsOf } from '../../src/cli/watch/address.ts'
import { type Picture, pictureOfInfo, pictureOfStats } from '../../src/cli/watch/picture.ts'
import { ratesBetween } from '../../src/cli/watch/rates.ts'
import { infoOf, isWholeText, readResp, statsOf } from '../../src/cli/watch/replies.ts'
import { type Output, Screen } from '../../src/cli/watch/screen.ts'
import { amount, columnsOf, cut, duration, harmless } from '../../src/cli/watch/text.ts'
import { topLines } from '../../src/cli/watch/top-view.ts'

const STATS =
  'STAT uptime 9\r\nSTAT version 1.6.45-heddle-0.1.0\r\nSTAT cmd_get 30\r\nSTAT cmd_set 4\r\n' +
  'STAT get_hits 20\r\nSTAT get_misses 10\r\nSTAT curr_items 3\r\nSTAT limit_maxbytes 1000\r\n' +
  'STAT hash_bytes 100\r\nEND\r\n'
const SLABS = 'STAT 1:chunk_size 64\r\nSTAT 1:total_chunks 5\r\nSTAT 1:used_chunks 2\r\nEND\r\n'
const INFO =
  '# Server\r\nheddle_version:0.1.0\r\nmaxmemory:1000\r\nused_memory:250\r\n# Keyspace\r\n'
const MORE_INFO = 'cmdstat_get:calls=7,usec=3\r\ndb0:keys=4,expires=0\r\nkeyspace_hits:5\r\n'

const memcached = (at = 0) => pictureOfStats(statsOf(STATS), statsOf(SLABS), at)

/** With one command of so many calls, timed so often in each bucket. */
function picture(at: number, calls: number, perBucket: readonly number[] = []): Picture {
  let sum = 0
  const counts = [...LATENCY_BOUNDS_SECONDS, Number.POSITIVE_INFINITY].map((_, index) => {
    return (sum += perBucket[index] ?? 0)
  })
  const latency = { cumulative: counts } as unknown as Picture['commands'][0]['latency']
  const threads = [
    { name: 'worker 0', busySeconds: at / 4000, idleSeconds: at / 1000, delayP99Seconds: 0 },
  ]
  return {
    ...memcached(at),
    threads,
    commands: [{ protocol: 'http', command: 'GET', calls, latency }],
  }
}

test('a picture from stats', () => {
  const { cache, classes, commands, server } = memcached()
  expect(cache).toMatchObject({ hits: 20, misses: 10, entries: 3, budgetBytes: 1000 })
  expect(cache.usedBytes).toBe(100 + 5 * 64)
  expect(classes).toEqual([{ chunkBytes: 64, pages: 0, bytes: 320, usedBytes: 128, evictions: 0 }])
  expect(commands.map(({ command, calls }) => [command, calls])).toEqual([
    ['get', 30],
    ['set', 4],
  ])
  expect(server).toMatchObject({ version: '1.6.45-heddle-0.1.0', uptimeSeconds: 9 })
})

test('a picture from INFO, of heddle and of a Redis', () => {
  const { cache, commands, server } = pictureOfInfo(infoOf(INFO + MORE_INFO), 0)
  expect(cache).toMatchObject({ entries: 4, hits: 5, usedBytes: 250, budgetBytes: 1000 })
  expect(commands).toEqual([{ protocol: 'redis', command: 'get', calls: 7, latency: undefined }])
  expect(server.version).toBe('0.1.0')
  expect(pictureOfInfo(infoOf('redis_version:7.0.15\r\n'), 0).server.version).toBe('Redis 7.0.15')
})

test('rates are of what happened in between, also across a restart', () => {
  const rates = ratesBetween(picture(1000, 100), picture(3000, 500))
  expect(rates.commands).toMatchObject([{ command: 'GET', perSecond: 200 }])
  expect(rates.opsPerSecond).toBe(200)
  expect(rates.hitRatio).toBeUndefined()
  expect(rates.threads[0]!.busyShare).toBeCloseTo(0.2)
  const classOf = (evictions: number, at: number): Picture => {
    return { ...picture(at, 0), classes: [{ ...memcached().classes[0]!, evictions }] }
  }
  const { classes } = ratesBetween(classOf(10, 0), classOf(40, 2000))
  expect(classes).toMatchObject([{ chunkBytes: 64, evictedPerSecond: 15 }])
  const restarted = ratesBetween(picture(1000, 1_000_000), picture(2000, 30))
  expect(restarted.opsPerSecond).toBe(30)
})

test('quantiles lie in the bucket that holds them, of the calls of the longer time', () => {
  const before = picture(0, 0, [1000])
  const now = picture(1000, 100, [1000, 0, 90, 9, 0, 1])
  const { quantiles } = ratesBetween(picture(900, 90), now, before).commands[0]!
  const [p50, p90, p99, p999] = [2, 2, 3, 5].map((bucket) => LATENCY_BOUNDS_SECONDS[bucket]!)
  for (const [value, bound] of [
    [quantiles!.p50, p50],
    [quantiles!.p90, p90],
    [quantiles!.p99, p99],
    [quantiles!.p999, p999],
  ] as const) {
    expect(value).toBeLessThanOrEqual(bound!)
    expect(value).toBeGreaterThan(bound! / 2)
  }
  expect(
    ratesBetween(before, picture(1000, 9, [1009]), before).commands[0]!.quantiles,
  ).toBeUndefined()
})

test.each([20, 44, 80, 200])('a frame fits %i columns and any height', (width) => {
  const rates = ratesBetween(picture(0, 0), picture(1000, 100, [50, 50]))
  const frame = { door: '127.0.0.1:8080 (http)', now: picture(1000, 100), rates, width }
  for (const height of [undefined, 1, 5, 9, 40]) {
    const lines = topLines({ ...frame, height })
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width)
    expect(lines.length).toBeLessThanOrEqual(height ?? 100)
    if (height === undefined) expect(lines.join('\n')).toMatch(/http +GET/)
  }
})

test('what a server sends cannot move the cursor', () => {
  expect(harmless('a\u001b[2Jb\u009b1mc\nd\u202ee')).toBe('a?[2Jb?1mc?d?e')
  expect(columnsOf([['k\u001b]0;x\u0007', 'v']], 1, 80)).toEqual(['k?]0;x?  v'])
})

test('columns that find no room are left out, lines are cut', () => {
  const rows = [
    ['name', 'one', 'two'],
    ['a', '1', '22'],
  ]
  expect(columnsOf(rows, 1, 80)).toEqual(['name  one  two', 'a       1   22'])
  expect(columnsOf(rows, 1, 10)).toEqual(['name  one', 'a       1'])
  expect(columnsOf(rows, 1, 3)).toEqual(['na>', 'a'])
  expect(cut('12345', 5)).toBe('12345')
  expect([amount(999_999), amount(1_234_567), amount(0.25)]).toEqual(['999,999', '1.23 M', '0.3'])
  expect([duration(59), duration(3700), duration(90_000)]).toEqual(['59 s', '1 h 1 min', '1 d 1 h'])
})

test('replies are read whole, in any pieces', () => {
  const reply = Buffer.from('*3\r\n:7\r\n$2\r\nhä\r\n*-1\r\n'.replace('$2', '$3'))
  for (let end = 0; end < reply.length; end++) {
    expect(readResp(reply.subarray(0, end))).toBeUndefined()
  }
  expect(readResp(reply)).toEqual({ value: [7, 'hä', undefined], end: reply.length })
  expect(readResp(Buffer.from('-NOAUTH no\r\n'))?.value).toEqual(new Error('NOAUTH no'))
  expect(readResp(Buffer.from('HTTP/1.1 400\r\n'))?.value).toBeInstanceOf(Error)
  for (let end = 0; end < STATS.length; end++) expect(isWholeText(STATS.slice(0, end))).toBe(false)
  expect(['ERROR\r\n', 'CLIENT_ERROR unauthenticated\r\n', STATS].every(isWholeText)).toBe(true)
})

test('a terminal that nobody gave a size is one of the usual size', () => {
  const output: Output = { write: () => true, columns: 0, rows: 0 }
  const screen = new Screen(output, { on: () => {}, resume: () => {}, pause: () => {} })
  expect([screen.width, screen.height]).toEqual([80, 24])
})

test('a screen takes the terminal and gives it back, once', () => {
  const written: string[] = []
  const raw: boolean[] = []
  let press: (chunk: string) => void = () => {}
  const output: Output & { writableLength: number } = {
    write: (text) => written.push(text),
    ...{ columns: 40, rows: 5, writableLength: 0 },
  }
  const screen = new Screen(output, {
    setRawMode: (isRaw) => raw.push(isRaw),
    on: (_event, listener) => (press = listener),
    resume: () => {},
    pause: () => {},
  })
  let quits = 0
  screen.open(() => quits++)
  screen.draw(['one', 'two'])
  output.writableLength = 1
  screen.draw(['too soon'])
  output.writableLength = 0
  for (const key of ['x', 'q', '\u0003']) press(key)
  screen.close()
  screen.close()
  screen.draw(['too late'])
  const all = written.join('')
  expect(all.startsWith('\u001b[?1049h')).toBe(true)
  expect(all.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true)
  expect(all).toContain('\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J')
  expect(all).not.toContain('too')
  expect([raw, quits]).toEqual([[true, false], 2])
})

test('doors: which are tried, and what is refused', () => {
  const values = (more: object) => ({ host: '127.0.0.1', ...more })
  const kinds = (more: object, environment = {}) =>
    doorsOf(values(more), environment).map(({ kind, port }) => `${kind} ${port}`)
  expect(kinds({})).toEqual(['http 8080', 'memcached 11211', 'redis 6379'])
  expect(kinds({ 'redis-port': '1', 'http-port': '2' })).toEqual(['http 2', 'redis 1'])
  const [secret] = doorsOf(values({ user: 'ann' }), { HEDDLE_PASSWORD: 'x' })
  expect(secret).toMatchObject({ user: 'ann', password: 'x' })
  for (const [more, why] of [
    [{ 'http-port': '0' }, /--http-port 0: expected an integer from 1 to 65535/],
    [{ 'http-port': '' }, /--http-port : expected/],
    [{ user: 'ann' }, /--user ann needs a password: HEDDLE_PASSWORD or --password-file/],
    [{ 'password-file': '/nowhere' }, /--password-file \/nowhere: ENOENT/],
    [{ 'tls-ca': 'x' }, /--tls-ca goes with --tls/],
    [{ 'unix-socket': 'x', 'redis-port': '1' }, /--unix-socket and --redis-port exclude/],
    [{ 'redis-socket': 'x', 'http-port': '1' }, /--redis-socket and --http-port exclude/],
    [{ 'unix-socket': 'x', 'redis-socket': 'y' }, /--unix-socket and --redis-socket exclude/],
  ] as const) {
    expect(() => kinds(more)).toThrow(why)
  }
})
