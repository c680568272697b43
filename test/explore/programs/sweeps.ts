/** Programs about sweeps that remove what is over in groups, while others use the same entries. */
import type { Program } from '../program.ts'
import { sendHome } from './build.ts'
import { LATER, RECOVER, SET_TTL } from './more-operations.ts'
import { ADD, DELETE, FLUSH, GET, MAINTAIN, SET, SET_COLD } from './operations.ts'
import { timed, type Timed } from './timed.ts'

/** Chunk versions do not wrap, so that a sweep removes all that is over as a group. */
const GROUPED = { first: 'over', entries: 3, options: { versionBits: 4 } } as const

const GROUPS: Readonly<Record<string, Timed>> = {
  'sweep: group x set': {
    ...GROUPED,
    about: 'one entry of a group is stored anew while the group is removed',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [SET, 'b'],
        [GET, 'b'],
      ],
    ],
  },
  'sweep: group x delete, add': {
    ...GROUPED,
    about: 'one entry of a group is found to be over, and added',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [DELETE, 'a'],
        [ADD, 'c'],
      ],
    ],
  },
  'sweep: group x group': {
    ...GROUPED,
    about: 'two sweeps meet the same entries',
    lines: [[[MAINTAIN, 'a']], [[MAINTAIN, 'a']]],
  },
  'sweep: group x set-cold': {
    ...GROUPED,
    cold: [1],
    ready: sendHome,
    about: 'chunks are taken from the page while a group goes home to it',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [SET_COLD, 'a'],
        [SET_COLD, 'b'],
      ],
    ],
  },
  'sweep: group, set, group x get': {
    ...GROUPED,
    about: 'what a group gave back is used, and swept as a group again',
    lines: [
      [
        [MAINTAIN, 'a'],
        [SET_TTL, 'a'],
        [SET_TTL, 'b'],
        [LATER, 'a'],
        [MAINTAIN, 'a'],
      ],
      [[GET, 'c']],
    ],
  },
  'sweep: group, group x get': {
    ...GROUPED,
    about: 'a thread that removed a group begins another one in the same page',
    lines: [
      [
        [MAINTAIN, 'a'],
        [SET_TTL, 'b'],
        [LATER, 'a'],
        [MAINTAIN, 'a'],
      ],
      [[GET, 'c']],
    ],
  },
  'sweep: group x recover, set': {
    ...GROUPED,
    about: 'whoever sweeps may die, and another recovers it',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [RECOVER, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'sweep: group x set x recover': {
    ...GROUPED,
    about: 'a group and a writer of one of its entries, and who recovers the one that dies',
    lines: [[[MAINTAIN, 'a']], [[SET, 'b']], [[RECOVER, 'a']]],
  },
  'sweep: set x later, group x recover': {
    ...GROUPED,
    about: 'a group takes an entry out whose writer may be dead, and not recovered yet',
    lines: [
      [[SET_TTL, 'a']],
      [
        [LATER, 'a'],
        [MAINTAIN, 'a'],
      ],
      [[RECOVER, 'a']],
    ],
  },
  'sweep: group x flush': {
    ...GROUPED,
    about: 'what is over is flushed, too',
    lines: [[[MAINTAIN, 'a']], [[FLUSH, 'a']]],
  },
}

export const SWEEPS: readonly Program[] = Object.entries(GROUPS).map(([name, what]) => {
  return timed(name, what)
})
