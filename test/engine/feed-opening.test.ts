/**
 * Opening the mutation feed while others write: what is told agrees with what is there, or the
 * reader is asked to begin anew. Three rows in one thread, of which two write at each moment of the
 * opening in turn.
 */
import { expect, test } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import { ROW, ROW_BUSY } from '../../native-layout/thread-row.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { MutationFeed } from '../../src/engine/feed.ts'
import type { Engine } from '../../src/index.ts'
import { rowAddress } from '../../src/memory/view.ts'
import { openEngine, secondRow } from './open-engine.ts'

/** Opens the feed, and acts before the view is looked at for the n-th time meanwhile. */
function openWhile(engine: Engine, nth: number, act: () => void): MutationFeed {
  const view = viewOf(engine)
  const { control } = view
  let looks = 0
  Object.defineProperty(view, 'control', {
    configurable: true,
    get: () => {
      if (++looks === nth) act()
      return control
    },
  })
  try {
    return engine.mutations()
  } finally {
    Object.defineProperty(view, 'control', { value: control })
  }
}

const MOMENTS = 60

test('a change is told if an earlier one of the key was, or all is read anew', () => {
  let told = 0
  for (let moment = 1; moment <= MOMENTS; moment++) {
    const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
    const [first, second] = [secondRow(engine), secondRow(engine)]
    engine.set('key', 1)
    const feed = openWhile(engine, moment, () => {
      first.set('key', 2)
      second.delete('key')
    })
    const records = feed.poll()
    if (records.some(({ kind }) => kind === 'RESYNC')) continue
    const last = records.filter(({ key }) => key === 'key').at(-1)
    if (last === undefined) continue
    told++
    expect([moment, last.kind]).toEqual([moment, engine.has('key') ? 'PUT' : 'DEL'])
  }
  expect(told).toBeGreaterThan(0)
})

// Found by the explorer (feed: read 3): its record may lie behind the tail that the reader sets.
test('a change under way at first, and done when its row was reached, is read anew', () => {
  const engine = openEngine({ feedBytes: '64kb', maxThreads: 4 })
  const view = viewOf(engine)
  const states = (): Int32Array =>
    Int32Array.from({ length: 4 }, (_, row) => view.control[rowAddress(view, row) + ROW.STATE]!)
  const other = secondRow(engine)
  other.set('key', 1)
  const before = states()
  before[viewOf(other).row]! |= ROW_BUSY
  view.control[CONTROL.LISTEN] = view.row + 1
  const feed = new MutationFeed(view, before)
  expect(feed.poll().map(({ kind }) => kind)).toEqual(['RESYNC'])
  expect(feed.poll()).toEqual([])
  feed.close()
})
