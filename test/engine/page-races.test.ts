/**
 * Operations that are interrupted at a chosen step, for good or for a while, while another thread
 * changes the same key or moves its page: updates, removals, creations, iteration, recovery. Two
 * rows in one thread; the second acts where the first is interrupted.
 */
import { load, peek, poke } from '#atomics'
import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import { PAGE, PAGE_ACTIVE } from '../../native-layout/page.ts'
import { kindOf, ROW, ROW_BUSY, ROW_REMOVE, ROW_REPLACE } from '../../native-layout/thread-row.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { keysIn } from '../../src/engine/iterate.ts'
import { MARK_STALE, MARK_WIN, RawAccess, SET, STORED } from '../../src/engine/raw-access.ts'
import { classStats } from '../../src/engine/slab-admin.ts'
import type { Engine } from '../../src/index.ts'
import { mustRest, tryClaim } from '../../src/memory/page-claim.ts'
import { abandonDrain, beginDrain } from '../../src/memory/page-moves.ts'
import { enter, field, leave } from '../../src/memory/row.ts'
import { cutPage } from '../../src/memory/cut-page.ts'
import { handleIn, pageAddress, pageOf, type MemoryView } from '../../src/memory/view.ts'
import { FakeClock, openEngine, refusalOf, secondRow } from './open-engine.ts'
import {
  DEATH,
  dieInPages,
  drain,
  interruptAtClock,
  recoverFrom,
  stateOf,
  watchState,
} from './page-steps.ts'

type Change = Parameters<RawAccess['change']>[0]

function accessTo(engine: Engine, key: string): RawAccess {
  const raw = new RawAccess(engine)
  expect(raw.stage(Buffer.from(key), 0, key.length)).toBe(true)
  return raw
}

/** A value whose words may be taken for the header of a complete chunk of the page. */
function decoy(view: MemoryView, offset: number): Uint8Array {
  const word = peek(view.control, CONTROL.BASE) + offset
  return new Uint8Array(new Int32Array(28).fill(word).buffer)
}

/** Drains the page and cuts it for chunks four times as large. */
function cutAnew(view: MemoryView, page: number): void {
  const sizeClass = classStats(view).findIndex((of) => of.chunkBytes >= 512)
  expect(drain(view, page)).toBe(true)
  enter(view)
  expect(cutPage(view, page, sizeClass)).toBe(true)
  leave(view)
}

/** The slot word of a key, and where the slot is. */
function slotOf(raw: RawAccess, view: MemoryView, key: string): { word: number; at: number } {
  raw.stage(Buffer.from(key), 0, key.length)
  raw.open()
  return { word: view.slotWord, at: view.slotAt }
}

describe('recovery of a thread whose page has been cut anew since', () => {
  test('its new entry counts as published if others have replaced it', () => {
    const engine = openEngine()
    const dying = secondRow(engine)
    const [view, dead] = [viewOf(engine), viewOf(dying)]
    const value = decoy(view, 3)
    engine.set('key', value)
    for (let n = 0; n < 127; n++) engine.set(`m${n}`, value)
    for (let n = 0; n < 80; n++) dying.set(`d${n}`, value)
    dying.delete('d2')
    let isArmed = true
    dieInPages(dead, () => {
      if (!isArmed || kindOf(dead.state) !== ROW_REPLACE) return false
      return load(dead.slotTable, dead.slotAt) === field(dead, ROW.NEW)
    })
    expect(() => dying.set('key', value)).toThrow(DEATH)
    isArmed = false
    engine.set('key', value)
    engine.get('key')
    cutAnew(view, pageOf(view, handleIn(view, field(dead, ROW.NEW))))
    recoverFrom(view, dead)
    expect(engine.verify().problems).toEqual([])
  })

  test('its removal counts as lost if others have removed the entry', () => {
    const engine = openEngine()
    const dying = secondRow(engine)
    const [view, dead] = [viewOf(engine), viewOf(dying)]
    const value = decoy(view, 1)
    const raw = new RawAccess(engine)
    for (let n = 0; n < 160; n++) engine.set(`m${n}`, value)
    const words = Array.from({ length: 160 }, (_, n) => slotOf(raw, view, `m${n}`).word)
    const at = words.findIndex((word) => (handleIn(view, word) & view.ordinalMask) === 18)
    watchState(dead, (next, last) => {
      if (kindOf(next) === ROW_REMOVE) engine.delete(`m${at}`)
      if (kindOf(last) === ROW_REMOVE && kindOf(next) === ROW_BUSY) throw new Error(DEATH)
    })
    expect(() => dying.delete(`m${at}`)).toThrow(DEATH)
    expect(engine.has(`m${at}`)).toBe(false)
    engine.get('m1')
    cutAnew(view, pageOf(view, handleIn(view, words[at]!)))
    recoverFrom(view, dead)
    expect(engine.verify().problems).toEqual([])
  })
})

