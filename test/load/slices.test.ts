/**
 * What the generator can do beyond one load from beginning to end: latency in slices of the run,
 * ending a run early with what was measured, going on when connections are lost; and the search for
 * the rate that a server sustains.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Findings } from '../../src/load/findings.ts'
import { mergeSlices } from '../../src/load/findings.ts'
import { LoadPool } from '../../src/load/pool.ts'
import type { RunOrder } from '../../src/load/pool.ts'
import { newSlice } from '../../src/load/recording.ts'
import { doubtOf, findMaximum, isSustained, percentileNs } from '../../src/load/sweep.ts'
import { startFakeServer } from './fake-server.ts'
import type { FakeServer } from './fake-server.ts'

const RATE = 1_000
const MS = 1e6
let pool: LoadPool
let fake: FakeServer

beforeAll(async () => {
  pool = new LoadPool(2)
  fake = await startFakeServer()
})
afterAll(async () => {
  await pool.close()
  await fake.close()
})

async function load(run: Partial<RunOrder>, during: () => void = () => {}): Promise<Findings> {
  const { target } = fake
  const session = await pool.open({
    ...{ target, connections: 6, mostDepth: 64, keys: 100, values: { low: 32, high: 32 } },
  })
  try {
    const running = session.run({
      ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: 7, depth: 64 },
      ...{ seconds: 1, rate: RATE, allowMisses: false },
      ...run,
    })
    during()
    return await running
  } finally {
    await session.close()
  }
}

test('a stall is in the slices in which its requests were due, and not in the others', async () => {
  const during = () => setTimeout(() => fake.stall(500), 700)
  const found = await load({ seconds: 2, sliceMs: 100 }, () => void during())
  expect(found.slices).toHaveLength(20)
  // Half of the requests of a slice: a machine that is busy stalls itself, but not for so long.
  const waits = found.slices.map(({ response }) => response.getValueAtPercentile(50) / MS)
  const worst = waits.indexOf(Math.max(...waits))
  expect(worst).toBeGreaterThanOrEqual(6)
  expect(worst).toBeLessThanOrEqual(10)
  expect(waits[worst]).toBeGreaterThan(300)
  expect([...waits].sort((a, b) => a - b)[9]).toBeLessThan(200)
  const { response, lag } = mergeSlices(found.slices)
  expect(response.totalCount).toBe(2 * RATE)
  expect([response.totalCount, response.maxValue]).toEqual([
    found.response.totalCount,
    found.response.maxValue,
  ])
  expect(lag.totalCount).toBe(found.lag.totalCount)
})

test('without slices there are none', async () => {
  expect((await load({ seconds: 0.1 })).slices).toEqual([])
})

test.each([
  RATE,
  undefined,
])('a run that is stopped ends with what it has: rate %s', async (rate) => {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const begunAt = performance.now()
  const found = await load({ rate, seconds: 20, stop }, () => {
    setTimeout(() => (new Int32Array(stop)[0] = 1), 300)
  })
  expect(performance.now() - begunAt).toBeLessThan(15_000) // of 20
  expect(found.operations).toBeGreaterThan(50)
  expect(found.errors).toBe(0)
})

describe('connections that the server closes', () => {
  test('end the run', async () => {
    const found = load({}, () => setTimeout(() => fake.drop(), 300))
    await expect(found).rejects.toThrow(
      /connection \d: (?:the server closed|(?:read|write) (?:ECONNRESET|EPIPE))/,
    )
  })

  test('are opened again where that is asked for, and what was under way is lost', async () => {
    const found = await load({ reconnects: true }, () => {
      setTimeout(() => fake.stall(150), 400)
      setTimeout(() => fake.drop(), 500)
    })
    expect(found.errors).toBe(0)
    expect(found.lost).toBeGreaterThan(20)
    expect(found.lost + found.operations + found.unsent).toBe(RATE)
  })
})

describe('the highest rate that is sustained', () => {
  /** A server that answers at most `most` requests per second. */
  const serverOf = (most: number, asked: number[] = []) => {
    return async (rate: number | undefined): Promise<Findings> => {
      if (rate !== undefined) asked.push(rate)
      const perSecond = rate === undefined ? most * 1.5 : Math.min(rate, most)
      return { perSecond, unsent: 0 } as Findings
    }
  }

  test('is found below and above the closed loop', async () => {
    const asked: number[] = []
    const found = await findMaximum(serverOf(10_000, asked), 1)
    expect(found.closed).toBe(15_000)
    expect(found.sustained).toBeGreaterThan(10_000 * 0.85)
    expect(found.sustained).toBeLessThanOrEqual(10_000 / 0.97)
    expect(found.tries.map(({ rate }) => rate)).toEqual(asked)
    const higher = await findMaximum(async (rate) => {
      return {
        perSecond: rate === undefined ? 1_000 : Math.min(rate, 1_200),
        unsent: 0,
      } as Findings
    }, 1)
    expect(higher.sustained).toBe(1_150)
  })

  test('a server that sustains nothing is said so', async () => {
    const play = async (rate: number | undefined) => ({ perSecond: rate ?? 100, unsent: 1 })
    const found = await findMaximum(play as never, 1)
    expect(doubtOf(found)).toMatch(/^No rate was sustained, not even \d+\/s \(\d+ % of/)
    expect(doubtOf(await findMaximum(serverOf(1_000), 1))).toBeUndefined()
  })

  test('sustained means that replies kept up and that nothing was left', () => {
    const found = (perSecond: number, unsent: number) => ({ perSecond, unsent }) as Findings
    expect(isSustained(100, found(98, 0))).toBe(true)
    expect(isSustained(100, found(98, 1))).toBe(false)
    expect(isSustained(100, found(96, 0))).toBe(false)
  })

  test('a percentile of too few requests is none', () => {
    const { response } = newSlice()
    for (let n = 1; n <= 500; n++) response.recordValue(n)
    expect(percentileNs(response, 99)).toBeGreaterThan(490)
    expect(percentileNs(response, 99.9)).toBeNaN()
  })
})
