/**
 * What a dead thread was doing with free chunks: a page it had claimed, a chunk between quarantine,
 * magazine and page, a continuation being freed. Each is decided by one comparison, then done again
 * from the step at which it stopped.
 */
import { load, peek, poke, store } from '#atomics'
import {
  packPageState,
  PAGE,
  PAGE_CUTTING,
  PAGE_FREE,
  pageGenerationOf,
  pageStateOf,
  pageClassOf,
} from '../../native-layout/page.ts'
import { kindOf, MAGAZINE, ROW, ROW_CLEARED } from '../../native-layout/thread-row.ts'
import { classOf, free, holdsOnTop, magazineAt, nextOf, pushFree, setNext } from './magazine.ts'
import { isStackTop, lowerFresh } from './page-claim.ts'
import { field, record } from './row.ts'
import { pageAddress, pageOf, type MemoryView } from './view.ts'

/** A page that the dead thread had claimed: the batch it was taking, the page it was cutting. */
export function finishPage(view: MemoryView): void {
  const { control } = view
  const page = field(view, ROW.GRAB_PAGE)
  if (page === 0) return
  const at = pageAddress(view, page)
  if (load(control, at + PAGE.CLAIM) !== view.row + 1) return
  const state = load(control, at + PAGE.STATE)
  const from = field(view, ROW.GRAB_FROM)
  if (pageStateOf(state) === PAGE_CUTTING) {
    store(control, view.shapesAt + page, 0)
    store(control, at + PAGE.STATE, packPageState(pageGenerationOf(state), 0, PAGE_FREE))
    lowerFresh(view, page)
  } else if (pageStateOf(state) === PAGE_FREE) {
    store(control, view.shapesAt + page, 0)
    lowerFresh(view, page)
  } else {
    // It died while it declared the page drained, and the drain was given up meanwhile.
    if (load(control, view.shapesAt + page) === 0) {
      store(control, view.shapesAt + page, view.classes.bytes[pageClassOf(state)]! >>> 2)
    }
    if (from !== 0) finishBatch(view, page, from)
  }
  const moving = field(view, ROW.MOVING)
  if (moving !== 0 && pageOf(view, moving) === page && isStackTop(view, moving)) {
    record(view, ROW.MOVING, 0)
  }
  // A group whose chain is on the stack is at home: it only has to be counted.
  const top = field(view, ROW.GROUP_TOP)
  if (kindOf(view.state) === ROW_CLEARED && top !== 0 && isStackTop(view, top)) {
    record(view, ROW.GROUP, 0)
  }
  record(view, ROW.GRAB_FROM, 0)
  store(control, at + PAGE.CLAIM, 0)
  record(view, ROW.GRAB_PAGE, 0)
}

/** Was the batch taken? Under the claim the stack's top (or the carving mark) tells. */
function finishBatch(view: MemoryView, page: number, from: number): void {
  const carvedAfter = field(view, ROW.GRAB_CARVED)
  const taken =
    carvedAfter !== 0
      ? peek(view.control, pageAddress(view, page) + PAGE.CARVED) === carvedAfter
      : !isStackTop(view, from)
  const magazine = magazineAt(view, classOf(view, from))
  if (!taken || peek(view.control, magazine + MAGAZINE.TOP) === from) return
  setNext(view, field(view, ROW.GRAB_TO), 0)
  poke(view.control, magazine + MAGAZINE.COUNT, field(view, ROW.TOOK))
  poke(view.control, magazine + MAGAZINE.TOP, from)
}

/**
 * A chunk between quarantine, magazine and page: if it is on top of none, it goes on the magazine.
 */
export function finishMoving(view: MemoryView): void {
  if (field(view, ROW.PARKED) === field(view, ROW.PARKING)) record(view, ROW.PARKING, 0)
  const moving = field(view, ROW.MOVING)
  if (moving === 0) return
  const top = peek(view.control, magazineAt(view, classOf(view, moving)) + MAGAZINE.TOP)
  if (top !== moving && field(view, ROW.PARKED) !== moving) pushFree(view, moving)
  record(view, ROW.MOVING, 0)
}

/** A continuation that was being freed: advance its list if that was not done, then free it. */
export function finishFreeing(view: MemoryView): void {
  const freeing = field(view, ROW.FREEING)
  if (freeing === 0) return
  for (const list of [ROW.OLD_CHAIN, ROW.NEW_CHAIN]) {
    if (field(view, list) === freeing) record(view, list, nextOf(view, freeing))
  }
  if (!holdsOnTop(view, freeing)) free(view, freeing)
  record(view, ROW.FREEING, 0)
}
