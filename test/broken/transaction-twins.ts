/** Broken twins of transactions: intents, the word that decides, putting in place, recovery. */
import type { BrokenTwin } from './twins.ts'

const INTENT = 'src/memory/intent.ts'
const TRANSACTION = 'src/memory/transaction.ts'
const ENGINE = 'src/engine/transaction.ts'
const ONE = { preemptions: 1 }
const TWO = { preemptions: 2 }
const ONE_DIES = { deaths: 1, preemptions: 1 }

export const TRANSACTION_TWINS: readonly BrokenTwin[] = [
  {
    name: 'commitAnyway',
    rule: 'a transaction that was aborted is not committed',
    patches: [
      {
        file: TRANSACTION,
        find: 'open, packTx(number, state)) === open',
        replace: 'load(view.control, view.rowAt + ROW.TX), packTx(number, state)) !== -1',
      },
    ],
    program: 'transaction: transfer x incr',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'writerPassesBy',
    rule: 'a writer aborts the open transaction whose entry it replaces',
    patches: [
      {
        file: INTENT,
        find: 'if (state === PENDING) return abortHolder(view, entry, entryAt, presence)',
        replace: 'if (state === PENDING) return true',
      },
    ],
    program: 'transaction: transfer x incr',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'committedIsOld',
    rule: 'after the commit an entry stands for what its intent says',
    patches: [
      {
        file: INTENT,
        find: 'if (intentState(view, words, at, presence) !== DUE) return isVacantIntent(head)',
        replace: 'if (isVacantIntent(head) || words.length > 0) return isVacantIntent(head)',
      },
    ],
    program: 'transaction: get, get back',
    bounds: ONE,
    within: 3000,
  },
  {
    name: 'vacantIsThere',
    rule: "the entry that holds the place of an absent key is nobody's value",
    patches: [
      {
        file: 'src/engine/read.ts',
        find: 'presence) !== HOLDS) return true',
        replace: 'presence) > 1) return true',
      },
    ],
    program: 'transaction: get, get, absent',
    bounds: ONE,
    within: 3000,
  },
  {
    name: 'putTwice',
    rule: 'only whoever exchanges the intent away puts its entry in place',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: 'if (compareExchange(table, slotAt, word, then) !== word) {',
        replace: `if (next !== 0) poke(table, slotAt, then)
  else if (compareExchange(table, slotAt, word, then) !== word) {`,
      },
    ],
    program: 'transaction: set',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'evictedUnderIt',
    rule: 'what an open transaction holds is not thrown out',
    patches: [
      {
        file: 'src/memory/evict-entry.ts',
        find: 'if (state !== MUTE) return false',
        replace: 'if (state === DUE) return false',
      },
    ],
    program: 'transaction: evict',
    bounds: TWO,
    within: 8000,
  },
  {
    name: 'flushBetween',
    rule: 'all that a transaction writes is of one flush count',
    patches: [
      {
        file: ENGINE,
        find: 'if (currentStamp(view, space) !== this.#stamp) return CONFLICT',
        replace: 'if (currentStamp(view, space) < 0) return CONFLICT',
      },
      {
        file: ENGINE,
        find: 'this.#stamp = this.#stamps.get(want.space) ?? currentStamp(view, want.space)',
        replace: 'this.#stamp = currentStamp(view, want.space)',
      },
      {
        file: ENGINE,
        find: 'if (currentStamp(this.#view, space) !== stamp) return false',
        replace: 'if (currentStamp(this.#view, space) < stamp) return false',
      },
    ],
    program: 'transaction: flush',
    bounds: TWO,
    within: 8000,
  },
  {
    name: 'watchForgets',
    rule: 'a watched key that came and went was touched',
    patches: [
      {
        file: ENGINE,
        find: 'if (creationsIn(view.homeWord) !== addCreations(seen.creations, mine))',
        replace: 'if (creationsIn(view.homeWord) < 0 * mine)',
      },
    ],
    program: 'transaction: watch absent x add, delete',
    bounds: TWO,
    within: 8000,
  },
  {
    name: 'halfInPlace',
    rule: 'what a dead thread has committed is put in place',
    patches: [
      {
        file: TRANSACTION,
        find: '    tidy(view, peek(wordsOf(view, item), chunkAddress(view, item) + ITEM.SLOT))\n',
        replace: `    const slot = peek(wordsOf(view, item), chunkAddress(view, item) + ITEM.SLOT)
    if (isCommitted === view.isInTransaction) tidy(view, slot)
`,
      },
    ],
    program: 'death: transaction: rename',
    bounds: ONE_DIES,
    within: 8000,
  },
  {
    name: 'leftOpen',
    rule: 'recovery ends the transaction of a dead thread',
    patches: [
      {
        file: 'src/memory/recover.ts',
        find: '  settleState(view, ROW_IDLE)\n  finishTransaction(view)\n',
        replace: '  settleState(view, ROW_IDLE)\n',
      },
    ],
    program: 'death: transaction: write',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'itemOwnedTwice',
    rule: 'an entry that was added to the list belongs to the list alone',
    patches: [
      {
        file: 'src/memory/recover.ts',
        find: '  settleItem(view)\n',
        replace: '',
      },
    ],
    program: 'death: transaction: write',
    bounds: ONE_DIES,
    within: 8000,
  },
  {
    name: 'freedTwice',
    rule: 'an entry that was freed is forgotten before its item is freed',
    patches: [
      {
        file: TRANSACTION,
        find: '  record(view, ROW.OLD, 0)\n  free(view, item)',
        replace: '  free(view, item)',
      },
    ],
    program: 'death: transaction: transfer x set',
    bounds: ONE_DIES,
    within: 20000,
  },
  {
    name: 'helperMixes',
    rule: 'who reads the reserved word of a record reads the slot and the entry that belong to it',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: 'closeWrites(control, rowAt + ROW.EXPECTED, reserved)',
        replace: 'poke(control, rowAt + ROW.EXPECTED, reserved)',
      },
    ],
    program: 'transaction: set, absent',
    bounds: { preemptions: 1, staleReads: true },
    within: 20000,
  },
]
