/** The pulse: a busy thread looks busy, a blocked event loop late, one that rests idle. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Fact, ObservationBoard } from '../../src/observe/observation-board.ts'
import { Pulse } from '../../src/observe/pulse.ts'

function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

async function beatsAfter(board: ObservationBoard, beats: number): Promise<void> {
  for (let tries = 0; tries < 200 && board.factOf(0, 'beats') < beats; tries++) await delay(50)
  expect(board.factOf(0, 'beats')).toBeGreaterThanOrEqual(beats)
}

test('work and blocking show', async () => {
  const board = new ObservationBoard(ObservationBoard.create(1))
  const pulse = new Pulse(board.memory, 0)
  const fact = (name: Fact) => board.factOf(0, name)
  const before = fact('busy')
  await delay(30)
  work(400)
  await beatsAfter(board, 2)
  pulse.end()
  expect(fact('busy') - before).toBeGreaterThan(350)
  expect(fact('delayLongest')).toBeGreaterThan(300)
  expect(fact('delayLongest')).toBeGreaterThanOrEqual(fact('delayP99'))
  expect(fact('delayP99')).toBeGreaterThanOrEqual(fact('delayMedian'))
  expect(fact('busyShare')).toBeGreaterThan(0.3)
  expect(fact('busyShare')).toBeLessThanOrEqual(1)
  expect(fact('heapBytes')).toBeGreaterThan(1e6)
  const beats = fact('beats')
  await delay(1100)
  expect(fact('beats')).toBe(beats) // it has ended
})

test('rest within the event loop counts as idle', async () => {
  const board = new ObservationBoard(ObservationBoard.create(1))
  let rested = 0
  const pulse = new Pulse(board.memory, 0, () => rested)
  const before = { busy: board.factOf(0, 'busy'), idle: board.factOf(0, 'idle') }
  work(300)
  rested = 280
  await beatsAfter(board, 2)
  pulse.end()
  const busy = board.factOf(0, 'busy') - before.busy
  const idle = board.factOf(0, 'idle') - before.idle
  expect(idle).toBeGreaterThan(280)
  expect(busy + idle).toBeGreaterThan(300)
})
