/** Broken twins of creating and removing entries: the slots, the home word, the scan. */
import type { BrokenTwin } from './twins.ts'

const PUBLISH = 'src/memory/publish.ts'
const TWO = { preemptions: 2 }
const TAG = 'table, slotAt + BUCKET.B - BUCKET.A, packTag(tagFor(secondOf(view)), filling + 1)'

export const TABLE_TWINS: readonly BrokenTwin[] = [
  {
    name: 'hintDecides',
    rule: 'a key that is not where it was seen, or seemed to be, is looked for',
    patches: [
      {
        file: 'src/memory/table.ts',
        find: 'matchWay(view, table, at, home, likelyWay) === FOUND) return FOUND',
        replace: 'tag > 0) return matchWay(view, table, at, home, likelyWay)',
      },
    ],
    program: 'getMany x set(b) x delete, one-home',
    bounds: { preemptions: 1 },
    within: 3000,
  },
  {
    name: 'aheadUnconfirmed',
    rule: 'what is read from where it was seen is believed only if it is still there',
    patches: [
      {
        file: 'src/engine/ahead-reader.ts',
        find: 'if (!isStill(view) || !this.#session.usedUnstaged()) return false',
        replace: 'if (!this.#session.usedUnstaged()) return false',
      },
    ],
    program: 'getAhead x set set, present',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'aheadFlushUnseen',
    rule: 'a flush leaves the slots alone: its count is read where an entry was seen, too',
    patches: [
      {
        file: 'src/engine/ahead-reader.ts',
        find: 'return !isOver(view, presence)',
        replace: 'return true',
      },
    ],
    program: 'set(b) getManyBytes x flush, one-home',
    bounds: { preemptions: 1 },
    within: 500,
  },
  {
    name: 'aheadForWhatItWas',
    rule: 'a key that was looked ahead at is compared again: its slot may hold another',
    patches: [
      {
        file: 'src/engine/ahead-reader.ts',
        find: 'if (peek(entry, keyAt + i) !== words[first + i]) return false',
        replace: 'if (peek(entry, keyAt + i) === -1) return false',
      },
    ],
    program: 'getAhead x delete set(b) delete(b) set, reuse',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'uncertifiedCreation',
    rule: 'a creation is announced only over the home word under which the key was absent',
    patches: [
      {
        file: PUBLISH,
        find: 'compareExchange(homes, homeAt, view.homeWord, announced) !== view.homeWord',
        replace: '(poke(homes, homeAt, announced), announced) === view.homeWord',
      },
    ],
    program: 'add x add, absent',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'announcementIgnored',
    rule: 'a creation that is announced is finished before another of its home begins',
    patches: [
      {
        file: 'src/engine/store.ts',
        find: 'if (announcerOf(view.homeWord) !== 0) {',
        replace: 'if (announcerOf(view.homeWord) < 0) {',
      },
    ],
    program: 'add x add, absent',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'unversionedEmpty',
    rule: 'an empty slot says how often it was filled, or a late helper revives a removed entry',
    patches: [
      {
        file: PUBLISH,
        find: 'packEmpty(fillingOf(load(table, slotAt + BUCKET.B - BUCKET.A)))',
        replace: 'packEmpty(0)',
      },
    ],
    program: 'add delete add x add, absent',
    bounds: { preemptions: 3 },
    within: 10_000,
  },
  {
    name: 'tagAfterPlace',
    rule: 'the tag is stored while the slot is reserved',
    patches: [
      {
        file: PUBLISH,
        find: `  poke(${TAG})
`,
        replace: '',
      },
      {
        file: PUBLISH,
        find: '  compareExchange(homes, homeAt, announced, clear',
        replace: `  poke(${TAG})
  compareExchange(homes, homeAt, announced, clear`,
      },
    ],
    program: 'add x add, absent',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'reservationKept',
    rule: 'a reservation does not outlive its operation',
    patches: [
      {
        file: PUBLISH,
        find: '    compareExchange(table, slotAt, reserved, packEmpty(filling))\n',
        replace: '',
      },
    ],
    program: 'add x add, absent',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'slotUnreserved',
    rule: 'a slot is reserved before it is announced: two homes would announce one',
    patches: [
      {
        file: PUBLISH,
        find: 'if (compareExchange(table, slotAt, view.emptyWord, reserved) !== view.emptyWord) {',
        replace: 'poke(table, slotAt, reserved)\n  if (reserved === view.emptyWord) {',
      },
    ],
    program: 'refill x refill',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'depthUnraised',
    rule: 'the announcement raises the depth of the home to where the key is placed',
    patches: [
      {
        file: PUBLISH,
        find: 'announce(view.homeWord, view.row, view.emptyDepth)',
        replace: 'announce(view.homeWord, view.row, 0)',
      },
    ],
    program: 'deeper: set x get',
    bounds: { preemptions: 1 },
    within: 1000,
  },
  {
    name: 'shallowScan',
    rule: 'the scan before a creation covers all candidates that the home word names',
    patches: [
      {
        file: 'src/memory/scan.ts',
        find: 'last = depthOf(view.homeWord)',
        replace: 'last = depthOf(view.homeWord) & 0',
      },
    ],
    program: 'deeper: add x delete, add',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'evictionUnproved',
    rule: 'a slot is emptied only if it still holds the word of the entry that goes',
    patches: [
      {
        file: PUBLISH,
        find: 'if (compareExchange(table, slotAt, word, then) !== word) {',
        replace: 'poke(table, slotAt, then)\n  if (word === 0) {',
      },
    ],
    program: 'set x evict, present',
    bounds: TWO,
    within: 3000,
  },
  {
    name: 'segmentBorder',
    rule: 'pages count from 1, their places in a segment from 0',
    patches: [
      {
        file: 'src/memory/locate.ts',
        find: '((page - 1) & view.pageMask) * view.pageWords + offset',
        replace: '(page & view.pageMask) * view.pageWords + offset',
      },
    ],
    program: 'get x delete set(b), reuse',
    bounds: { preemptions: 1 },
    within: 1000,
  },
  {
    name: 'versionKept',
    rule: 'a lost exchange takes a later version: that of its rival lies between',
    patches: [
      {
        file: 'src/memory/write-entry.ts',
        find: '  finish(view, draft, takeVersion(view, view.home))',
        replace: `  const isAgain = (peek(draft.words, draft.at + HEADER.INCARNATION) & 1) === 0
  finish(view, draft, isAgain ? draft.version : takeVersion(view, view.home))`,
      },
    ],
    program: 'versions: set x set x gets',
    bounds: TWO,
    within: 5000,
  },
  {
    name: 'halfUnchecked',
    rule: 'a version counts only if the two words of its counter agree',
    patches: [
      {
        file: 'src/memory/version.ts',
        find: 'if (after === high && agrees) return',
        replace: 'if (after === high) return',
      },
    ],
    program: 'versions: gets, set x set',
    bounds: TWO,
    within: 5000,
  },
]
