/**
 * Programs about chunks of larger classes: a class without a page borrows them, until it is worth a
 * page, and where nothing else helps any larger chunk will do.
 */
import { store } from '#atomics'
import { CLASS } from '../../../native-layout/control-block.ts'
import { movePage } from '../../../src/engine/slab-admin.ts'
import { giveBackTop } from '../../../src/memory/page-claim.ts'
import { classAddress } from '../../../src/memory/view.ts'
import type { Program } from '../program.ts'
import { sendHome } from './build.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import { setOf, SET_MIDDLE } from './more-operations.ts'
import { ADD, aside, DELETE, type Kind } from './operations.ts'
import * as check from './page-check.ts'
import type { World } from './world.ts'

const { BYTES, getsPage, loans, MIDDLE, NEXT, pageProblems, refused, WIDE } = check

/** A page of small entries, and one that lends. */
const TWO_PAGES = { pageBytes: 512, pages: 2, versionBits: 4, buckets: 4 } as const
const FULL_ENTRIES = 16
/** Chunks of the page that lends. */
const NEXT_ENTRIES = 10
const BOTH_COLD = [0, 1]
/** With one more the class is worth a page: a quarter of what that is cut into. */
const NEARLY_WORTH = 2

const SET_NEXT = setOf('next', BYTES[NEXT]!)
/** A value in two pieces, the second one of the size that has no page. */
const SET_PIECES = setOf('pieces', 56)

/** The page that lends is emptied, and cut for others. */
const MOVE_LENDER: Kind = {
  name: 'move-lender',
  mayEvict: true,
  steps: ({ actor: { view } }) => [aside('move lender', () => movePage(view, NEXT, WIDE))],
}

const LOANS: Readonly<Record<string, Lettered>> = {
  'borrow x borrow': {
    about: 'two threads borrow chunks of a larger class, and nothing is emptied for it',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => lend(world, 1),
    lines: [[[SET_MIDDLE, 'c']], [[SET_MIDDLE, 'd']]],
    check: (world, run) => [
      ...refused(run),
      ...loans(world, run, 2),
      ...pageProblems(world, [MIDDLE]),
    ],
  },
  'borrow x next': {
    about: 'a chunk is borrowed while the class that lends evicts for its own',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => lend(world, NEXT_ENTRIES),
    lines: [[[SET_MIDDLE, 'c']], [[SET_NEXT, 'd']]],
    check: (world, run) => [
      ...refused(run),
      ...loans(world, run, 1),
      ...pageProblems(world, [MIDDLE]),
    ],
  },
  'borrow, worth a page x borrow': {
    about: 'a class that has borrowed enough empties a page while another thread borrows for it',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => lend(world, 1, NEARLY_WORTH),
    lines: [[[SET_MIDDLE, 'c']], [[SET_MIDDLE, 'd']]],
    check: (world, run) => [...refused(run), ...getsPage(world), ...pageProblems(world, [MIDDLE])],
  },
  'borrow x move lender': {
    about: 'the page that lends is emptied',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => lend(world, 1),
    lines: [
      [
        [SET_MIDDLE, 'c'],
        [DELETE, 'c'],
      ],
      [[MOVE_LENDER, 'a']],
    ],
    check: (world) => pageProblems(world, [MIDDLE]),
  },
  'borrow: pieces x delete': {
    about: 'a piece of a value is borrowed, and a page emptied for its class on the way',
    options: { ...TWO_PAGES, pages: 3 },
    entries: FULL_ENTRIES,
    cold: BOTH_COLD,
    ready: (world) => {
      lend(world, 1, NEARLY_WORTH)
      keep(world, WIDE, 1)
    },
    lines: [[[SET_PIECES, 'a']], [[DELETE, 'b']]],
    check: (world) => [...getsPage(world), ...pageProblems(world, [MIDDLE])],
  },
  'larger x larger': {
    about: 'where nothing may be evicted, any larger chunk will do',
    options: { ...TWO_PAGES, eviction: 'none' },
    entries: FULL_ENTRIES,
    cold: BOTH_COLD,
    ready: (world) => keep(world, WIDE, 1),
    lines: [[[ADD, 'q']], [[ADD, 'r']]],
    check: (world, run) => [...refused(run), ...pageProblems(world, [])],
  },
}

/** A page lends: it has so many entries. Of the class that borrows so many chunks are lent. */
function lend(world: World, entries: number, lent = 0): void {
  sendHome(world)
  keep(world, NEXT, entries)
  store(world.janitor.view.control, classAddress(MIDDLE) + CLASS.LENT, lent)
  // As in a memory of many pages, where a class looks at all of them but seldom.
  for (const { view } of [...world.actors, world.janitor]) view.chunksSinceLook = -MANY
}
const MANY = 100

/** Entries of a class, and its other free chunks at home. */
function keep({ janitor: { engine, view } }: World, sizeClass: number, entries: number): void {
  for (let n = 0; n < entries; n++) engine.set(`~${sizeClass}${n}`, '7'.repeat(BYTES[sizeClass]!))
  while (giveBackTop(view, sizeClass));
}

export const BORROWED: readonly Program[] = Object.entries(LOANS).map(([name, lettered]) =>
  letteredProgram(name, lettered),
)
