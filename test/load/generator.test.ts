/**
 * The load generator against servers whose truth is known: the floor, memcached and Redis where
 * they are installed, and fakes that lie, stall, refuse or talk rubbish. It must count what was
 * sent, charge a stall to all requests that it held up, and let no wrong byte pass.
 */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer } from '../../bench/load/servers.ts'
import type { Target } from '../../src/load/connection.ts'
import { OUTCOME_NAMES } from '../../src/load/wire-protocol.ts'
import { startFloor } from '../../src/load/floor-server.ts'
import type { Findings } from '../../src/load/findings.ts'
import { LoadPool } from '../../src/load/pool.ts'
import type { RunOrder, SessionOrder } from '../../src/load/pool.ts'
import { cpuTimeOf, residentBytesOf } from '../../src/load/server-process.ts'
import { ABSENT_IDS_FROM } from '../../src/load/workload.ts'
import { keyOf, rightReply, startFakeServer, valueTextOf } from './fake-server.ts'
import type { Reply } from './fake-server.ts'

const KEYS = 500
let pool: LoadPool

beforeAll(() => {
  pool = new LoadPool(2)
})
afterAll(() => pool.close())

const order = (changes: Partial<RunOrder> = {}): RunOrder => ({
  ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: 7, depth: 4 },
  ...{ seconds: 0.3, rate: undefined, allowMisses: false },
  ...changes,
})

async function load(
  target: Target,
  run: Partial<RunOrder>,
  session: Partial<SessionOrder> = {},
  preload = true,
): Promise<Findings> {
  const values = { low: 32, high: 32 }
  const shape = { connections: 6, mostDepth: 64, keys: KEYS, values }
  const open = await pool.open({ ...shape, ...session, target })
  try {
    if (preload) expect((await open.preload()).operations).toBe(session.keys ?? KEYS)
    return await open.run(order(run))
  } finally {
    await open.close()
  }
}

function countOf(found: Findings, name: (typeof OUTCOME_NAMES)[number]): number {
  return found.counts[OUTCOME_NAMES.indexOf(name)] as number
}

async function againstFake(reply: Reply, run: Partial<RunOrder> = {}): Promise<Findings> {
  const fake = await startFakeServer(reply)
  try {
    return await load(fake.target, { mix: 'hit-only', ...run })
  } finally {
    await fake.close()
  }
}

/** Whether a command can be started: tests of it are made only where it can. */
function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('against the floor', () => {
  test('closed loop, open loop and absent keys', async () => {
    const floor = await startFloor()
    if (typeof floor === 'string') {
      expect(floor).toMatch(/no C compiler|needs Linux/)
      return
    }
    try {
      const cpu = cpuTimeOf(floor.pid)
      const closed = await load(floor.target, { depth: 16 })
      expect(closed.errors, closed.errorText).toBe(0)
      expect(closed.operations).toBeGreaterThan(1000)
      expect(closed.hitRatio).toBe(1)
      const writes = countOf(closed, 'stored') / closed.operations
      expect(writes).toBeGreaterThan(0.05)
      expect(writes).toBeLessThan(0.15)
      expect(cpuTimeOf(floor.pid)?.runUs).toBeGreaterThan(cpu?.runUs as number)
      expect(residentBytesOf(floor.pid)).toBeGreaterThan(2 ** 18)

      const open = await load(floor.target, { rate: 2000, depth: 64, seconds: 0.5 })
      expect(open.operations + open.unsent).toBe(1000)
      expect(open.response.totalCount).toBe(1000)
      expect(open.errors, open.errorText).toBe(0)

      const absent = await load(floor.target, { mix: 'miss-heavy' })
      expect(absent.hitRatio).toBeGreaterThan(0.05)
      expect(absent.hitRatio).toBeLessThan(0.15)
      expect(absent.errors, absent.errorText).toBe(0)
    } finally {
      floor.stop()
    }
  })
})

const RIVALS = [
  ['memcached', 'memcached -t 1'],
  ['redis-server', 'redis'],
] as const

for (const [command, name] of RIVALS.filter(([one]) => isInstalled(one))) {
  test(`against ${command}: sizes by distribution, every mix, a trace`, async () => {
    const server = await startServer(name, 256)
    if (typeof server === 'string') throw new Error(server)
    try {
      const values = { low: 32, high: 16_384 }
      const session = { values, keys: 1000 }
      for (const mix of ['90/10', '50/50', 'hit-only', 'miss-heavy', 'write-only'] as const) {
        const found = await load(server.target, { mix, choice: 'zipf', depth: 16 }, session)
        expect(found.errors, `${mix}: ${found.errorText} ${found.samples}`).toBe(0)
        expect(found.operations).toBeGreaterThan(100)
      }
      // 2,000 requests for keys that the server does not have, each asked for four times in a row.
      const trace = new SharedArrayBuffer(4 * 2000)
      new Uint32Array(trace).set(Array.from({ length: 2000 }, (_, n) => 1000 + (n >> 2)))
      const traced = await load(
        server.target,
        { choice: 'trace', trace, depth: 1, seconds: 3 },
        { keys: 1500, values: { low: 32, high: 32 }, connections: 2 },
        false,
      )
      expect(traced.errors, traced.errorText).toBe(0)
      // A miss in the last moment is not followed by its set.
      const unfilled = countOf(traced, 'misses') - countOf(traced, 'stored')
      expect(unfilled).toBeGreaterThanOrEqual(0)
      expect(unfilled).toBeLessThanOrEqual(2)
      expect(countOf(traced, 'misses')).toBeGreaterThanOrEqual(500)
      expect(countOf(traced, 'hits')).toBeGreaterThan(500)
    } finally {
      await server.stop()
    }
  })
}

