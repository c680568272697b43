/** Broken twins of near caches: what a hit asks, in which order, and what may be kept at all. */
import type { BrokenTwin } from './twins.ts'

const NEAR = 'src/engine/near/near-cache.ts'
const ONE = { preemptions: 1 }
const TWO = { preemptions: 2 }

const SLOT = 'openReads(slotTable, slotAt) !== record.slotWord'
const INCARNATION = 'peek(entry, entryAt + HEADER.INCARNATION) !== record.incarnation'
const VERSION = 'peek(entry, entryAt + HEADER.VERSION_LOW) !== record.version'

export const NEAR_TWINS: readonly BrokenTwin[] = [
  {
    name: 'nearSlotUnasked',
    rule: 'a value that is kept counts only while the slot holds the word it was read under',
    patches: [{ file: NEAR, find: SLOT, replace: 'false' }],
    program: 'near: getBytes get x delete, present',
    bounds: ONE,
    within: 200,
  },
  {
    name: 'nearEntryUnasked',
    rule: 'the word of a slot recurs: the incarnation says whether it is the same entry',
    patches: [
      { file: NEAR, find: INCARNATION, replace: 'false' },
      { file: NEAR, find: VERSION, replace: 'false' },
    ],
    program: 'near: get get x set set, reuse',
    bounds: ONE,
    within: 500,
  },
  {
    name: 'nearEntryFirst',
    rule: 'the incarnation is asked after the slot: before, it proves nothing of that moment',
    patches: [
      { file: NEAR, find: SLOT, replace: 'false' },
      { file: NEAR, find: VERSION, replace: `${VERSION} || ${SLOT}` },
    ],
    program: 'near: getBytes get x set set, reuse',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'nearFlushUnseen',
    rule: 'a flush leaves the slots alone: its count is asked with each hit',
    patches: [
      {
        file: NEAR,
        find: 'isPending || peek(control, CONTROL.EPOCH) !== near.epoch || record.isSpecial',
        replace: 'isPending || record.isSpecial',
      },
    ],
    program: 'near: get get x flush, present',
    bounds: ONE,
    within: 200,
  },
  {
    name: 'nearFlushKept',
    rule: 'what was read before a flush that happened since is not kept',
    patches: [
      {
        file: NEAR,
        find: '    if (((currentStamp(view, space.space) - reading.stamp) | 0) > 0) return\n',
        replace: '',
      },
    ],
    program: 'near: get get get x set x flush, present',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'nearSpaceFlushUnseen',
    rule: 'a namespace is flushed by a count of its own',
    patches: [
      {
        file: NEAR,
        find: 'record.isSpecial = space.space !== 0 || reading.expiry !== 0',
        replace: 'record.isSpecial = reading.expiry !== 0',
      },
    ],
    program: 'near: space: get there, get there x clear there',
    bounds: ONE,
    within: 200,
  },
  {
    name: 'nearExpiryUnseen',
    rule: 'time passes without a write: a hit looks at the clock where the entry expires',
    patches: [
      {
        file: NEAR,
        find: 'if (record.expiry !== 0 && record.expiry <= view.now()) return false',
        replace: '',
      },
    ],
    program: 'near: get get x expire, present',
    bounds: ONE,
    within: 200,
  },
  {
    name: 'nearFlushOverdue',
    rule: 'a delayed flush that is due is performed before a hit, by whoever comes first',
    patches: [
      {
        file: NEAR,
        find: 'if (tick !== 0 && view.startedAt + tick * FLUSH_TICK_MS <= view.now())',
        replace: 'if (tick < 0)',
      },
    ],
    program: 'near: get get x flush-soon later-flushed get, present',
    bounds: ONE,
    within: 200,
  },
  {
    name: 'nearTickAfter',
    rule: 'the flush count is read after the tick of a delayed flush, or both are missed',
    patches: [
      {
        file: NEAR,
        find: 'const isPending = openReads(control, CONTROL.FLUSH_TICK) !== 0',
        replace: 'const isFlushed = peek(control, CONTROL.EPOCH) !== near.epoch',
      },
      {
        file: NEAR,
        find: 'if (isPending || peek(control, CONTROL.EPOCH) !== near.epoch || record.isSpecial) {',
        replace:
          'if (openReads(control, CONTROL.FLUSH_TICK) !== 0 || isFlushed || record.isSpecial) {',
      },
    ],
    program: 'near: get x flush-soon later-flushed get x get, present',
    bounds: { preemptions: 3 },
    within: 5000,
  },
  {
    name: 'nearIntentKept',
    rule: 'an entry with an intent is not kept: a transaction changes it by a word elsewhere',
    patches: [
      {
        file: NEAR,
        find: '    if ((reading.presence & INTENT) !== 0) return\n',
        replace: '',
      },
    ],
    program: 'near: transaction: write x get, get, get',
    bounds: { mode: 'pct', depth: 5 },
    within: 6000,
  },
]
