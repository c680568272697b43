/**
 * Programs about a page that was emptied for a class: who cuts it, whose wish it is, and that it is
 * not kept for good when that class does not come, because nobody wants it or its thread died.
 */
import { add, peek, poke } from '#atomics'
import { CONTROL } from '../../../native-layout/control-block.ts'
import {
  PAGE,
  PAGE_DRAINING,
  PAGE_FREE,
  pageClassOf,
  pageStateOf,
} from '../../../native-layout/page.ts'
import { giveBackTop } from '../../../src/memory/page-claim.ts'
import { drainStep, wishForPage } from '../../../src/memory/page-moves.ts'
import { enter, leave } from '../../../src/memory/row.ts'
import { pageAddress } from '../../../src/memory/view.ts'
import type { Program } from '../program.ts'
import { sendHome } from './build.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import { DRAIN, inBracket, SET_MIDDLE, SET_WIDE } from './more-operations.ts'
import { type Kind, SET } from './operations.ts'
import * as check from './page-check.ts'
import type { World } from './world.ts'

const { BYTES, MIDDLE, NEXT, pageProblems, refused, stateOf, strangers, WIDE } = check

/** Two pages: one full of small entries, and one that was emptied. */
const TWO_PAGES = { pageBytes: 512, pages: 2, versionBits: 4, buckets: 4 } as const
const FULL_ENTRIES = 16
const EMPTIED = 2
const BOTH_COLD = [0, 1]

function wishFor(name: string, sizeClass: number): Kind {
  return inBracket(`wish-${name}`, (view) => wishForPage(view, sizeClass, true))
}
const WISH_MIDDLE = wishFor('middle', MIDDLE)
const WISH_WIDE = wishFor('wide', WIDE)

const CUTS: Readonly<Record<string, Lettered>> = {
  'reserved: wide x wide': {
    about: 'two threads cut the page that was emptied for their class',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => reserve(world, WIDE),
    lines: [[[SET_WIDE, 'a']], [[SET_WIDE, 'c']]],
    check: (world, run) => [...refused(run), ...pageProblems(world, [WIDE])],
  },
  'reserved: wide x set': {
    about: 'another class needs chunks while a page waits for the one that it was emptied for',
    options: TWO_PAGES,
    entries: FULL_ENTRIES,
    cold: BOTH_COLD,
    ready: (world) => reserve(world, WIDE),
    lines: [[[SET_WIDE, 'a']], [[SET, 'q']]],
    check: (world) => [
      ...strangers(world.janitor.view, EMPTIED, WIDE),
      ...pageProblems(world, [WIDE]),
    ],
  },
  'reserved: wide x middle': {
    about: 'a class that can have no chunk otherwise takes the page that another waits for',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => reserve(world, WIDE),
    lines: [[[SET_WIDE, 'a']], [[SET_MIDDLE, 'c']]],
    check: (world, run) => [...refused(run), ...pageProblems(world, [MIDDLE, WIDE])],
  },
  'reserved: left lying': {
    about: 'two threads of other classes find a page that has waited long enough',
    options: TWO_PAGES,
    entries: FULL_ENTRIES,
    cold: BOTH_COLD,
    ready: (world) => {
      reserve(world, WIDE)
      add(world.janitor.view.control, CONTROL.TURNS, LONG_ENOUGH)
    },
    lines: [[[SET, 'q']], [[SET_MIDDLE, 'r']]],
    check: (world, run) => [...refused(run), ...pageProblems(world, [MIDDLE, WIDE])],
  },
  'reserved: no eviction, middle x wide': {
    about: 'where nothing may be evicted, a page is taken whomever it was emptied for',
    options: { ...TWO_PAGES, eviction: 'none' },
    entries: FULL_ENTRIES,
    cold: BOTH_COLD,
    ready: (world) => reserve(world, MIDDLE),
    lines: [[[SET_MIDDLE, 'q']], [[SET_WIDE, 'r']]],
    check: (world, run) => [...refused(run), ...pageProblems(world, [MIDDLE, WIDE])],
  },
}

const DRAINS: Readonly<Record<string, Lettered>> = {
  'reserved: wish x drain': {
    about: 'a page is emptied by another thread than the one that wished for it',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => {
      leaveEmpty(world)
      poke(world.janitor.view.control, CONTROL.WISH, WIDE + 1) // Of the drain before.
    },
    lines: [
      [[WISH_MIDDLE, 'a']],
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
    ],
    check: (world) => pageProblems(world, [MIDDLE]),
  },
  'reserved: wish x wish': {
    about: 'two threads want a page for different classes',
    options: { ...TWO_PAGES, pages: 3 },
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => leaveEmpty(world),
    lines: [
      [
        [WISH_MIDDLE, 'a'],
        [DRAIN, 'a'],
      ],
      [
        [WISH_WIDE, 'a'],
        [DRAIN, 'a'],
      ],
    ],
    check: (world) => pageProblems(world, [MIDDLE, WIDE]),
  },
  'reserved: given up x come home': {
    about: 'a drain is given up while the last free chunk of the page comes home',
    options: TWO_PAGES,
    entries: 2,
    cold: BOTH_COLD,
    ready: (world) => {
      leaveEmpty(world, 1)
      startDrain(world, WIDE)
      poke(world.janitor.view.control, pageAddress(world.janitor.view, EMPTIED) + PAGE.MARK, LATE)
    },
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
        [SET_WIDE, 'a'],
      ],
      [[DRAIN, 'a']],
    ],
    check: (world) => pageProblems(world, [WIDE]),
  },
}
/** Turns that pass while a page waits: more than all of memory. */
const LONG_ENOUGH = 1024
/** A drain in its last round. */
const LATE = (3 << 16) | 2

/** A page whose chunks are all free, but for those that another thread keeps. */
function leaveEmpty(world: World, keeper?: number): void {
  const { engine, view } =
    (keeper === undefined ? undefined : world.actors[keeper]) ?? world.janitor
  sendHome(world)
  engine.set('~', '7'.repeat(BYTES[NEXT]!))
  engine.delete('~')
  while (keeper === undefined && giveBackTop(view, NEXT));
  const state = stateOf(view, EMPTIED)
  if (pageClassOf(state) !== NEXT) throw new Error(`page ${EMPTIED} is not one of class ${NEXT}`)
  // The other page is the younger one: who wishes for a page, drains this one.
  const { control } = view
  poke(control, pageAddress(view, 1) + PAGE.STAMP, peek(control, CONTROL.TURNS))
}

/** A page is drained for a class: the one that costs least. */
function startDrain({ janitor: { view } }: World, sizeClass: number): void {
  enter(view)
  wishForPage(view, sizeClass, true)
  leave(view)
  const state = stateOf(view, EMPTIED)
  if (pageStateOf(state) !== PAGE_DRAINING) throw new Error(`page ${EMPTIED} is not drained`)
}

/** A free page waits for a class. */
function reserve(world: World, sizeClass: number): void {
  const { view } = world.janitor
  leaveEmpty(world)
  startDrain(world, sizeClass)
  enter(view)
  drainStep(view, 1)
  leave(view)
  const state = stateOf(view, EMPTIED)
  if (pageStateOf(state) !== PAGE_FREE || pageClassOf(state) !== sizeClass + 1) {
    throw new Error(`page ${EMPTIED} does not wait for class ${sizeClass}`)
  }
}

export const RESERVED: readonly Program[] = Object.entries({ ...CUTS, ...DRAINS }).map(
  ([name, lettered]) => letteredProgram(name, lettered),
)
