/**
 * The control block: the first words of the first segment. Magic and layout version come first, so
 * that a second copy of the library recognizes a layout it does not understand.
 *
 *   EPOCH       everybody's flush count. An entry's stamp is this count plus that of its namespace,
 *               read at the start of the operation; the entry is alive while it is not below the
 *               sum.
 *   FLUSH_TICK  when a delayed flush is due, in FLUSH_TICK_MS since STARTED_AT; 0 none. Changed
 *               together with EPOCH by one 64-bit compare-and-exchange, so that it is performed
 *               exactly once.
 *   ROWS        rows ever used: loops over rows end here. Only grows.
 *   GATE        0: writes are open. Anything else: a write asks before it begins.
 *   LISTEN      row + 1 of the thread that reads the mutation feed, 0 nobody.
 *   CLUSTER     epoch of a cluster, 0 on a single node; stamped into whatever is written out.
 */
import { check, tile } from './units.ts'
import { MAX_CLASSES, VERSION_STRIPES } from './limits.ts'

export const MAGIC = 0x6865646c
/** Raised with every change of a width, an offset or a meaning in this folder. */
export const LAYOUT_VERSION = 3

export const CONTROL = tile(
  [
    ['MAGIC', 1],
    ['LAYOUT', 1],
    ['SEED', 1],
    ['BASE', 1], //            incarnation that the first cutting of a page starts from
    ['STARTED_AT', 2], //      ms since the epoch, a double: origin of the expiry ticks
    ['EPOCH', 1],
    ['FLUSH_TICK', 1],
    ['ROWS', 1],
    ['GATE', 1],
    ['LISTEN', 1],
    ['CLUSTER', 1],
    ['FRESH', 1], //           pages below this number are not free
    ['DRAIN', 1], //           page being drained, 0 none
    ['EXPIRY_CURSOR', 1], //   next page that maintenance looks at
    ['HAND', 1], //            CLOCK hand over all classes, for maxEntries
    ['TURNS', 1], //           chunks given out or evicted, in 32 bytes (wraps): a clock for pages
    ['LIMIT', 1], //           pages above this number are not used; 0: all are
    ['STILL', 1], //           1: pages do not move between classes by themselves
    ['PHASE', 1], //           as CLASS.PHASE, over all classes
    ['WISH', 1], //            class + 1 that the page being drained is for, 0 nobody: a hint
    ['RESERVED', 43],
  ],
  64,
)

check(CONTROL.EPOCH % 2 === 0 && CONTROL.FLUSH_TICK === CONTROL.EPOCH + 1, 'EPOCH is no pair')
check(CONTROL.STARTED_AT % 2 === 0, 'STARTED_AT is not aligned to 8 bytes')
/** Unit of FLUSH_TICK: 2 years fit, and a delayed flush is at most this late. */
export const FLUSH_TICK_MS = 16

/** Words of each size class. */
export const CLASS = tile(
  [
    ['HAND', 1], //    CLOCK hand: handle of the chunk it looks at next
    ['FREED', 1], //   hint: chunks were pushed to page stacks (wraps)
    ['EVICTED', 1], // ever, for statistics (wraps)
    ['SCAN', 1], //    hint: newcomers of the class are not before it in the ring
    ['PHASE', 1], //   SIEVE: rounds of its hand (wraps); the lowest bit is the ring it is in
    ['WAITING', 1], // newcomers of the class in the ring, about
    ['LENT', 1], //    chunks borrowed of larger classes since its last page: a hint
    ['FROM', 1], //    EVICTED, and
    ['SINCE', 1], //   TURNS, when the class was last given a page: hints
    ['SCAN_2', 1], //  as SCAN, in the second ring
    ['PAD', 6],
  ],
  16,
)

/** A version counter, alone in its cache line (see src/memory/version.ts). */
export const STRIPE = tile(
  [
    ['HIGH', 1],
    ['LOW', 1],
    ['PAD', 14],
  ],
  16,
)

/** A namespace: 64 bits of its name's hash, claimed by one exchange, and its flush count. */
export const SPACE = tile(
  [
    ['HASH', 2],
    ['EPOCH', 1],
    ['PAD', 1],
  ],
  4,
)

/**
 * A content type that was registered: claimed by one exchange of the hash of its text. Everybody
 * who knows the text may write it, as all write the same, and LENGTH says that it is whole.
 */
export const CONTENT_TYPE = tile(
  [
    ['HASH', 2],
    ['LENGTH', 1], // of the text in bytes; 0 while it may be in part
    ['PAD', 1],
    ['TEXT', 28], //  ASCII
  ],
  32,
)
/** Content types that can be registered, beside those that have fixed numbers. */
export const CONTENT_TYPES = 64
export const CONTENT_TYPE_BYTES = 28 * 4

/** Offsets of the parts before the page descriptors, in words. */
export const CLASSES_AT = CONTROL.WORDS
export const STRIPES_AT = CLASSES_AT + MAX_CLASSES * CLASS.WORDS
export const TYPES_AT = STRIPES_AT + VERSION_STRIPES * STRIPE.WORDS
export const SPACES_AT = TYPES_AT + CONTENT_TYPES * CONTENT_TYPE.WORDS
check(TYPES_AT % 2 === 0, 'the hashes of the content types are not aligned to 8 bytes')
check(SPACES_AT % 2 === 0, 'the hashes of the namespaces are not aligned to 8 bytes')
