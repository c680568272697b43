/** Broken twins of flushes, of expiry, and of the mutation feed: what is true since when. */
import type { BrokenTwin } from './twins.ts'

const PUBLISH = 'src/memory/publish.ts'
const UPDATE = 'src/engine/update.ts'
const STORE = 'src/engine/store.ts'
const TWO = { preemptions: 2 }

export const MOMENT_TWINS: readonly BrokenTwin[] = [
  {
    name: 'freshStamp',
    rule: 'a changed entry keeps the flush stamp of the one it was made from',
    patches: [
      {
        file: UPDATE,
        find: '  draft.stamp = stamp\n',
        replace: '  draft.stamp = currentStamp(view, view.key.space)\n',
      },
    ],
    program: 'incr x flush, present',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'staleEpoch',
    rule: 'no writer replaces an entry that was written after a flush which it has not seen',
    patches: [
      {
        file: STORE,
        find: 'if (((stamp - view.stamp) | 0) > 0) {',
        replace: 'if (view.stamp !== view.stamp) {',
      },
    ],
    program: 'flush x add x set, present',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'addBehindFlush',
    rule: 'what a flush made absent is not added under a stamp from before it',
    patches: [
      {
        file: STORE,
        find: 'if (currentStamp(view, view.key.space) === view.stamp) return false',
        replace: 'if (view.stamp >= 0) return false',
      },
    ],
    program: 'add x flush get, present',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'overForgiven',
    rule: 'who finds an entry over unlinks it before saying that it is absent',
    patches: [
      {
        file: 'src/engine/read-value.ts',
        find: 'if (!removeOver(view)) continue',
        replace: 'removeOver(view)',
      },
    ],
    program: 'touch x expire, present',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'wrongFlushClock',
    rule: 'a delayed flush is due by the clock of the engine, which begins with it',
    patches: [
      {
        file: 'src/engine/flush.ts',
        find: 'view.startedAt + tick * FLUSH_TICK_MS <= view.now()',
        replace: 'tick * FLUSH_TICK_MS <= view.now()',
      },
      {
        file: 'src/engine/session.ts',
        find: 'this.view.startedAt + tick * FLUSH_TICK_MS',
        replace: 'tick * FLUSH_TICK_MS',
      },
    ],
    program: 'time: flush soon x set',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'lostRecordTold',
    rule: 'a change that lost its race is not told to who reads the feed',
    patches: [
      {
        file: PUBLISH,
        find: `    setKind(view, ROW_BUSY)
    abortMutation(view)
    count(view, 'casRetries')
    return LOST
  }
  freeUnlinked(view, slotWord, entry, entryAt, chain)`,
        replace: `    setKind(view, ROW_BUSY)
    commitMutation(view)
    count(view, 'casRetries')
    return LOST
  }
  freeUnlinked(view, slotWord, entry, entryAt, chain)`,
      },
    ],
    program: 'feed: set a x set a',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'feedOpensBlindly',
    rule: 'who begins to listen is asked to begin anew if others wrote while it began',
    patches: [
      {
        file: 'src/engine/feed.ts',
        find: 'if (!isSame && row !== view.row)',
        replace: 'if (kindOf(state) !== ROW_IDLE && row !== view.row)',
      },
    ],
    program: 'feed: read 3',
    bounds: TWO,
    within: 4000,
  },
]
