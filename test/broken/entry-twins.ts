/** Broken twins of reading, replacing and changing an entry. */
import type { BrokenTwin } from './twins.ts'

const PUBLISH = 'src/memory/publish.ts'
const TABLE = 'src/memory/table.ts'
const UPDATE = 'src/engine/update.ts'
const STORE = 'src/engine/store.ts'
const TWO = { preemptions: 2 }
/** Two reads may get older values. */
const TWO_OLDER = { preemptions: 1, staleReads: true, mostStale: 2 }

export const ENTRY_TWINS: readonly BrokenTwin[] = [
  {
    name: 'replaceBlindly',
    rule: 'an entry is replaced only if the slot still holds the word that was read',
    patches: [
      {
        file: PUBLISH,
        find: 'compareExchange(view.slotTable, view.slotAt, slotWord, fresh)',
        replace: '(poke(view.slotTable, view.slotAt, fresh), slotWord)',
      },
    ],
    program: 'incr x incr, present',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'loserFrees',
    rule: 'only the winner of the exchange frees what it unlinked',
    patches: [
      {
        file: PUBLISH,
        find: `fresh) !== slotWord) {
    setKind(view, ROW_BUSY)`,
        replace: `fresh) !== slotWord) {
    free(view, handleIn(view, slotWord))
    setKind(view, ROW_BUSY)`,
      },
    ],
    program: 'set x set, present',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'loserCounts',
    rule: 'only the winner of a removal counts it',
    patches: [
      {
        file: PUBLISH,
        find: `slotAt, word, then) !== word) {
    setKind(view, ROW_BUSY)`,
        replace: `slotAt, word, then) !== word) {
    applyDelta(view, sequenceOf(view.state))
    setKind(view, ROW_BUSY)`,
      },
    ],
    program: 'delete x delete, present',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'freeBeforeUnlink',
    rule: 'a chunk is freed only after no slot links it any more',
    patches: [
      {
        file: PUBLISH,
        find: `  setKind(view, ROW_REPLACE)
`,
        replace: `  setKind(view, ROW_REPLACE)
  freeOld(view)
`,
      },
      {
        file: PUBLISH,
        find: `    return LOST
  }
  freeUnlinked(view, slotWord, entry, entryAt, chain)
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return WON
}

/**
 * Removes`,
        replace: `    return LOST
  }
  applyDelta(view, sequenceOf(view.state))
  commitMutation(view)
  return WON
}

/**
 * Removes`,
      },
    ],
    program: 'set x set, present',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'unvalidatedRead',
    rule: 'a reader believes its copy only after slot word and incarnation were read again',
    patches: [
      {
        file: TABLE,
        find: `    closeReads(view.slotTable, view.slotAt, view.slotWord) === view.slotWord &&
    openReads(view.entry, view.entryAt) === view.entryIncarnation`,
        replace: '    view.entryIncarnation !== 0',
      },
    ],
    program: 'getBytes x delete set(b), reuse',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'incarnationUnchecked',
    rule: 'the incarnation is read again: the narrow version of a slot word comes round',
    patches: [
      {
        file: TABLE,
        find: ` === view.slotWord &&
    openReads(view.entry, view.entryAt) === view.entryIncarnation`,
        replace: ' === view.slotWord',
      },
    ],
    program: 'getBytes x delete set(b) delete(b) set, reuse',
    bounds: { preemptions: 1 },
    within: 5000,
  },
  {
    name: 'mismatchBelieved',
    rule: 'a failed comparison of keys counts only if the bytes were not recycled meanwhile',
    patches: [
      {
        file: TABLE,
        find: 'closeReads(table, slotAt, word) === word &&',
        replace: 'incarnation !== 0 ||',
      },
    ],
    program: 'get x set set(b), reuse',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'openFence',
    rule: 'no plain read of an entry comes after the reads that close it, also on ARM64',
    patches: [
      {
        file: TABLE,
        find: 'closeReads(view.slotTable, view.slotAt, view.slotWord) === view.slotWord &&',
        replace: 'load(view.slotTable, view.slotAt) === view.slotWord &&',
      },
    ],
    program: 'getBytes x delete set(b), reuse',
    bounds: TWO_OLDER,
    within: 3000,
  },
  {
    name: 'bytesBeforeOpening',
    rule: 'no byte of an entry is read before the incarnation that opens the reads',
    patches: [
      {
        file: TABLE,
        find: 'const incarnation = openReads(words, entryAt) // The bytes are read after it.',
        replace: 'const incarnation = peek(words, entryAt)',
      },
    ],
    program: 'getBytes x delete set(b) delete(b) set, reuse',
    bounds: TWO_OLDER,
    within: 20_000,
  },
  {
    name: 'openMismatch',
    rule: 'the reads of a failed comparison of keys are closed as well, also on ARM64',
    patches: [
      {
        file: TABLE,
        find: 'closeReads(table, slotAt, word) === word &&',
        replace: 'load(table, slotAt) === word &&',
      },
    ],
    program: 'get x set set(b), reuse',
    bounds: TWO_OLDER,
    within: 3000,
  },
  {
    name: 'existsUnchecked',
    rule: 'add says that a key exists only after the slot was read again',
    patches: [
      {
        file: STORE,
        find: '    if (!isStill(view)) return 0\n',
        replace: '',
      },
    ],
    program: 'cas x delete set(b), reuse',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'incrementInPlace',
    rule: 'an increment is a new entry: in place, an acknowledged one is lost',
    patches: [
      {
        file: UPDATE,
        find: "import { copyOut, load, openReads } from '#atomics'",
        replace: "import { copyIn, copyOut, load, openReads } from '#atomics'",
      },
      {
        file: UPDATE,
        find: "import { isDead, isVacant, versionIn } from '../memory/entry.ts'",
        replace: "import { isDead, isVacant, valueAt, versionIn } from '../memory/entry.ts'",
      },
      {
        file: UPDATE,
        find: '  const sequence = sequenceOf(view.state)\n',
        replace: `  if (draft.length === old.length) {
    const at = valueAt(view.entry, view.entryAt)
    copyIn(view.dataBytes[view.entrySegment]!, at, draft.bytes, draft.from, draft.length)
    return STORED
  }
  const sequence = sequenceOf(view.state)
`,
      },
    ],
    program: 'incr x incr, present',
    bounds: TWO,
    within: 2000,
  },
]
