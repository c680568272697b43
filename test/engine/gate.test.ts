/** The write gate refuses writes and nothing else; partitions spread evenly. */
import { afterEach, expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import { clusterEpoch, partitionOf, setWriteGate } from '../../src/engine/gate.ts'
import { createEngine, type Engine } from '../../src/index.ts'

let engine: Engine | undefined
afterEach(() => engine?.close())

test('a closed gate refuses each kind of write, changes nothing, and lets reads pass', () => {
  engine = createEngine({ memory: '4mb', name: 'gate' })
  engine.set('n', 1)
  const { version } = engine.gets('n')!
  setWriteGate(viewOf(engine), true)
  const writes = [
    () => engine!.set('n', 2),
    () => engine!.add('other', 2),
    () => engine!.increment('n'),
    () => engine!.touch('n', 1000),
    () => engine!.delete('n'),
    () => engine!.compareAndSet('n', 2, version),
  ]
  for (const write of writes)
    expect(write).toThrow(expect.objectContaining({ code: 'HEDDLE_GATE_CLOSED' }))
  expect(engine.gets('n')).toEqual({ value: 1, version })
  expect(engine.size).toBe(1)
  setWriteGate(viewOf(engine), false)
  expect(engine.increment('n')).toBe(2)
  expect(engine.verify().problems).toEqual([])
})

test('keys spread over the partitions, and a single node has epoch 0', () => {
  engine = createEngine({ memory: '4mb', name: 'gate', seed: 1 })
  const view = viewOf(engine)
  const quarters = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) {
    view.key.loadString(`key:${i}`, 0)
    quarters[partitionOf(view) >>> 14]!++
  }
  for (const share of quarters) expect(share).toBeGreaterThan(800)
  expect(clusterEpoch(view)).toBe(0)
})
