/**
 * The hand: walks chunk by chunk over the pages, asks the policy about each living entry that it
 * meets, and unlinks what is over whatever the policy says.
 *
 * One hand per size class, and one over all classes for `maxEntries`. It is a word that threads
 * advance by an exchange, so two of them look at different chunks. It looks into a chunk without
 * any right to it: the entry is taken only by an exchange of the slot word that links exactly what
 * the hand saw. After a bounded number of spared entries the next one goes, whatever the policy
 * says.
 */
import { compareExchange, load } from '#atomics'
import { CLASS, CONTROL } from '../../../native-layout/control-block.ts'
import { CONTINUATION } from '../../../native-layout/entry-header.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  pageClassOf,
  pageStateOf,
  TICK_MS,
} from '../../../native-layout/page.ts'
import type { ChunkHandle, PageNumber, SizeClass } from '../../../native-layout/units.ts'
import { isEntry } from '../../memory/entry.ts'
import { deadReason, evictLocated } from '../../memory/evict-entry.ts'
import { chunkIn, locate, Located } from '../../memory/locate.ts'
import { raiseHint } from '../../memory/row.ts'
import {
  chunkAddress,
  classAddress,
  pageAddress,
  pageOf,
  shapeOf,
  type MemoryView,
} from '../../memory/view.ts'

/** What a policy thinks of the living entry under the hand. */
export const SPARE = 0
export const TAKE = 1
/** Stop here: the caller decides about the entry, which `walk` leaves in `into`. */
export const HOLD = 2
export type Judgement = typeof SPARE | typeof TAKE | typeof HOLD

/** How the hand walks for a policy. */
export interface HandRule {
  /** False: only what is over is taken, and pages that hold no such thing are passed over. */
  readonly takesLiving: boolean
  /** The walk ends where the hand begins its next turn (TURNED), or with LONGEST_WALK (TIRED). */
  readonly endsAtTurn: boolean
  judge(view: MemoryView, entry: Located): Judgement
}

/** After so many spared entries the next one goes: bounded work. */
const LONGEST_WALK = 16_384
const MOST_TURNS = 4

/** One entry was unlinked. */
export const FREED = 1
/** There is no page to look into, or nothing in any that the rule takes. */
export const NOTHING = 0
/** The walk ended before it had seen everything. */
export const TIRED = -1
export const HELD = 2
export const TURNED = 3
export type Walk = typeof FREED | typeof NOTHING | typeof TIRED | typeof HELD | typeof TURNED

/** Takes whatever it meets: FIFO, and the last resort of policies that found nothing to take. */
export const WHATEVER: HandRule = { takesLiving: true, endsAtTurn: false, judge: () => TAKE }

/** What a walk leaves behind: the entry that was held. */
export const seen = new Located()

/**
 * Walks the hand of a class (-1: over all classes) until one entry is unlinked or held.
 * @param reason counter that an unlinked living entry raises
 */
export function walk(view: MemoryView, sizeClass: SizeClass, reason: number, rule: HandRule): Walk {
  const { control } = view
  const { takesLiving } = rule
  const handAt = sizeClass < 0 ? CONTROL.HAND : classAddress(sizeClass) + CLASS.HAND
  let spared = 0
  let turns = 0
  for (let steps = 0; steps < 8 * LONGEST_WALK && turns <= MOST_TURNS; steps++) {
    const hand = load(control, handAt)
    const page = hand >>> view.ordinalBits
    const ordinal = hand & view.ordinalMask
    if (!isInPage(view, page, ordinal, sizeClass, takesLiving)) {
      const next = nextPage(view, page, sizeClass, takesLiving)
      if (next === 0) return NOTHING
      if (next <= page) turns++
      if (!takesLiving && turns > 1) return NOTHING
      const moved = compareExchange(control, handAt, hand, next << view.ordinalBits) === hand
      if (rule.endsAtTurn && moved && next <= page) return TURNED
      continue
    }
    if (compareExchange(control, handAt, hand, hand + 1) !== hand) continue
    if (!chunkIn(view, page, ordinal, seen)) continue
    const handle = ownerOf(view, hand, page, seen)
    if (handle === 0 || !locate(view, handle, seen)) continue
    const dead = deadReason(view, seen)
    if (dead >= 0) {
      if (evictLocated(view, seen, dead)) return FREED
    } else if (takesLiving) {
      const judgement = spared < LONGEST_WALK ? rule.judge(view, seen) : TAKE
      if (judgement === HOLD) return HELD
      if (judgement === SPARE) {
        if (++spared === LONGEST_WALK && rule.endsAtTurn) return TIRED
      } else if (evictLocated(view, seen, reason)) return FREED
    }
  }
  return TIRED
}

/** Notes an eviction of a class, for its statistics. */
export function noted(view: MemoryView, sizeClass: SizeClass, won: boolean): boolean {
  if (won && sizeClass >= 0) {
    raiseHint(view, classAddress(sizeClass) + CLASS.EVICTED)
  }
  return won
}

/**
 * The entry that a chunk belongs to: itself, or for a continuation the entry's first chunk, if that
 * is not of the class whose hand this is (then the hand meets it there, once a turn). 0: none.
 */
export function ownerOf(
  view: MemoryView,
  handle: ChunkHandle,
  page: PageNumber,
  at: Located,
): ChunkHandle {
  if (isEntry(at.words, at.at)) return handle
  const owner = load(at.words, at.at + CONTINUATION.OWNER)
  if (chunkAddress(view, owner) < 0) return 0
  if (shapeOf(view, pageOf(view, owner)) === shapeOf(view, page)) return 0
  return chunkIn(view, pageOf(view, owner), owner & view.ordinalMask, at) ? owner : 0
}

function isInPage(
  view: MemoryView,
  page: PageNumber,
  ordinal: number,
  sizeClass: SizeClass,
  takesLiving: boolean,
): boolean {
  return (
    page > 0 &&
    isWalked(view, page, sizeClass, takesLiving) &&
    ordinal < load(view.control, pageAddress(view, page) + PAGE.CARVED)
  )
}

/** Whether the hand looks into a page: one of its class, and not one without anything to find. */
export function isWalked(
  view: MemoryView,
  page: PageNumber,
  sizeClass: SizeClass,
  takesLiving: boolean,
): boolean {
  const at = pageAddress(view, page)
  const state = load(view.control, at + PAGE.STATE)
  if (pageStateOf(state) !== PAGE_ACTIVE) return false
  if (sizeClass >= 0 && pageClassOf(state) !== sizeClass) return false
  if (takesLiving) return true
  return view.mayHoldFlushed || hasExpired(view, at)
}
function hasExpired(view: MemoryView, pageAt: number): boolean {
  const bound = load(view.control, pageAt + PAGE.EXPIRY)
  return view.startedAt + bound * TICK_MS <= view.now()
}

/** The next page after `page`, around the end, that the hand looks into; 0 when there is none. */
function nextPage(
  view: MemoryView,
  page: PageNumber,
  sizeClass: SizeClass,
  takesLiving: boolean,
): PageNumber {
  const { pages } = view.plan
  let next = page
  for (let n = 0; n < pages; n++) {
    next = next >= pages ? 1 : next + 1
    const carved = load(view.control, pageAddress(view, next) + PAGE.CARVED)
    if (carved > 0 && isWalked(view, next, sizeClass, takesLiving)) return next
  }
  return 0
}
