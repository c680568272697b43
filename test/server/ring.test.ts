/** The ring's arithmetic: records of any length come out as they went in, around the end too. */
import { expect, test } from 'vitest'
import { HEADER_BYTES, MOST_PAYLOAD, Ring } from '../../src/server/ring.ts'
import { randomFrom } from './open-server.ts'

const SIZE = 256 * 1024

test.each([
  ['from the beginning', 0],
  ['across the wrap of positions', 2 ** 31 - SIZE],
  ['across their wrap to zero', -SIZE],
])('records come out as they went in, %s', (_name, start) => {
  const memory = Ring.create(SIZE)
  const writer = new Ring(memory)
  const reader = new Ring(memory)
  const random = randomFrom(5)
  const under: { length: number; slot: number; fill: number }[] = []
  let head = start | 0
  let tail = start | 0
  let wraps = 0
  for (let turn = 0; turn < 3000; turn++) {
    const length = random(10) === 0 ? random(MOST_PAYLOAD + 1) : random(200)
    if (writer.room(head, tail) >= HEADER_BYTES + length + 8) {
      const record = { length, slot: random(1000), fill: 1 + random(255) }
      writer.describe(tail, length, record.slot, 7, tail, turn)
      writer.fill(tail, Buffer.alloc(length + 3, record.fill), 3, length + 3)
      const next = writer.after(tail, length)
      if ((next & (SIZE - 1)) === 0) wraps++
      tail = next
      under.push(record)
    }
    while (under.length > 0 && (under.length > 40 || random(2) === 0)) {
      const { length: expected, slot, fill } = under.shift()!
      const at = reader.wordAt(head)
      expect([...reader.words.subarray(at, at + 4)]).toEqual([expected, slot, 7, head])
      const from = reader.payloadAt(head)
      const payload = reader.bytes.subarray(from, from + expected)
      expect(payload.equals(Buffer.alloc(expected, fill))).toBe(true)
      head = reader.after(head, expected)
    }
  }
  expect(wraps).toBeGreaterThan(5)
  expect(writer.room(tail, tail)).toBe(SIZE)
})