test('a stall of 200 ms is charged to every request that it held up', async () => {
  const fake = await startFakeServer()
  try {
    const timer = setTimeout(() => fake.stall(200), 400)
    const found = await load(fake.target, { rate: 1000, seconds: 1, depth: 2, mix: 'hit-only' })
    clearTimeout(timer)
    expect(found.operations).toBe(1000)
    const ms = (p: number) => found.response.getValueAtPercentile(p) / 1e6
    expect(found.response.maxValue / 1e6).toBeGreaterThan(150)
    // About 200 of 1,000 requests fell due in the stall; they waited 0 to 200 ms, not only the
    // 12 that were under way.
    expect(ms(90)).toBeGreaterThan(60)
  } finally {
    await fake.close()
  }
})

test('a rate that is not sustained leaves requests unsent, all in the histogram', async () => {
  const fake = await startFakeServer()
  try {
    const timer = setTimeout(() => fake.stall(2500), 300)
    const found = await load(fake.target, { rate: 1000, seconds: 1, depth: 2, mix: 'hit-only' })
    clearTimeout(timer)
    expect(found.unsent).toBeGreaterThan(300)
    expect(found.operations + found.unsent).toBe(1000)
    expect(found.response.totalCount).toBe(1000)
  } finally {
    await fake.close()
  }
})

describe('a server that lies is caught', () => {
  const liar =
    (lie: Reply): Reply =>
    (key, id) =>
      id === 3 ? lie(key, id) : rightReply(key, id)
  const hit = (key: string, value: string, size = value.length) =>
    `VALUE ${key} 0 ${size}\r\n${value}\r\nEND\r\n`
  const torn = (id: number) => valueTextOf(id).slice(0, 31) + '9'
  const shifted = (id: number) => valueTextOf(id).slice(0, 16) + valueTextOf(id + 1).slice(16)

  test.each([
    ['wrong values', (key: string) => hit(key, valueTextOf(4))],
    ['wrong values', (key: string) => hit(key, torn(3))],
    ['wrong values', (key: string) => hit(key, shifted(3))],
    ['wrong keys', () => hit(keyOf(4), valueTextOf(3))],
    ['wrong lengths', (key: string) => hit(key, valueTextOf(3, 33))],
    ['error replies', () => 'SERVER_ERROR out of memory\r\n'],
    ['misses of stored keys', () => 'END\r\n'],
  ] as const)('%s', async (name, lie) => {
    const found = await againstFake(liar(lie))
    expect(countOf(found, name)).toBeGreaterThan(0)
    expect(found.errors).toBe(countOf(found, name))
    expect(found.errorText).toContain(name)
    expect(found.samples[0]).toContain(keyOf(3))
  })

  test('a hit of a key that nobody stored', async () => {
    const found = await againstFake(rightReply, { mix: 'miss-heavy' })
    expect(countOf(found, 'hits of keys never stored')).toBeGreaterThan(0)
    expect(found.samples[0]).toContain(keyOf(ABSENT_IDS_FROM).slice(0, 17))
  })

  test('a miss is no error where the server may evict', async () => {
    const found = await againstFake(
      liar(() => 'END\r\n'),
      { allowMisses: true },
    )
    expect(countOf(found, 'misses')).toBeGreaterThan(0)
    expect(found.errors).toBe(0)
  })

  test.each([
    ['unreadable bytes', () => 'WHAT 3\r\n'],
    ['unasked bytes', (key: string, id: number) => rightReply(key, id).repeat(50)],
    ['a reply is longer', (key: string) => `VALUE ${key} 0 900000\r\n${'x'.repeat(40_000)}`],
  ] as const)('%s end the run', async (words, lie) => {
    await expect(againstFake(liar(lie), { depth: 1 })).rejects.toThrow(words)
  })
})

test('a server that is not there, and one that goes away', async () => {
  const fake = await startFakeServer()
  const gone = setTimeout(() => void fake.close(), 200)
  await expect(load(fake.target, { seconds: 2 })).rejects.toThrow(/closed the connection|EPIPE|RES/)
  clearTimeout(gone)
  await expect(load(fake.target, {})).rejects.toThrow(/cannot connect to 127.0.0.1:\d+/)
})