test('a page keeps its shape if a thread dies declaring it free and the drain is given up', () => {
  const engine = openEngine()
  const [view, drainer, dead] = [engine, secondRow(engine), secondRow(engine)].map(viewOf) as [
    MemoryView,
    MemoryView,
    MemoryView,
  ]
  const { control } = view
  for (let n = 0; n < 3000; n++) engine.set(`k${n}`, new Uint8Array(100))
  for (let n = 0; n < 3000; n++) engine.delete(`k${n}`)
  const page = 2
  const at = pageAddress(view, page)
  enter(drainer)
  expect(beginDrain(drainer, page, peek(control, at + PAGE.STATE))).toBe(true)
  expect(peek(control, at + PAGE.STACK) >>> 16).toBe(peek(control, at + PAGE.CARVED))
  enter(dead)
  expect(tryClaim(dead, page)).toBe(true)
  poke(control, at + PAGE.TOP, peek(control, at + PAGE.BASE))
  poke(control, view.shapesAt + page, 0)
  abandonDrain(drainer, page)
  leave(drainer)
  recoverFrom(view, dead)
  expect(stateOf(view, page)).toBe(PAGE_ACTIVE)
  expect(peek(control, view.shapesAt + page)).toBeGreaterThan(0)
  expect(engine.verify().problems).toEqual([])
  for (let n = 0; n < 3000; n++) engine.set(`k${n}`, new Uint8Array(100))
})

test('a mark set while another thread makes room for its own is not lost: one of them wins', () => {
  const engine = openEngine()
  const value = new Uint8Array(3000)
  for (let n = 0; n < 1500; n++) engine.set(`k${n}`, value)
  let first = accessTo(engine, 'key')
  const second = accessTo(secondRow(engine), 'key')
  const draft = { bytes: value, length: value.length, from: 0, expiry: 0, flags: 0, codec: 0 }
  Object.assign(first.draft, draft, { marks: MARK_STALE, casHigh: 0, casLow: 0 })
  expect(first.store(SET)).toBe(STORED)
  engine.set('last', value) // The next entry needs an eviction.
  first = accessTo(engine, 'key')
  const winners = new Set<string>()
  const winning = (who: string, meanwhile: () => void): Change => ({
    keepsVersion: true,
    make: (old, reading, into) => {
      Object.assign(into, { bytes: old, from: 0, length: old.length })
      if ((reading.marks & MARK_WIN) === 0) winners.add(who)
      else winners.delete(who)
      into.marks = reading.marks | MARK_WIN
      meanwhile()
      return STORED
    },
  })
  let calls = 0
  const other = winning('second', () => {})
  const meanwhile = (): void => {
    if (++calls === 1) expect(second.change(other)).toBe(STORED)
  }
  expect(first.change(winning('first', meanwhile))).toBe(STORED)
  expect([...winners]).toEqual(['second'])
})

