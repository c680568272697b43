/** Broken twins of what a dead thread leaves behind, and of its recovery. */
import type { BrokenTwin } from './twins.ts'

const PUBLISH = 'src/memory/publish.ts'
const RECOVER = 'src/memory/recover.ts'
const VERDICT = 'src/memory/recover-verdict.ts'
const COUNTED =
  'recordReplacement(view, bytes, view.key.space, draft.stamp, ' +
  'stampOf(entry, entryAt, presence))'
const ONE_DIES = { deaths: 1, preemptions: 1 }

export const DEATH_TWINS: readonly BrokenTwin[] = [
  {
    name: 'noDisarm',
    rule: 'a record is disarmed after a lost exchange, before what it made is given back',
    patches: [
      {
        file: PUBLISH,
        find: `fresh) !== slotWord) {
    setKind(view, ROW_BUSY)`,
        replace: 'fresh) !== slotWord) {',
      },
    ],
    program: 'death: cas x set, present',
    bounds: ONE_DIES,
    within: 5000,
  },
  {
    name: 'recordAfterUse',
    rule: 'a chunk is recorded before it is taken',
    patches: [
      {
        file: 'src/memory/magazine.ts',
        find: '  if (asPart) record(view, ROW.NEW_PART, top)\n',
        replace: '  shrink(view, at, top)\n  if (asPart) record(view, ROW.NEW_PART, top)\n',
      },
      {
        file: 'src/memory/magazine.ts',
        find: '  }\n  shrink(view, at, top)\n  return top',
        replace: '  }\n  return top',
      },
    ],
    program: 'death: set x set, present',
    bounds: ONE_DIES,
    within: 1000,
  },
  {
    name: 'noFreeingMark',
    rule: 'the winner of a removal says so before it frees',
    patches: [
      {
        file: PUBLISH,
        find: '  setKind(view, ROW_FREEING)\n',
        replace: '',
      },
    ],
    program: 'death: delete x set, present',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'countBeforeFree',
    rule: 'a change is counted under the sequence that made it, once',
    patches: [
      {
        file: 'src/memory/row.ts',
        find: 'return peek(view.control, halfOf(view.control, cell)) !== sequence',
        replace: 'return sequence >= 0 || peek(view.control, cell) < 0',
      },
    ],
    program: 'death: delete x set, present',
    bounds: ONE_DIES,
    within: 3000,
  },
  {
    name: 'deltaAfterExchange',
    rule: 'what a replacement counts is recorded before its exchange',
    patches: [
      {
        file: PUBLISH,
        find: `  ${COUNTED}\n`,
        replace: '',
      },
      {
        file: PUBLISH,
        find: `  freeUnlinked(view, slotWord, entry, entryAt, chain)
`,
        replace: `  freeUnlinked(view, slotWord, entry, entryAt, chain)
  ${COUNTED}
`,
      },
    ],
    program: 'death: append x set, present',
    bounds: ONE_DIES,
    within: 2000,
  },
  {
    name: 'staleDelta',
    rule: 'a replacement that counts nothing says so: the record of the last change is still there',
    patches: [
      {
        file: 'src/memory/row.ts',
        find: '    poke(view.control, view.rowAt + ROW.HAS, 0)\n',
        replace: '',
      },
    ],
    program: 'versions: delete, set x set, gets',
    bounds: ONE_DIES,
    within: 2000,
  },
  {
    name: 'recoverAsLost',
    rule: 'recovery asks whether the new entry was published',
    patches: [
      {
        file: RECOVER,
        find: 'if (wasPublished(view) === UNPUBLISHED) return undo(view)',
        replace: 'if (wasPublished(view) !== 2) return undo(view)',
      },
    ],
    program: 'death: set x set, present',
    bounds: ONE_DIES,
    within: 1000,
  },
  {
    name: 'recoverIgnoresOthers',
    rule: 'recovery looks at the records of others: they saw the entry linked',
    patches: [
      {
        file: VERDICT,
        find: 'if (unlinking(view, rowAddress(view, row), fresh) !== 0) return PUBLISHED',
        replace: 'if (row < 0) return PUBLISHED',
      },
    ],
    program: 'death: set x recover x set, present',
    bounds: ONE_DIES,
    within: 20_000,
  },
  {
    name: 'recoverByVersionOnly',
    rule: 'an entry that was never published is complete, not only of its version',
    patches: [
      {
        file: VERDICT,
        find: 'return isComplete(incarnation) && version === (word & view.versionMask)',
        replace: 'return version === (word & view.versionMask)',
      },
    ],
    program: 'death: quarantine x set',
    bounds: ONE_DIES,
    within: 5000,
  },
  {
    name: 'recoverRemoveAsWon',
    rule: 'recovery takes a removal that was only intended for one that was not made',
    patches: [
      {
        file: RECOVER,
        find: '  if (verdict === UNPUBLISHED) return undo(view)\n  settleState',
        replace: '  settleState',
      },
    ],
    program: 'death: delete x set, present',
    bounds: ONE_DIES,
    within: 1000,
  },
  {
    name: 'recoverRemoveAsLost',
    rule: 'recovery finishes a removal that was made',
    patches: [
      {
        file: RECOVER,
        find: '  if (verdict === UNPUBLISHED) return undo(view)\n  settleState',
        replace: '  if (verdict !== POSTPONED) return undo(view)\n  settleState',
      },
    ],
    program: 'death: delete x set, present',
    bounds: ONE_DIES,
    within: 1000,
  },
  {
    name: 'recoverKeepsReservation',
    rule: 'recovery takes back what the dead had reserved',
    patches: [
      {
        file: RECOVER,
        find: '    case ROW_RESERVE:\n      releaseReservation(view)\n',
        replace: '    case ROW_RESERVE:\n',
      },
    ],
    program: 'death: set x add, absent',
    bounds: ONE_DIES,
    within: 1000,
  },
  {
    name: 'recoverUndecided',
    rule: 'recovery writes its decision down before it frees, for it may die as well',
    patches: [
      {
        file: RECOVER,
        find: 'function undo(view: MemoryView): boolean {\n  settleState(view, ROW_BUSY)\n',
        replace: 'function undo(view: MemoryView): boolean {\n',
      },
    ],
    program: 'death: set x recover x recover delete, present',
    bounds: { deaths: 2, preemptions: 0 },
    within: 20_000,
  },
  {
    name: 'twoRecoverers',
    rule: 'one thread at a time recovers a row',
    patches: [
      {
        file: 'src/memory/lease.ts',
        find: '  return compareExchange(view.control, at + ROW.RECOVERER, seen, name) === seen\n',
        replace: '  store(view.control, at + ROW.RECOVERER, name)\n  return true\n',
      },
      {
        file: 'src/memory/lease.ts',
        find: 'packRecoverer(row, leaseThread(lease)) === seen) {\n      return false',
        replace: 'packRecoverer(row, leaseThread(lease)) === seen) {\n      return true',
      },
    ],
    program: 'death: set x recover x recover delete, present',
    bounds: { deaths: 1, preemptions: 2 },
    within: 20_000,
  },
  {
    name: 'freePageHidden',
    rule: 'no free page lies before the one at which the search for free pages begins',
    patches: [
      {
        file: RECOVER,
        find: '  lowerFresh(view, 1)\n',
        replace: '',
      },
    ],
    program: 'death: wish x wish',
    bounds: ONE_DIES,
    within: 15_000,
  },
]
