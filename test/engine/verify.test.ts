/**
 * `verify()` beside writers: another row writes, or gives its chunks back, before each of many
 * accesses of a walk. The walker alone reports what is none; `verify()` does not, and what is one
 * it reports however often it looks.
 */
import { expect, test, vi } from 'vitest'
import { packRowState, ROW, ROW_BUSY } from '../../native-layout/thread-row.ts'
import { PAGE } from '../../native-layout/page.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { verifyMemory } from '../../src/engine/verify.ts'
import { checkIntegrity } from '../../src/memory/check-integrity.ts'
import { pageAddress, rowAddress } from '../../src/memory/view.ts'
import { accessesOf, interruptAt } from './every-access.ts'
import { openEngine, secondRow } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const POINTS = 300

/** What walks report that a write or a leaving thread interrupts at `POINTS` places. */
function interrupted(walk: (view: ReturnType<typeof viewOf>) => { problems: readonly string[] }) {
  const engine = openEngine({ memory: '2mb' })
  const view = viewOf(engine)
  for (let n = 0; n < 20; n++) engine.set(`key ${n}`, 'v'.repeat(n * 5))
  const accesses = accessesOf(() => void walk(view)).length
  let reported = 0
  for (let point = 0; point < POINTS; point++) {
    const other = secondRow(engine)
    other.set('another', point)
    let problems: readonly string[] = []
    const at = Math.floor((point / POINTS) * accesses)
    interruptAt(
      at,
      () => ({ problems } = walk(view)),
      () => {
        other.set('key 7', 'longer'.repeat(point % 40))
        other.close()
      },
    )
    if (problems.length > 0) reported++
  }
  return reported
}

test('a write during a walk is no problem', () => {
  expect(interrupted(checkIntegrity)).toBeGreaterThan(POINTS / 20)
  expect(interrupted(verifyMemory)).toBe(0)
})

test('what does not add up is reported, and not as disturbed', () => {
  const engine = openEngine()
  const view = viewOf(engine)
  engine.set('a', 'value')
  expect(engine.verify()).toMatchObject({ ok: true, problems: [], disturbed: false, entries: 1 })
  const carved = pageAddress(view, 1) + PAGE.CARVED
  view.control[carved]! += 1
  const problem = expect.stringMatching(/^I-NO-LEAK: chunk \d+ of page 1 belongs to nobody$/)
  expect(engine.verify()).toMatchObject({ ok: false, problems: [problem], disturbed: false })
  view.control[carved]! -= 1
})

test('a thread in the midst of an operation for all that time is said', () => {
  const engine = openEngine()
  const other = secondRow(engine)
  const state = rowAddress(viewOf(engine), viewOf(other).row) + ROW.STATE
  const { control } = viewOf(engine)
  const before = control[state]!
  control[state] = packRowState(9, ROW_BUSY)
  const problem = `row ${viewOf(other).row} is not idle`
  const report = verifyMemory(viewOf(engine), 20)
  expect(report).toMatchObject({ ok: false, problems: [problem], disturbed: true })
  control[state] = before
  other.close()
})