test('an increment counts on the value set last, though chunks have recurred meanwhile', () => {
  const engine = openEngine({ expectedEntries: 40_000 })
  const rival = secondRow(engine)
  const [view, other] = [viewOf(engine), viewOf(rival)]
  const { control } = view
  const wrap = 2 << view.versionBits
  poke(control, CONTROL.BASE, wrap * 3 + 1)
  const digits = (n: number): string => String(n).padStart(100, '0')
  const keys = Array.from({ length: 18 }, (_, n) => `k${n + 10}`)
  for (const key of keys) rival.set(key, digits(0))
  for (let n = 0; n < 20; n++) rival.set('key', digits(0))
  const raw = accessTo(engine, 'key')
  const looks = accessTo(rival, 'key')
  const before = slotOf(looks, other, 'key')
  const page = pageOf(other, handleIn(other, before.word))
  const ordinal = handleIn(other, before.word) & other.ordinalMask
  const ordinalNow = (): number =>
    handleIn(other, slotOf(looks, other, 'key').word) & other.ordinalMask
  // As if another chunk of the page had been used until its versions began again.
  slotOf(looks, other, 'k10')
  expect(pageOf(other, handleIn(other, other.slotWord))).toBe(page)
  poke(other.entry, other.entryAt, peek(other.entry, other.entryAt) + wrap)

  let step = 0
  // Between the copy of the old value and the chunk of the new one.
  const emptyPage = (): void => {
    for (const key of ['key', ...keys]) rival.delete(key)
    expect(drain(other, page)).toBe(true)
    expect(mustRest(other, page, peek(control, pageAddress(other, page) + PAGE.STATE))).toBe(true)
  }
  // Between the making of the new entry and its exchange.
  const setAnew = (): void => {
    rival.set('key', digits(41))
    for (let n = 0; n < 20 && ordinalNow() !== ordinal; n++) {
      rival.delete('key')
      rival.set(`m${n + 10}`, digits(0))
      rival.set('key', digits(41))
    }
    for (let n = 0; n < 40 && slotOf(looks, other, 'key').word !== before.word; n++) {
      rival.delete('key')
      rival.set('key', digits(41))
    }
  }
  let version = 0
  Object.defineProperty(raw.draft, 'version', {
    get: () => version,
    set: (to: number) => {
      version = to
      if (step++ === 1) setAnew()
    },
  })
  const increment: Change = {
    keepsVersion: false,
    make: (old, reading, draft) => {
      const bytes = Buffer.from(digits(Number(Buffer.from(old).toString()) + 1))
      Object.assign(draft, { bytes, from: 0, length: bytes.length, codec: reading.codec })
      if (step++ === 0) emptyPage()
      return STORED
    },
  }
  raw.change(increment)
  expect(Number(rival.get('key'))).toBeGreaterThanOrEqual(41)
})

test('iteration passes over an entry that is replaced by other bytes under its eyes', () => {
  const clock = new FakeClock()
  const engine = openEngine({ expectedEntries: 20_000, now: clock.now })
  const rival = secondRow(engine)
  const [view, other] = [viewOf(engine), viewOf(rival)]
  other.now = clock.now
  const long = Buffer.alloc(60_000, 0xff)
  for (let n = 0; n < 10; n++) {
    rival.set('victim', new Uint8Array(1980), 1e6)
    accessTo(rival, 'victim').open()
    const bucket = other.slotIndex >>> 4
    expect(keysIn(view, bucket, -1).map(String)).toContain(
      String(new TextEncoder().encode('victim')),
    )
    interruptAtClock(view, () => {
      rival.delete('victim')
      rival.set(`long${n}`, long)
    })
    expect(() => keysIn(view, bucket, -1)).not.toThrow()
  }
})

test('a write is not refused if a slot comes free while it looks for one', () => {
  const clock = new FakeClock()
  const engine = openEngine({ expectedEntries: 1, eviction: 'none', now: clock.now })
  const reader = secondRow(engine)
  viewOf(reader).now = clock.now
  let keys = 0
  const refused = refusalOf(() => {
    for (; keys < 400; keys++) engine.set(`k${keys}`, 1, keys < 20 ? 1000 : undefined)
  })
  expect(refused.code).toBe('HEDDLE_FULL')
  clock.ms += 10_000_000
  interruptAtClock(viewOf(engine), () => {
    for (let n = 0; n < 20; n++) reader.get(`k${n}`)
  })
  engine.set(`k${keys}`, 1)
  expect(engine.get(`k${keys}`)).toBe(1)
})
