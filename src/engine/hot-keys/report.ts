/**
 * What all threads noted of their keys, put together by whoever asks; nobody is stopped. Work: a
 * look at each place of each row that was ever used, and one at the entry of each large value.
 *
 * Merging. A key's weight is the sum of its weights in all rows. Where it has no place it may
 * still have been seen, at most as often as the lightest key that has one: that is added to what it
 * had at most. Both bounds also get the spread of the sampling, two standard deviations of a count.
 */
import { noHotKeys } from '../errors.ts'
import { whole } from '../option-checks.ts'
import { HIT, peekEntry } from '../read.ts'
import type { Session } from '../session.ts'
import { type HotKeysMemory, type KeptKey, KeyRow, LARGE } from './rows.ts'

/** A key that is used much, of all threads together. */
export interface HotKey {
  /** As text; of a key of more than 96 bytes, these. */
  readonly key: string
  readonly isCut: boolean
  /** The number of its namespace; 0: the default one. */
  readonly space: number
  /** Uses lately: older ones count half as much with each half-life. */
  readonly uses: number
  /** With 95 % probability they are not fewer and not more than this. */
  readonly leastUses: number
  readonly mostUses: number
  /** Of all uses of all keys, 0 to 1. */
  readonly share: number
}

/** A key with a large value. */
export interface BigKey {
  readonly key: string
  readonly isCut: boolean
  readonly space: number
  /** Bytes of the value as it is now; of a cut key as it was when it was stored. */
  readonly bytes: number
}

interface Sum {
  readonly kept: KeptKey
  weight: number
  error: number
  /** Lightest places of the rows where it is not. */
  missed: number
}

const MOST_KEYS = 1_000_000

function notesOf(session: Session, most: number): HotKeysMemory {
  session.check()
  whole({ most }, 'most', 1, MOST_KEYS)
  const memory = session.handle.hotKeys
  if (memory === undefined) throw noHotKeys(session.facts.name)
  return memory
}

/** The hottest keys, the hottest first. */
export function hotKeysOf(session: Session, most: number): HotKey[] {
  const memory = notesOf(session, most)
  const { sums, all } = sumUp(memory, session.view.now())
  const { perSample } = memory
  const hottest = [...sums.values()].sort((a, b) => b.weight - a.weight).slice(0, most)
  return hottest.map(({ kept, weight, error, missed }) => {
    const least = weight - error
    const ceiling = weight + missed
    return {
      ...nameOf(kept),
      uses: Math.round(weight * perSample),
      leastUses: Math.round(Math.max(0, least - 2 * Math.sqrt(least)) * perSample),
      mostUses: Math.round((ceiling + 2 * Math.sqrt(ceiling)) * perSample),
      share: all === 0 ? 0 : Math.min(1, weight / all),
    }
  })
}

function sumUp(memory: HotKeysMemory, now: number): { sums: Map<string, Sum>; all: number } {
  const sums = new Map<string, Sum>()
  let all = 0
  let lightestOfAll = 0
  for (let index = 0; index < KeyRow.count(memory); index++) {
    const row = new KeyRow(memory, index)
    if (row.all === 0) continue
    const left = leftOf(row, memory, now)
    all += row.all * left
    const lightest = lightestOf(row, memory.keys) * left
    lightestOfAll += lightest
    for (let place = 0; place < memory.keys; place++) {
      const kept = row.read(place)
      if (kept === undefined) continue
      const id = idOf(kept)
      const sum = sums.get(id) ?? { kept, weight: 0, error: 0, missed: 0 }
      sum.weight += kept.weight * left
      sum.error += kept.error * left
      sum.missed -= lightest
      sums.set(id, sum)
    }
  }
  for (const sum of sums.values()) sum.missed = Math.max(0, sum.missed + lightestOfAll)
  return { sums, all }
}

/** What halvings that its writer has not done yet leave of a row's weights. */
function leftOf(row: KeyRow, { halfLifeMs }: HotKeysMemory, now: number): number {
  return 0.5 ** Math.max(0, Math.floor((now - row.halvedAt) / halfLifeMs))
}

function lightestOf(row: KeyRow, keys: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let place = 0; place < keys; place++) least = Math.min(least, row.weightOf(place))
  return least
}

/** Uses lately of the staged key as far as they were noted; 0 when it is none of the hot ones. */
export function usesOf(session: Session, memory: HotKeysMemory): number {
  const now = session.view.now()
  let weight = 0
  for (let index = 0; index < KeyRow.count(memory); index++) {
    const row = new KeyRow(memory, index)
    if (row.all === 0) continue
    weight += row.lookUp(session.view.key, memory.keys) * leftOf(row, memory, now)
  }
  return weight * memory.perSample
}

/** The largest values, the largest first: those that were noted and are still there. */
export function bigKeysOf(session: Session, most: number): BigKey[] {
  const memory = notesOf(session, most)
  const found = new Map<string, BigKey>()
  for (let index = 0; index < KeyRow.count(memory); index++) {
    const row = new KeyRow(memory, index)
    for (let place = memory.keys; place < memory.keys + LARGE; place++) {
      const kept = row.read(place)
      if (kept === undefined || found.has(idOf(kept))) continue
      const bytes = sizeNow(session, kept)
      if (bytes < kept.weight) row.disown(place, kept)
      if (bytes >= 0) found.set(idOf(kept), { ...nameOf(kept), bytes })
    }
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes).slice(0, most)
}

/** Bytes of its value now; -1 when the key is absent. */
function sizeNow(session: Session, { bytes, length, space, weight }: KeptKey): number {
  if (length > bytes.length) return weight
  session.view.key.loadBytes(bytes, 0, length, space)
  return peekEntry(session.view, session.reading) === HIT ? session.reading.length : -1
}

function idOf({ bytes, length, space, digest }: KeptKey): string {
  return `${space} ${length} ${digest} ${bytes.toString('latin1')}`
}

function nameOf({ bytes, length, space }: KeptKey): Pick<HotKey, 'key' | 'isCut' | 'space'> {
  return { key: bytes.toString(), isCut: length > bytes.length, space }
}
