/** Broken twins of pages between classes: whom an emptied page waits for, and what is borrowed. */
import type { BrokenTwin } from './twins.ts'

const ALLOCATOR = 'src/memory/slab-allocator.ts'
const DEMAND = 'src/memory/page-demand.ts'
const ONE = { preemptions: 1 }
const ONE_DIES = { deaths: 1, preemptions: 0 }

export const PAGE_TWINS: readonly BrokenTwin[] = [
  {
    name: 'wishAfterMark',
    rule: 'whom a page is emptied for is said before others empty it',
    patches: [
      {
        file: 'src/memory/page-moves.ts',
        find: '  poke(control, CONTROL.WISH, wishedFor)\n',
        replace: '',
      },
      {
        file: 'src/memory/page-moves.ts',
        find: 'PAGE.STATE, state, draining) === state) return true',
        replace: `PAGE.STATE, state, draining) === state) {
    poke(control, CONTROL.WISH, wishedFor)
    return true
  }`,
      },
    ],
    program: 'reserved: wish x drain',
    bounds: ONE,
    within: 100,
  },
  {
    name: 'takenUnasked',
    rule: 'a page that was emptied for a class waits for it',
    patches: [
      {
        file: 'src/memory/cut-page.ts',
        find: ' || !(any || isMeantFor(view, page, sizeClass))',
        replace: ' || !(any || page > 0)',
      },
    ],
    program: 'reserved: wide x set',
    bounds: ONE,
    within: 100,
  },
  {
    name: 'reservedForGood',
    rule: 'a page that waits for a class is there for all after a while',
    patches: [
      {
        file: DEMAND,
        find: 'return ageOf(view, at, load(view.control, CONTROL.TURNS)) > patience',
        replace: 'return ageOf(view, at, load(view.control, CONTROL.TURNS)) < -patience',
      },
    ],
    program: 'death: reserved: wide x set',
    bounds: ONE_DIES,
    within: 100,
  },
  {
    name: 'recoveredForAnother',
    rule: 'a page that was only half cut waits for no class',
    patches: [
      {
        file: 'src/memory/recover-chunks.ts',
        find: 'packPageState(pageGenerationOf(state), 0, PAGE_FREE)',
        replace: 'packPageState(pageGenerationOf(state), pageClassOf(state), PAGE_FREE)',
      },
    ],
    program: 'death: reserved: wide x wide',
    bounds: ONE_DIES,
    within: 500,
  },
  {
    name: 'refusedBesideFree',
    rule: 'no write is refused for a free page that another class waits for',
    patches: [
      {
        file: ALLOCATOR,
        find: 'if (cutFree(view, sizeClass, true))',
        replace: 'if (cutFree(view, sizeClass, false))',
      },
    ],
    program: 'reserved: no eviction, middle x wide',
    bounds: ONE,
    within: 100,
  },
  {
    name: 'borrowedThenDrained',
    rule: 'a page is emptied before a chunk is borrowed: a move gives back what the row holds',
    patches: [
      {
        file: ALLOCATOR,
        find: `  if (lent * SHARE_LENT >= capacityOf(view, sizeClass)) {
`,
        replace: `  const most = MOST_BORROWED * view.classes.bytes[sizeClass]!
  const handle = takeLarger(view, sizeClass, asPart, most)
  if (lent * SHARE_LENT >= capacityOf(view, sizeClass)) {
`,
      },
      {
        file: ALLOCATOR,
        find: '  }\n  return takeLarger(',
        replace: '  }\n  if (handle >= 0) return handle\n  return takeLarger(',
      },
    ],
    program: 'borrow: pieces x delete',
    bounds: ONE,
    within: 100,
  },
  {
    name: 'loanUncounted',
    rule: 'chunks that two threads borrow at the same time are both counted',
    patches: [
      {
        file: ALLOCATOR,
        find: 'const lent = add(view.control, classAddress(sizeClass) + CLASS.LENT, 1) + 1',
        replace: `const at = classAddress(sizeClass) + CLASS.LENT
  const lent = peek(view.control, at) + 1
  add(view.control, at, lent - peek(view.control, at))`,
      },
    ],
    program: 'borrow x borrow',
    bounds: { preemptions: 2 },
    within: 1000,
  },
  {
    name: 'borrowsForGood',
    rule: 'a class that has borrowed enough gets a page',
    patches: [
      {
        file: ALLOCATOR,
        find: `    wishForPage(view, sizeClass, true)
    drainStep(view, DRAIN_CHUNKS_PER_WRITE)`,
        replace: '    drainStep(view, DRAIN_CHUNKS_PER_WRITE)',
      },
    ],
    program: 'borrow, worth a page x borrow',
    bounds: ONE,
    within: 100,
  },
  {
    name: 'pageForOneChunk',
    rule: 'a size that is met now and then borrows a chunk, and no page is emptied for it',
    patches: [
      {
        file: ALLOCATOR,
        find: 'if (lent * SHARE_LENT >= capacityOf(view, sizeClass)) {',
        replace: 'if (lent * capacityOf(view, sizeClass) >= SHARE_LENT) {',
      },
    ],
    program: 'borrow x borrow',
    bounds: ONE,
    within: 100,
  },
]
