/** Programs about pages: draining, cutting, cutting anew, a lower limit, and no eviction. */
import { poke } from '#atomics'
import { CONTROL } from '../../../native-layout/control-block.ts'
import type { Program } from '../program.ts'
import { sendHome } from './build.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import * as more from './more-operations.ts'
import * as base from './operations.ts'
import type { World } from './world.ts'

const { ADD, DELETE, EVICT, GET, INCR, ITERATE, MOVE, SET, SET_COLD } = base
const { DRAIN, MOVE_BACK, SET_LONG, TRIM, WISH } = more

/** Pages of eight chunks. */
const SMALL_PAGES = { pageBytes: 256, pages: 4, versionBits: 4 } as const

const MOVES: Readonly<Record<string, Lettered>> = {
  'drain x set': {
    about: 'an entry is moved out of a page while it is written',
    options: SMALL_PAGES,
    entries: 2,
    ready: (world) => startDrain(world),
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [[SET, 'a']],
    ],
  },
  'drain x delete': {
    about: 'an entry is moved out of a page while it is deleted',
    options: SMALL_PAGES,
    entries: 2,
    ready: (world) => startDrain(world),
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [
        [DELETE, 'a'],
        [ADD, 'a'],
      ],
    ],
  },
  'drain x drain': {
    about: 'two threads empty one page',
    options: SMALL_PAGES,
    entries: 2,
    ready: (world) => startDrain(world),
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
    ],
  },
  'wish x wish': {
    about: 'two threads choose a page to drain',
    options: SMALL_PAGES,
    entries: 2,
    lines: [
      [
        [WISH, 'a'],
        [DRAIN, 'a'],
      ],
      [
        [WISH, 'a'],
        [DRAIN, 'a'],
      ],
    ],
  },
  'drain x refill': {
    about: 'the page that is drained is the one that chunks are taken from',
    options: SMALL_PAGES,
    entries: 2,
    cold: [1],
    lines: [
      [
        [WISH, 'a'],
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [[SET_COLD, 'c']],
    ],
  },
  'move x get': {
    about: 'a page is emptied and cut anew under a reader',
    options: { ...SMALL_PAGES, pages: 2, versionBits: 0 },
    entries: 1,
    cold: [0, 1],
    ready: sendHome,
    lines: [
      [
        [MOVE, 'a'],
        [SET_LONG, 'b'],
      ],
      [[GET, 'a']],
    ],
  },
  'move, back x incr': {
    about: 'a page is cut twice while an update is under way',
    options: { ...SMALL_PAGES, pages: 2, versionBits: 0 },
    entries: 1,
    cold: [0, 1],
    ready: sendHome,
    lines: [
      [
        [MOVE, 'a'],
        [MOVE_BACK, 'a'],
        [SET, 'a'],
      ],
      [[INCR, 'a']],
    ],
  },
  'rest x incr': {
    about: 'a page is emptied and cut anew where its chunk versions come round again',
    options: { pageBytes: 256, pages: 2, versionBits: 2, firstVersion: 1 },
    entries: 1,
    cold: [0, 1],
    ready: (world) => useUp(world),
    lines: [
      [[INCR, 'a']],
      [
        [DELETE, 'a'],
        [WISH, 'a'],
        [DRAIN, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'rest x get': {
    about: 'the same under a reader',
    options: { pageBytes: 256, pages: 2, versionBits: 2, firstVersion: 1 },
    entries: 1,
    cold: [0, 1],
    ready: (world) => useUp(world),
    lines: [
      [[GET, 'a']],
      [
        [DELETE, 'a'],
        [WISH, 'a'],
        [DRAIN, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'move, back x delete': {
    about: 'a page is cut twice while an entry is removed',
    options: { ...SMALL_PAGES, pages: 2, versionBits: 1 },
    entries: 1,
    cold: [0, 1],
    ready: sendHome,
    lines: [
      [
        [MOVE, 'a'],
        [MOVE_BACK, 'a'],
        [SET, 'a'],
      ],
      [[DELETE, 'a']],
    ],
  },
  'move x move': {
    about: 'two threads move pages at the same time',
    options: SMALL_PAGES,
    entries: 2,
    lines: [[[MOVE, 'a']], [[MOVE, 'a']]],
  },
  'move x iterate': {
    about: 'iterating over a page that is cut anew',
    options: { ...SMALL_PAGES, pages: 2, versionBits: 0 },
    entries: 1,
    cold: [0, 1],
    ready: sendHome,
    lines: [
      [
        [MOVE, 'a'],
        [SET_LONG, 'b'],
      ],
      [[ITERATE, 'a']],
    ],
  },
  'move x evict': {
    about: 'the hand walks over a page that is cut anew',
    options: { ...SMALL_PAGES, versionBits: 0 },
    entries: 2,
    lines: [
      [
        [MOVE, 'a'],
        [SET_LONG, 'c'],
      ],
      [[EVICT, 'a']],
    ],
  },
  'trim x set': {
    about: 'a lower limit takes the page that is written to',
    options: SMALL_PAGES,
    entries: 9,
    ready: (world) => poke(world.janitor.view.control, CONTROL.LIMIT, 1),
    lines: [
      [
        [TRIM, 'a'],
        [TRIM, 'a'],
      ],
      [[SET, 'i']],
    ],
  },
}

/** One more chunk of the page reaches the wrap of its version, and all that is free is home. */
function useUp(world: World): void {
  const { engine } = world.janitor
  for (let n = 0; n < 3; n++) {
    engine.set('-', 'x')
    engine.delete('-')
  }
  sendHome(world)
}

/** Marks the page of the first entries as one that is drained. */
export function startDrain(world: World): void {
  const { view } = world.janitor
  for (const deed of WISH.steps({ actor: world.janitor, key: '', keys: [], version: 0, at: 0 })) {
    deed.run()
  }
  if (view.control[CONTROL.DRAIN] === 0) throw new Error('no page is being drained')
}

export const PAGES: readonly Program[] = Object.entries(MOVES).map(([name, lettered]) =>
  letteredProgram(name, lettered),
)
