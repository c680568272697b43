/** The board and the clock that writes it: what is counted, what is timed, and how evenly. */
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import {
  BATCHES_PER_SAMPLE,
  COMMANDS_PER_SAMPLE,
  CommandClock,
} from '../../src/observe/command-clock.ts'
import { ObservationBoard, PROTOCOLS, SERIES } from '../../src/observe/observation-board.ts'

const FIRST = PROTOCOLS.memcached.first + 1

test('every call is counted; about one in so many is timed, whatever the pattern', () => {
  const memory = ObservationBoard.create(2)
  let now = 1
  const clock = new CommandClock(memory, 1, () => now)
  const rounds = 64_000
  for (let round = 0; round < rounds; round++) {
    for (const series of [FIRST, FIRST + 1]) {
      const begunAt = clock.begin()
      now += series === FIRST ? 0.001 : 0.1
      clock.end(series, begunAt)
    }
  }
  const board = new ObservationBoard(memory)
  const expected = rounds / COMMANDS_PER_SAMPLE
  for (const series of [FIRST, FIRST + 1]) {
    const totals = board.totals(series)!
    expect(totals.calls).toBe(rounds)
    expect(totals.samples).toBeGreaterThan(expected * 0.85)
    expect(totals.samples).toBeLessThan(expected * 1.15)
    const mean = totals.nanoseconds / totals.samples
    expect(mean).toBeCloseTo(series === FIRST ? 1000 : 100_000, -2)
  }
  expect(board.totals(FIRST + 2)).toBeUndefined()
})

test('batches are timed more often; those of a protocol that is not observed are not', () => {
  const memory = ObservationBoard.create(1)
  const clock = new CommandClock(memory, 1)
  for (let batch = 0; batch < 16_000; batch++) {
    clock.endBatch(PROTOCOLS.redis.first, clock.beginBatch())
    clock.endBatch(undefined, clock.beginBatch())
  }
  const totals = new ObservationBoard(memory).totals(PROTOCOLS.redis.first)!
  expect(totals.calls).toBe(16_000)
  const expected = 16_000 / BATCHES_PER_SAMPLE
  expect(Math.abs(totals.samples / expected - 1)).toBeLessThan(0.2)
})

test('rows of all workers are summed, and a successor goes on in the row', () => {
  const memory = ObservationBoard.create(3)
  for (const row of [1, 2, 3, 2]) {
    const clock = new CommandClock(memory, row)
    for (let call = 0; call < 10 * row; call++) clock.end(FIRST, clock.begin())
  }
  expect(new ObservationBoard(memory).totals(FIRST)!.calls).toBe(80)
})

test('a clock that goes backwards takes nothing away', () => {
  const memory = ObservationBoard.create(1)
  let now = 1e6
  const clock = new CommandClock(memory, 1, () => (now -= 5))
  for (let call = 0; call < 1000; call++) clock.end(FIRST, clock.begin())
  const totals = new ObservationBoard(memory).totals(FIRST)!
  expect(totals.nanoseconds).toBe(0)
  expect(totals.buckets[0]).toBe(totals.samples)
})

test('a reader beside a writing thread: no count falls, and none is lost', async () => {
  const memory = ObservationBoard.create(1)
  const code = `
    const { workerData } = require('node:worker_threads')
    import(workerData.module).then(({ CommandClock }) => {
      const clock = new CommandClock(workerData.memory, 1)
      for (let n = 0; n < 2_000_000; n++) clock.end(${FIRST}, clock.begin())
    })`
  const module = new URL('../../src/observe/command-clock.ts', import.meta.url).href
  const writer = new Worker(code, { eval: true, workerData: { memory, module } })
  const isOver = new Promise<number>((resolve, reject) => {
    writer.on('exit', resolve)
    writer.on('error', reject)
  })
  const board = new ObservationBoard(memory)
  let before = { calls: 0, samples: 0 }
  let looks = 0
  let isRunning = true
  void isOver.then(() => (isRunning = false))
  while (isRunning) {
    const now = board.totals(FIRST) ?? before
    expect(now.calls).toBeGreaterThanOrEqual(before.calls)
    expect(now.samples).toBeGreaterThanOrEqual(before.samples)
    before = now
    looks++
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await isOver).toBe(0)
  expect(looks).toBeGreaterThan(10)
  expect(board.totals(FIRST)!.calls).toBe(2_000_000)
})

test('names, and what does not fit', () => {
  const memory = ObservationBoard.create(1)
  const board = new ObservationBoard(memory)
  board.name('redis', ['get', 'client|list'])
  expect(new ObservationBoard(memory).nameOf(PROTOCOLS.redis.first)).toBe('')
  expect(board.nameOf(PROTOCOLS.redis.first + 2)).toBe('client|list')
  const { most } = PROTOCOLS.http
  expect(() => board.name('http', new Array(most).fill('x'))).toThrow(/64 commands, at most 63/)
  expect(() => new ObservationBoard(memory, 2)).toThrow(/0 to 1/)
  const places = Object.values(PROTOCOLS)
  places.reduce((end, { first, most: size }) => {
    expect(first).toBe(end)
    return first + size
  }, 0)
  expect(places.reduce((sum, { most: size }) => sum + size, 0)).toBe(SERIES)
})
