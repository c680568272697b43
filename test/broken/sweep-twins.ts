/** Broken twins of the sweep's groups: how they are removed, sent home, counted and recovered. */
import type { BrokenTwin } from './twins.ts'

const GROUP = 'src/memory/remove-group.ts'
const SWEEP = 'src/engine/sweep-group.ts'
const RECOVER = 'src/memory/recover.ts'
const ONE_DIES = { deaths: 1, preemptions: 1 }

export const SWEEP_TWINS: readonly BrokenTwin[] = [
  {
    name: 'groupByStore',
    rule: 'each entry of a group is taken out by an exchange: it may have been stored anew',
    patches: [
      {
        file: GROUP,
        find: 'if (compareExchange(table, at, word, empty) === word) won++',
        replace: 'poke(table, at, empty)\n    if (word !== 0) won++',
      },
    ],
    program: 'sweep: group x set',
    bounds: { preemptions: 1 },
    within: 500,
  },
  {
    name: 'groupUnclaimed',
    rule: 'a group goes home under the claim of its page',
    patches: [
      { file: SWEEP, find: '!tryClaim(view, page)', replace: 'page === 0' },
      { file: SWEEP, find: '  releaseClaim(view, page)\n', replace: '' },
    ],
    program: 'sweep: group x set-cold',
    bounds: { preemptions: 2 },
    within: 5000,
  },
  {
    name: 'groupForgotten',
    rule: 'a cleared group that is not on the stack is freed by whoever recovers it',
    patches: [
      {
        file: RECOVER,
        find: 'if (!holdsOnTop(view, handleIn(view, word))) free(view, handleIn(view, word))',
        replace: 'if (word === 0) free(view, handleIn(view, word))',
      },
    ],
    program: 'death: sweep: group x set',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'groupHomeTwice',
    rule: 'what recovery frees is not on the stack already: its top tells',
    patches: [
      {
        file: 'src/memory/recover-chunks.ts',
        find: 'top !== 0 && isStackTop(view, top)) {',
        replace: 'top === 0) {',
      },
    ],
    program: 'death: sweep: group x set',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'groupMarkLeft',
    rule: 'the top of a group that went home does not stand for the next one',
    patches: [{ file: GROUP, find: '  record(view, ROW.GROUP_TOP, 0)\n', replace: '' }],
    program: 'death: sweep: group, group x get',
    bounds: ONE_DIES,
    within: 5000,
  },
  {
    name: 'groupFreedUncleared',
    rule: 'a row says that its group is cleared before it frees any of it',
    patches: [{ file: GROUP, find: '    setKind(view, ROW_CLEARED)\n', replace: '' }],
    program: 'death: sweep: group x set',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'groupUncounted',
    rule: 'what the recovered group was is counted',
    patches: [{ file: RECOVER, find: '  recordGroupDelta(view)\n', replace: '' }],
    program: 'death: sweep: group x set',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'groupUnseen',
    rule: 'whoever recovers a removal asks for the groups of the other rows, too',
    patches: [
      {
        file: 'src/memory/recover-verdict.ts',
        find: 'if (load(view.control, pair + PAIR.WORD) === word) return kind',
        replace: 'if (load(view.control, pair + PAIR.WORD) === 0) return 0',
      },
    ],
    program: 'death: sweep: set x later, group x recover',
    bounds: ONE_DIES,
    within: 20_000,
  },
]
