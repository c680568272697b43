/**
 * Whether an entry is over is decided once: whoever says that it is absent has unlinked it, or else
 * a change that began in time would bring it back. Two rows in one thread, of which the second acts
 * while the first frees what it found over.
 */
import { expect, test } from 'vitest'
import { viewOf } from '../../src/engine/engine.ts'
import type { Engine } from '../../src/index.ts'
import { FakeClock, openEngine, secondRow } from './open-engine.ts'

const target = new Uint8Array(9)

test.each<[string, (engine: Engine) => unknown, unknown]>([
  ['get', (engine) => engine.get('key'), '7'],
  ['getBytes', (engine) => engine.getBytes('key', target), 1],
  ['has', (engine) => engine.has('key'), true],
  ['touch', (engine) => engine.touch('key'), true],
  ['increment', (engine) => engine.increment('key'), 8],
  ['replace', (engine) => engine.replace('key', '9'), true],
])('%s finds an entry that was over and is touched before it is freed', (_name, call, result) => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const rival = secondRow(engine)
  const early = clock.ms
  viewOf(rival).now = () => early // A clock that is read in time.
  engine.set('key', '7', 1000)
  clock.ms += 2000
  const view = viewOf(engine)
  let looks = 0
  // The last look at the clock before the entry is unlinked.
  view.now = () => {
    if (++looks === 2) expect(rival.touch('key', 60_000)).toBe(true)
    return clock.ms
  }
  expect(call(engine)).toBe(result)
  expect(looks).toBeGreaterThanOrEqual(2)
})

test('what one thread found over does not come back by a touch of another', () => {
  const clock = new FakeClock()
  const engine = openEngine({ now: clock.now })
  const rival = secondRow(engine)
  const early = clock.ms
  engine.set('key', '7', 1000)
  clock.ms += 2000
  // After the touch has found it alive, before it exchanges the entry.
  viewOf(rival).now = () => {
    viewOf(rival).now = clock.now
    expect(engine.has('key')).toBe(false)
    return early
  }
  expect(rival.touch('key')).toBe(false)
  expect(engine.has('key')).toBe(false)
})
