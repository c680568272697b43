/**
 * The integrity walker: at rest, every chunk of every page is accounted for exactly once, and what
 * the rows count is what the table holds. Linear in the memory; for tests, and for an operator who
 * has stopped the writers.
 */
import { load, peek } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import {
  CHAIN,
  CONTINUATION,
  HEADER,
  isComplete,
  isContinuation,
  NEXT_FREE,
  offsetOf,
  presenceOf,
} from '../../native-layout/entry-header.ts'
import { WAYS } from '../../native-layout/limits.ts'
import {
  PAGE,
  PAGE_CUTTING,
  PAGE_FREE,
  pageClassOf,
  pageStateOf,
  stackCount,
  stackTop,
} from '../../native-layout/page.ts'
import {
  announcerOf,
  BUCKET,
  BUCKET_SHIFT,
  handleOf,
  isLive,
  isReserved,
  tagOf,
} from '../../native-layout/table-slot.ts'
import { kindOf, MAGAZINE, ROW, ROW_IDLE } from '../../native-layout/thread-row.ts'
import { TX_NONE, txState } from '../../native-layout/transaction.ts'
import { entryBytes, keyAt, keyLength, spaceIn } from './entry.ts'
import { chunkIn, locate, Located } from './locate.ts'
import { capacityOf, handleAt } from './page-claim.ts'
import { linkedBytes, linkedEntries } from './row.ts'
import {
  chunkAddress,
  liveWord,
  pageAddress,
  pageOf,
  rowAddress,
  segmentOf,
  type MemoryView,
} from './view.ts'

/** What the walker found. */
export interface IntegrityReport {
  readonly ok: boolean
  /** One sentence for each thing that does not add up, at most 50. */
  readonly problems: readonly string[]
  /** Linked entries, flushed and expired ones included. */
  readonly entries: number
  /** Bytes of those entries: headers, keys, values. */
  readonly bytes: number
  /** Chunks: linked, free in magazines and stacks, in quarantine. */
  readonly chunks: { linked: number; magazines: number; stacks: number; parked: number }
  readonly pages: { free: number; cut: number }
}

const MOST_PROBLEMS = 50

class Walk {
  readonly problems: string[] = []
  readonly owners = new Map<number, string>()
  entries = 0
  bytes = 0
  readonly chunks = { linked: 0, magazines: 0, stacks: 0, parked: 0 }
  readonly pages = { free: 0, cut: 0 }

  complain(text: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(text)
  }
  own(handle: number, owner: string): boolean {
    const before = this.owners.get(handle)
    if (before !== undefined) {
      this.complain(`I-ONE-OWNER: chunk ${handle} belongs to ${before} and to ${owner}`)
      return false
    }
    this.owners.set(handle, owner)
    return true
  }
}

/** Walks everything. Nobody may be writing. */
export function checkIntegrity(view: MemoryView): IntegrityReport {
  const walk = new Walk()
  walkTable(view, walk)
  walkRows(view, walk)
  walkPages(view, walk)
  const entries = linkedEntries(view)
  const bytes = linkedBytes(view)
  if (entries !== walk.entries) {
    walk.complain(`I-COUNT: the rows count ${entries} entries, the table holds ${walk.entries}`)
  }
  if (bytes !== walk.bytes) {
    walk.complain(`I-COUNT: the rows count ${bytes} bytes, the entries have ${walk.bytes}`)
  }
  const { problems, chunks, pages } = walk
  return {
    ok: problems.length === 0,
    problems,
    entries: walk.entries,
    bytes: walk.bytes,
    chunks,
    pages,
  }
}

function walkTable(view: MemoryView, walk: Walk): void {
  const keys = new Set<string>()
  const place = new Located()
  for (let bucket = 0; bucket < view.buckets; bucket++) {
    const table = view.tables[bucket >>> view.tableShift]!
    const at = (bucket & view.tableMask) << BUCKET_SHIFT
    if (announcerOf(load(table, at + BUCKET.HOME)) !== 0) {
      walk.complain(`bucket ${bucket} has an announcement that nobody finished`)
    }
    for (let way = 0; way < WAYS; way++) {
      const word = load(table, at + BUCKET.A + way)
      if (isReserved(word)) walk.complain(`I-RESERVE: slot ${bucket}.${way} is still reserved`)
      if (isLive(word)) walkEntry(view, walk, word, `slot ${bucket}.${way}`, place, keys)
      if (isLive(word) && tagOf(load(table, at + BUCKET.B + way)) === 0) {
        walk.complain(`I-TAG: slot ${bucket}.${way} has no tag`)
      }
    }
  }
}

function walkEntry(
  view: MemoryView,
  walk: Walk,
  word: number,
  slot: string,
  place: Located,
  keys: Set<string>,
): void {
  const handle = handleOf(word, view.versionBits)
  if (!chunkIn(view, pageOf(view, handle), handle & view.ordinalMask, place)) {
    walk.complain(`${slot} names chunk ${handle}, which its page does not have`)
    return
  }
  walk.own(handle, slot)
  const { words, at } = place
  const incarnation = peek(words, at + HEADER.INCARNATION)
  if (!isComplete(incarnation) || liveWord(view, handle, incarnation) !== word) {
    walk.complain(`I-COMPLETE: ${slot} and its chunk ${handle} disagree about the version`)
    return
  }
  if (!locate(view, handle, place)) walk.complain(`${slot} is no candidate of its key`)
  const key = keyText(view, place)
  if (keys.has(key)) walk.complain(`I-ONE-ENTRY: two entries of the key in ${slot}`)
  keys.add(key)
  walk.entries++
  walk.chunks.linked++
  walk.bytes += entryBytes(words, at)
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  if ((presence & CHAIN) !== 0)
    walkChain(view, walk, peek(words, at + offsetOf(CHAIN, presence)), handle)
}

