/** Broken twins of chunks and pages: the quarantine, claims, eviction, page moves, sweeps. */
import type { BrokenTwin } from './twins.ts'

const MAGAZINE = 'src/memory/magazine.ts'
const CLAIM = 'src/memory/page-claim.ts'
const RELOCATE = 'src/memory/relocate.ts'
const TWO = { preemptions: 2 }

export const CHUNK_TWINS: readonly BrokenTwin[] = [
  {
    name: 'noQuarantine',
    rule: 'a chunk whose version wrapped waits for the operations that may hold its slot word',
    patches: [
      {
        file: MAGAZINE,
        find: 'view.versionBits) === 0) park',
        replace: 'view.versionBits) < 0) park',
      },
    ],
    program: 'cas x delete set(b) delete(b) set, reuse',
    bounds: { preemptions: 1 },
    within: 5000,
  },
  {
    name: 'shortQuarantine',
    rule: 'a quarantine lasts until each row that was busy has ended that operation',
    patches: [
      {
        file: MAGAZINE,
        find: 'if (kindOf(now) !== ROW_IDLE && sequenceOf(now) === sequenceOf(then)) return false',
        replace: 'if (sequenceOf(now) < sequenceOf(then)) return false',
      },
    ],
    program: 'cas x delete set(b) delete(b) set, reuse',
    bounds: { preemptions: 1 },
    within: 5000,
  },
  {
    name: 'lateBracket',
    rule: 'an operation is busy before it reads the first slot word',
    patches: [
      {
        file: 'src/memory/row.ts',
        find: `  view.state = packRowState(sequenceOf(peek(view.control, at)) + 1, ROW_BUSY)
  store(view.control, at, view.state)`,
        replace: '  view.state = packRowState(sequenceOf(peek(view.control, at)) + 1, ROW_BUSY)',
      },
    ],
    program: 'cas x delete set(b) delete(b) set, reuse',
    bounds: { preemptions: 1 },
    within: 5000,
  },
  {
    name: 'claimIgnored',
    rule: 'a page is changed only under its claim',
    patches: [
      {
        file: CLAIM,
        find: 'return compareExchange(view.control, at, 0, view.row + 1) === 0',
        replace: 'return compareExchange(view.control, at, 0, view.row + 1) >= 0',
      },
    ],
    program: 'refill x refill',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'publishBeforeCopy',
    rule: 'an entry is copied before it is linked: no reader meets half of it',
    patches: [
      {
        file: RELOCATE,
        find: '  copyChunk(view, sizeClass, handle)\n',
        replace: '',
      },
      {
        file: RELOCATE,
        find: 'field(view, ROW.NEW)) === word) {\n',
        replace: 'field(view, ROW.NEW)) === word) {\n    copyChunk(view, sizeClass, handle)\n',
      },
    ],
    program: 'drain x delete',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'moveByStore',
    rule: 'a page mover links its copy by an exchange: a deleted key would return',
    patches: [
      {
        file: RELOCATE,
        find: 'if (compareExchange(table, slotAt, word, field(view, ROW.NEW)) === word) {',
        replace: 'poke(table, slotAt, field(view, ROW.NEW))\n  if (word !== 0) {',
      },
    ],
    program: 'drain x delete',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'unrested',
    rule: 'a page rests before its chunk versions come round again',
    patches: [
      {
        file: 'src/memory/cut-page.ts',
        find: 'if (mustRest(view, page, free) && !hasRested(view, page, free)) return false',
        replace: 'if (!mustRest(view, page, free)) hasRested(view, page, free)',
      },
    ],
    program: 'rest x incr',
    bounds: { preemptions: 1 },
    within: 3000,
  },
  {
    name: 'drainedTooEarly',
    rule: 'a page is free only when all its chunks are in its stack',
    patches: [
      {
        file: CLAIM,
        find: 'if (stackCount(stack) !== peek(control, at + PAGE.CARVED)) return false',
        replace: 'if (stackCount(stack) > peek(control, at + PAGE.CARVED)) return false',
      },
      {
        file: 'src/memory/page-moves.ts',
        find: '  if (stackCount(peek(control, at + PAGE.STACK)) !== carved) return false\n',
        replace: '',
      },
    ],
    program: 'drain x set',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'chainFreedByHead',
    rule: 'the continuations of a replaced value are freed with it',
    patches: [
      {
        file: 'src/memory/free-entry.ts',
        find: '  if (chain !== 0) freeChain(view, ROW.OLD_CHAIN)\n',
        replace: '',
      },
    ],
    program: 'chain: set x delete',
    bounds: { preemptions: 1 },
    within: 500,
  },
  {
    name: 'chainUnvalidated',
    rule: 'a value in several chunks is believed only if its pieces add up and it is linked still',
    patches: [
      {
        file: 'src/memory/table.ts',
        find: `    closeReads(view.slotTable, view.slotAt, view.slotWord) === view.slotWord &&
    openReads(view.entry, view.entryAt) === view.entryIncarnation`,
        replace: '    view.entryIncarnation !== 0',
      },
    ],
    program: 'chain: get x delete',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'sweepForgets',
    rule: 'a sweep keeps the bound of what is stored while it walks',
    patches: [
      {
        file: 'src/engine/sweep.ts',
        find: '  record(view, ROW.SCAN_PAGE, 0)\n  leave(view)\n',
        replace: `  store(control, at + PAGE.EXPIRY, earliest)
  record(view, ROW.SCAN_PAGE, 0)
  leave(view)
`,
      },
    ],
    program: 'time: maintain x set',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'evictionUncounted',
    rule: 'every eviction is counted as one, or nobody knows how many entries may be missing',
    patches: [
      {
        file: 'src/engine/store.ts',
        find: 'if (!view.policy.evict(view, -1, COUNTER.evictedForEntries)) break',
        replace: 'if (!view.policy.evict(view, -1, COUNTER.deletes)) break',
      },
    ],
    program: 'most entries: set x set',
    bounds: TWO,
    within: 3000,
  },
]
