/**
 * A thread that gives its places away all the time, and one that reads them: no key is ever told
 * that is made of two. Keys are one letter, as often as its place in the alphabet says.
 */
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createRows, KeyRow } from '../../src/engine/hot-keys/rows.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const KEYS = 8
const MOST_MS = 15_000
const WRITER = `
  const { workerData } = require('node:worker_threads')
  const { rows, scratch, memory, stop } = workerData
  const load = async () => {
    const { KeyRow } = await import(rows)
    const { KeyScratch } = await import(scratch)
    const row = new KeyRow(memory, 0)
    const key = new KeyScratch(1)
    row.all = 1
    for (let n = 0; stop[0] === 0; n++) {
      const letter = n % 26
      key.loadString('${LETTERS}'[letter].repeat(letter + 1), letter)
      row.give(n % ${KEYS}, key, letter + 1, letter)
    }
  }
  load()`

function isWhole(text: string): boolean {
  const letter = LETTERS.indexOf(text[0]!)
  return text === LETTERS[letter]?.repeat(letter + 1)
}

test('a place that changes while it is read is left out', async () => {
  const memory = createRows(1, { keys: KEYS, perSample: 1, halfLifeMs: 1000 })
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const rows = new URL('../../src/engine/hot-keys/rows.ts', import.meta.url).href
  const scratch = new URL('../../src/memory/key-scratch.ts', import.meta.url).href
  const writer = new Worker(WRITER, { eval: true, workerData: { rows, scratch, memory, stop } })
  const isOver = new Promise<number>((resolve, reject) => {
    writer.on('exit', resolve)
    writer.on('error', reject)
  })
  const row = new KeyRow(memory, 0)
  let [told, leftOut] = [0, 0]
  const end = performance.now() + MOST_MS
  while ((told < 20_000 || leftOut < 20) && performance.now() < end) {
    for (let place = 0; place < KEYS; place++) {
      const kept = row.read(place)
      if (kept === undefined) {
        if (told > 0) leftOut++
        continue
      }
      const text = kept.bytes.toString()
      const { length, space, weight, error } = kept
      expect([text, isWhole(text)]).toEqual([text, true])
      expect([text, length, space, weight, error]).toEqual([
        ...[text, text.length, text.length - 1, text.length, text.length - 1],
      ])
      told++
    }
    if (told === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  stop[0] = 1
  expect(await isOver).toBe(0)
  expect(told).toBeGreaterThan(1000)
  expect(leftOut).toBeGreaterThan(0) // it did meet places that changed
})