/** Namespace and key bytes, as a string that tells keys apart. */
function keyText(view: MemoryView, place: Located): string {
  const { words, at } = place
  const presence = presenceOf(peek(words, at + HEADER.VALUE_AND_PRESENCE))
  const from = keyAt(words, at) * 4
  const key = view.dataBytes[place.segment]!.slice(from, from + keyLength(words, at))
  return `${spaceIn(words, at, presence)}:${Buffer.from(key).toString('latin1')}`
}

function walkChain(view: MemoryView, walk: Walk, first: number, owner: number): void {
  let part = first
  for (let n = 0; part !== 0 && n < 1 << 20; n++) {
    if (!walk.own(part, `the chain of ${owner}`)) return
    const at = chunkAddress(view, part)
    const words = view.data[segmentOf(view, pageOf(view, part))]!
    if (!isContinuation(peek(words, at + CONTINUATION.LENGTH_AND_TYPE))) {
      walk.complain(`chunk ${part} in the chain of ${owner} is no continuation`)
      return
    }
    if (peek(words, at + CONTINUATION.OWNER) !== owner) {
      walk.complain(`continuation ${part} names another owner than ${owner}`)
    }
    walk.chunks.linked++
    part = peek(words, at + CONTINUATION.NEXT)
  }
}

function walkRows(view: MemoryView, walk: Walk): void {
  const rows = load(view.control, CONTROL.ROWS)
  for (let row = 0; row < rows; row++) {
    const at = rowAddress(view, row)
    if (kindOf(load(view.control, at + ROW.STATE)) !== ROW_IDLE) {
      walk.complain(`row ${row} is not idle`)
    }
    if (txState(load(view.control, at + ROW.TX)) !== TX_NONE) {
      walk.complain(`I-INTENT: the transaction of row ${row} has not ended`)
    }
    if (load(view.control, at + ROW.INTENTS) !== 0) {
      walk.complain(`I-INTENT: row ${row} has intents without a transaction`)
    }
    for (let sizeClass = 0; sizeClass < view.classes.bytes.length; sizeClass++) {
      const magazine = at + view.rowLayout.magazines + sizeClass * MAGAZINE.WORDS
      const top = load(view.control, magazine + MAGAZINE.TOP)
      const found = walkList(view, walk, top, `the magazine ${sizeClass} of row ${row}`)
      walk.chunks.magazines += found
      if (found !== load(view.control, magazine + MAGAZINE.COUNT)) {
        walk.complain(`the magazine ${sizeClass} of row ${row} has ${found} chunks, not its count`)
      }
    }
    for (const list of [ROW.PARKED, ROW.PARKING]) {
      const top = load(view.control, at + list)
      walk.chunks.parked += walkList(view, walk, top, `the quarantine of row ${row}`)
    }
  }
}

function walkList(view: MemoryView, walk: Walk, top: number, owner: string): number {
  let found = 0
  for (let handle = top; handle !== 0; found++) {
    if (!walk.own(handle, owner)) break
    const at = chunkAddress(view, handle)
    if (at < 0) {
      walk.complain(`${owner} holds chunk ${handle}, which its page does not have`)
      break
    }
    const words = view.data[segmentOf(view, pageOf(view, handle))]!
    if (isComplete(peek(words, at + HEADER.INCARNATION))) {
      walk.complain(`free chunk ${handle} in ${owner} is marked complete`)
    }
    handle = peek(words, at + NEXT_FREE)
  }
  return found
}

function walkPages(view: MemoryView, walk: Walk): void {
  const fresh = load(view.control, CONTROL.FRESH)
  for (let page = 1; page <= view.plan.pages; page++) {
    const at = pageAddress(view, page)
    const state = load(view.control, at + PAGE.STATE)
    if (load(view.control, at + PAGE.CLAIM) !== 0) walk.complain(`page ${page} is still claimed`)
    if (pageStateOf(state) === PAGE_CUTTING) walk.complain(`page ${page} is still being cut`)
    if (pageStateOf(state) === PAGE_FREE) {
      walk.pages.free++
      if (page < fresh) walk.complain(`I-NO-LEAK: free page ${page} lies before FRESH ${fresh}`)
      continue
    }
    walk.pages.cut++
    const stack = load(view.control, at + PAGE.STACK)
    const top = stackTop(stack) === 0 ? 0 : handleAt(view, page, stackTop(stack) - 1)
    const found = walkList(view, walk, top, `the stack of page ${page}`)
    walk.chunks.stacks += found
    if (found !== stackCount(stack)) {
      walk.complain(`the stack of page ${page} has ${found} chunks, not ${stackCount(stack)}`)
    }
    const carved = load(view.control, at + PAGE.CARVED)
    if (carved > capacityOf(view, pageClassOf(state))) walk.complain(`page ${page} is overfull`)
    for (let ordinal = 0; ordinal < carved; ordinal++) {
      if (!walk.owners.has(handleAt(view, page, ordinal))) {
        walk.complain(`I-NO-LEAK: chunk ${ordinal} of page ${page} belongs to nobody`)
      }
    }
  }
}
