/**
 * What ARM64 needs and x64 gives for nothing: whatever an operation concludes from plain reads is
 * closed by `closeReads` or an exchange of the slot word after them (a sequentially consistent load
 * would let them slip behind it), and each operation ends ordered before the next one.
 *
 * The order of accesses is what a machine may change, so a test by running cannot show it on x64:
 * these look at the accesses themselves.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Engine, viewOf } from '../../src/engine/engine.ts'
import { keysIn } from '../../src/engine/iterate.ts'
import { MATCH, RawAccess } from '../../src/engine/raw-access.ts'
import { applyDelete } from '../../src/engine/remove.ts'
import { APPLY } from '../../src/engine/store.ts'
import type { MemoryView } from '../../src/memory/view.ts'
import { type Access, accessesOf } from './every-access.ts'
import { openEngine } from './open-engine.ts'

vi.mock(import('../../src/memory/atomics.ts'), async (original) => {
  const { watched } = await import('./every-access.ts')
  return watched(original)
})

const PLAIN: readonly string[] = ['peek', 'peekByte', 'peekDouble', 'peekBuffer', 'copyOut']
const CLOSING: readonly string[] = ['closeReads', 'compareExchange']

let engine: Engine
let view: MemoryView
let raw: RawAccess

beforeEach(() => {
  engine = openEngine()
  view = viewOf(engine)
  raw = new RawAccess(engine)
  engine.set('key', 'value', 1e6)
  engine.set('list', [1, 2, 3])
})

function stage(key: string): void {
  raw.stage(Buffer.from(key), 0, key.length)
}

/** Whether the access is a plain one to the chunk of an entry: byte range of its segment. */
function readsOf(segment: number, from: number, to: number): (access: Access) => boolean {
  const parts: readonly unknown[] = [
    view.data,
    view.dataBytes,
    view.dataDoubles,
    view.dataBuffers,
  ].map((views) => views[segment])
  return ({ kind, words, at }) => {
    if (!PLAIN.includes(kind) || !parts.includes(words)) return false
    const size = words instanceof Float64Array ? 8 : words instanceof Int32Array ? 4 : 1
    return at * size >= from && at * size < to
  }
}

/** The accesses of the call from its last plain read of the key's entry on. */
function afterLastRead(key: string, call: () => void): string[] {
  engine.has(key)
  const { entrySegment, entryAt, entryShape } = view
  const reads = readsOf(entrySegment, entryAt * 4, (entryAt + entryShape) * 4)
  const accesses = accessesOf(call)
  const last = accesses.findLastIndex(reads)
  expect(last).toBeGreaterThan(0)
  return accesses.slice(last).map(({ kind }) => kind)
}

const draft = {
  bytes: Buffer.from('x'),
  from: 0,
  length: 1,
  codec: 0,
  expiry: 0,
  flags: 0,
  marks: 0,
}

const CONCLUSIONS: readonly (readonly [string, () => unknown, unknown])[] = [
  ['get', () => engine.get('key'), 'value'],
  ['gets', () => engine.gets('key')?.value, 'value'],
  ['getBytes', () => engine.getBytes('key', new Uint8Array(9)), 5],
  ['has', () => engine.has('key'), true],
  ['ttl', () => engine.ttl('key') !== undefined, true],
  ['add', () => engine.add('key', 1), false],
  ['compareAndSet', () => engine.compareAndSet('key', 1, 12_345), 'exists'],
  ['iteration', () => keysIn(view, view.slotIndex >>> 4, -1).length > 0, true],
]

describe('what is read of an entry is closed before it is believed', () => {
  test.each(CONCLUSIONS)('%s', (_name, call, answer) => {
    let found: unknown
    const kinds = afterLastRead('key', () => {
      found = call()
    })
    expect(found).toEqual(answer)
    expect(kinds.some((kind) => CLOSING.includes(kind))).toBe(true)
  })

  test('get of what is parsed', () => {
    const kinds = afterLastRead('list', () => engine.get('list'))
    expect(kinds.some((kind) => CLOSING.includes(kind))).toBe(true)
  })

  test('a part of a value', () => {
    const target = new Uint8Array(3)
    const kinds = afterLastRead('key', () => {
      stage('key')
      raw.open()
      raw.copyPart(target, 0, 1, 4)
      expect(raw.confirm()).toBe(true)
    })
    expect(String.fromCharCode(...target)).toBe('alu')
    expect(kinds[0]).toBe('peekBuffer')
    expect(kinds.some((kind) => CLOSING.includes(kind))).toBe(true)
  })

  test.each([
    ['a store over another CAS', () => raw.store(MATCH)],
    ['a removal of another CAS', () => raw.removeMatching(1, 1)],
    ['a record that is older', () => raw.store(APPLY)],
    ['a removal that is older', () => applyDelete(view, 1)],
  ])('%s', (_name, call) => {
    stage('key')
    Object.assign(raw.draft, draft, { wantedHigh: 1, wantedLow: 1 })
    const kinds = afterLastRead('key', () => {
      stage('key')
      call()
    })
    expect(engine.get('key')).toBe('value')
    expect(kinds.some((kind) => CLOSING.includes(kind))).toBe(true)
  })
})

describe('each operation ends ordered before the next', () => {
  test.each<[string, () => unknown]>([
    ['a hit', () => engine.get('key')],
    ['a miss', () => engine.get('absent')],
    ['a miss of has', () => engine.has('absent')],
    ['set', () => engine.set('key', 'other')],
    ['delete', () => engine.delete('key')],
    ['delete of nothing', () => engine.delete('absent')],
    ['replace of nothing', () => engine.replace('absent', 1)],
    ['clear', () => engine.clear()],
  ])('%s', (_name, call) => {
    const accesses = accessesOf(call)
    const kinds = accesses.map(({ kind }) => kind)
    // A hit: closed at its slot, then a load. Everything else: closed at the thread's own row.
    const closed = Math.max(kinds.lastIndexOf('closeReads'), kinds.lastIndexOf('closeOperation'))
    expect(closed).toBeGreaterThan(0)
    if (kinds[closed] === 'closeReads') expect(kinds[closed + 1]).toBe('openReads')
    const shared: readonly unknown[] = [...view.tables, ...view.data]
    const late = accesses.slice(closed + 2).filter(({ kind, words }) => {
      return PLAIN.includes(kind) && shared.includes(words)
    })
    expect(late).toEqual([])
  })
})
