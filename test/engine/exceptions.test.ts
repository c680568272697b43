/**
 * An exception in the midst of an operation, such as a stack that overflows: the thread lives on.
 * What it leaves half done is finished or undone before its next call, as after a death.
 */
import { expect, test, vi } from 'vitest'
import type { Engine } from '../../src/index.ts'
import { interruptAt } from './every-access.ts'
import { openEngine, secondRow } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const MOST_ACCESSES = 20_000
const LONG = 'long'.repeat(2000)

function overflow(): never {
  throw new RangeError('Maximum call stack size exceeded')
}

/** Each changes 'key', whose value is 'old' before. */
const CALLS: readonly (readonly [string, (engine: Engine) => unknown, readonly unknown[]])[] = [
  ['set', (engine) => engine.set('key', 'new'), ['old', 'new']],
  ['set with a ttl', (engine) => engine.set('key', 'new', 1e6), ['old', 'new']],
  ['a long value', (engine) => engine.set('key', LONG), ['old', LONG]],
  ['delete', (engine) => engine.delete('key'), ['old', undefined]],
  ['append', (engine) => engine.append('key', '+'), ['old', 'old+']],
  ['touch', (engine) => engine.touch('key', 1e6), ['old']],
  ['clear', (engine) => engine.clear(), ['old', undefined]],
  ['a creation', (engine) => engine.set(`other${made++}`, 1), ['old']],
  ['get', (engine) => engine.get('key'), ['old']],
]
let made = 0

test.each(CALLS)('%s', (_name, call, ends) => {
  const engine = openEngine({ memory: '2mb', maxThreads: 4 })
  const rival = secondRow(engine)
  let interrupted = true
  for (let number = 0; interrupted; number++) {
    engine.set('key', 'old')
    interrupted = interruptAt(number, () => expectOverflow(() => call(engine)), overflow)
    const where = `at access ${number}`
    // Others are not held up by it, and see either end.
    rival.set(`rival${number % 100}`, number)
    const value = rival.get('key')
    expect(ends, where).toContain(value)
    expect(engine.get('key'), where).toBe(value)
    engine.delete('nothing')
    if (number % 20 === 0) expect(engine.verify().problems, where).toEqual([])
    expect(number).toBeLessThan(MOST_ACCESSES)
  }
})

test('a full cache, in the midst of evictions', () => {
  const engine = openEngine({ memory: '2mb', maxThreads: 4 })
  for (let n = 0; n < 4000; n++) engine.set(`k${n}`, LONG.slice(0, 500))
  for (let number = 0; number < 1500; number++) {
    interruptAt(number, () => expectOverflow(() => engine.set(`m${number}`, LONG)), overflow)
    engine.delete('nothing')
    if (number % 100 === 0) expect(engine.verify().problems, `at ${number}`).toEqual([])
  }
})

test('a real overflow', () => {
  const engine = openEngine({ memory: '2mb', maxThreads: 4 })
  let calls = 0
  const deeper = (pad: number): void => {
    calls++
    if (calls % 3 === 0) engine.delete(`k${calls % 50}`)
    else engine.set(`k${calls % 50}`, `${LONG.slice(0, 100)}${calls}`)
    deeper(pad + 1)
  }
  for (let n = 0; n < 8; n++) expect(() => deeper(n)).toThrow(RangeError)
  engine.set('key', 'value')
  expect(engine.verify().problems).toEqual([])
  expect(engine.get('key')).toBe('value')
})

function expectOverflow(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
  }
}
