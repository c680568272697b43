/** What the console and JSON.stringify show of an engine: a few lines, no internals, no values. */
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { openEngine } from './open-engine.ts'

test('an engine and a namespace in a few words', () => {
  const engine = openEngine({ name: 'shown' })
  const space = engine.namespace('space')
  engine.setMany([
    ['secret key', 'secret value'],
    ['other', 1n],
  ])
  space.set('third', 1)
  const shown = { name: 'shown', closed: false, memory: 4 << 20, eviction: 'clock', codec: 'json' }
  const parsed = JSON.parse(JSON.stringify({ engine, space }))
  expect(parsed.engine).toEqual({ ...shown, entries: 3, bytes: engine.stats().bytes, threads: 1 })
  expect(parsed.space).toEqual({ name: 'space', engine: 'shown', closed: false, entries: 1 })
  const text = inspect([engine, space], { depth: 4 })
  expect(text).toMatch(/^\[\s+Engine \{\s+name: 'shown',[^{}]+entries: 3,[^{}]+\},\s+Namespace \{/)
  expect(text.split('\n').length).toBeLessThan(20)
  expect(text).not.toContain('secret')
  expect(engine.stats()).toMatchObject({ hits: 0, misses: 0 })
})

test('also when they are closed', () => {
  const engine = createEngine({ name: 'shut', memory: '4mb' })
  const space = engine.namespace('space')
  engine.close()
  expect(JSON.parse(JSON.stringify(engine))).toMatchObject({ name: 'shut', closed: true })
  expect(inspect(engine)).toMatch(/^Engine \{ *\s+name: 'shut',\s+closed: true,[^{}]+\}$/)
  expect(inspect(space)).toBe("Namespace { name: 'space', engine: 'shut', closed: true }")
})
