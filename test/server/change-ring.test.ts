/**
 * The ring of changes: records come out as they went in, to readers that are far apart; who is too
 * far behind knows that something was lost, never reads what was overwritten, and nobody waits.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import {
  CLOSED,
  ChangeReader,
  ChangeRing,
  type ChangeSink,
  ChangeWriter,
  DEL,
  LOST,
  OPEN,
  PUT,
  TAKEN,
} from '../../src/server/change-ring.ts'
import { randomFrom } from './open-server.ts'

const RESERVED = 4
const HEAD = 5

class Told implements ChangeSink {
  isListening = true
  readonly changes: (readonly [number, number, number, string])[] = []
  losses = 0
  refusals = 0
  changed(kind: number, space: number, version: number, key: string): void {
    this.changes.push([kind, space, version, key])
  }
  lost(): void {
    this.losses++
    this.changes.length = 0
  }
  unavailable(): void {
    this.refusals++
  }
  batchOver(): void {}
}

function openRing(words: number, start = 0): { ring: ChangeRing; writer: ChangeWriter } {
  const ring = new ChangeRing(ChangeRing.create(words))
  ring.words[RESERVED] = ring.words[HEAD] = start
  return { ring, writer: new ChangeWriter(ring) }
}

test.each([
  ['from the beginning', 0],
  ['across the wrap of positions', 2 ** 31 - 4096],
  ['across their wrap to zero', -4096],
])('records come out as they went in, %s', (_name, start) => {
  const { ring, writer } = openRing(4096, start)
  writer.open()
  const told = new Told()
  const reader = new ChangeReader(ring, told)
  const random = randomFrom(7)
  const expected: (readonly [number, number, number, string])[] = []
  for (let turn = 0; turn < 500; turn++) {
    for (let n = random(12); n >= 0; n--) {
      const bytes = Buffer.alloc(random(60), 1 + random(255))
      const version = random(2 ** 31) * 2 ** 10 + n
      writer.append(DEL, turn, version, bytes)
      expected.push([DEL, turn, version, bytes.toString('latin1')])
    }
    writer.publish()
    reader.read()
  }
  expect(told.changes).toEqual(expected)
  expect(told.losses).toBe(0)
})

test('who is more than a ring behind has lost something, and goes on from there', () => {
  const { ring, writer } = openRing(256)
  writer.open()
  const told = new Told()
  const reader = new ChangeReader(ring, told)
  for (let n = 0; n < 40; n++) writer.append(PUT, 0, n, Buffer.from(`key ${n}`))
  writer.publish()
  reader.read()
  expect([told.losses, told.changes]).toEqual([1, []])
  writer.append(PUT, 0, 41, Buffer.from('a'))
  writer.append(LOST, 0, 0, Buffer.alloc(0))
  writer.append(PUT, 0, 42, Buffer.from('b'))
  writer.publish()
  reader.read()
  expect([told.losses, told.changes]).toEqual([2, [[PUT, 0, 42, 'b']]])
})

test('a writer that died in the midst of a record is followed by another', () => {
  const { ring, writer } = openRing(256)
  writer.open()
  const told = new Told()
  const reader = new ChangeReader(ring, told)
  writer.append(PUT, 0, 1, Buffer.from('never published'))
  ring.words.fill(0x5a5a5a5a, 16)
  const next = new ChangeWriter(ring)
  ring.words[2]! |= 1 // dead while opening, too
  reader.read()
  expect(told.losses).toBe(0)
  next.open()
  next.append(PUT, 0, 2, Buffer.from('a'))
  next.publish()
  next.append(PUT, 0, 3, Buffer.from('b'))
  reader.read()
  expect([told.losses, told.changes]).toEqual([1, []])
  next.publish()
  reader.read()
  expect([told.losses, told.changes]).toEqual([1, [[PUT, 0, 3, 'b']]])
})

test('who does not listen passes over what is written; a refusal answers no new wish', () => {
  const { ring, writer } = openRing(256)
  writer.open()
  const told = new Told()
  told.isListening = false
  const reader = new ChangeReader(ring, told)
  writer.append(PUT, 0, 1, Buffer.from('a'))
  writer.publish()
  reader.read()
  told.isListening = true
  ring.state = TAKEN
  reader.read()
  expect([told.changes, told.losses, told.refusals]).toEqual([[], 0, 1])
  const { wishes } = ring
  ring.wish()
  expect([ring.wishes, ring.state]).toEqual([wishes + 1, CLOSED])
  ring.state = OPEN
  ring.wish()
  expect(ring.state).toBe(OPEN)
})

test('who begins to listen has lost nothing, though the feed was opened just before', () => {
  const { ring, writer } = openRing(256)
  const told = new Told()
  told.isListening = false
  const reader = new ChangeReader(ring, told)
  writer.open()
  writer.append(PUT, 0, 1, Buffer.from('before'))
  writer.publish()
  reader.passOver()
  told.isListening = true
  reader.read()
  expect([told.changes, told.losses]).toEqual([[], 0])
  writer.append(PUT, 0, 2, Buffer.from('after'))
  writer.publish()
  reader.passOver() // another begins, and the first has not heard of it yet
  reader.read()
  expect(told.changes).toEqual([[PUT, 0, 2, 'after']])
  new ChangeWriter(ring).open()
  reader.passOver()
  reader.read()
  expect(told.losses).toBe(1)
})

test('a thread that writes as fast as it can never makes a reader see what is not so', async () => {
  const memory = ChangeRing.create(1024)
  const enough = new Int32Array(new SharedArrayBuffer(4))
  const program = new URL('./change-ring-thread.ts', import.meta.url)
  const thread = new Worker(program, { workerData: { memory, enough, count: 100_000 } })
  const ring = new ChangeRing(memory)
  let last = 0
  let seen = 0
  let wrong = 0
  const told = new Told()
  told.changed = (kind, space, version, key) => {
    if (++seen > 1000) Atomics.store(enough, 0, 1)
    const isRight = kind === PUT && space === version % 7 && key === keyOf(version)
    if (!isRight || version <= last) wrong++
    last = version
  }
  const reader = new ChangeReader(ring, told)
  const ended = once(thread, 'exit')
  let isOver = false
  void ended.then(() => (isOver = true))
  while (!isOver) {
    for (let n = 0; n < 200; n++) reader.read()
    await new Promise(setImmediate)
  }
  expect(wrong).toBe(0)
  expect(seen).toBeGreaterThan(1000)
  expect(told.losses).toBeGreaterThan(0)
})

/** What the thread writes. */
function keyOf(version: number): string {
  return `${version} `.repeat(1 + (version % 9))
}
