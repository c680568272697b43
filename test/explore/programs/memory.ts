/**
 * Programs about chunks: magazines, depots and their exchange, quarantine, eviction when memory is
 * full, values in several chunks.
 */
import type { Program } from '../program.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import * as more from './more-operations.ts'
import * as base from './operations.ts'

const { SET, SET_COLD, ADD, GET, DELETE, INCR, APPEND, EVICT, MOVE, TOUCH } = base
const { SET_LONG, GIVE_BACK, SETTLE, APPEND_LONG } = more

const ALL_COLD = [0, 1, 2]
/** One page of eight chunks, all of them used: every new entry costs another one. */
const FULL = { pageBytes: 256, pages: 1, buckets: 2, versionBits: 4 } as const
const FULL_ENTRIES = 8

const MAGAZINES: Readonly<Record<string, Lettered>> = {
  'refill x refill': {
    about: 'two threads fill their magazines from one page',
    cold: ALL_COLD,
    entries: 1,
    lines: [[[SET_COLD, 'b']], [[SET_COLD, 'c']]],
  },
  'refill x refill x refill': {
    about: 'three threads fill their magazines from one page',
    cold: ALL_COLD,
    entries: 1,
    lines: [[[SET_COLD, 'b']], [[SET_COLD, 'c']], [[SET_COLD, 'd']]],
  },
  'cut x cut': {
    about: 'two threads need the first page',
    cold: ALL_COLD,
    lines: [[[SET_COLD, 'a']], [[SET_COLD, 'b']]],
  },
  'refill x give back': {
    about: 'one takes chunks from the stack of a page while another puts some there',
    cold: [0],
    entries: 1,
    lines: [[[SET_COLD, 'b']], [[GIVE_BACK, 'a']]],
  },
  'give back x give back': {
    about: 'two magazines go to the stack of one page',
    entries: 1,
    lines: [[[GIVE_BACK, 'a']], [[GIVE_BACK, 'a']]],
  },
  'crowded x refill': {
    about: 'a thread frees more than it may keep while another needs chunks',
    options: { batch: 1 },
    cold: [1],
    entries: 3,
    lines: [
      [
        [DELETE, 'a'],
        [DELETE, 'b'],
        [DELETE, 'c'],
      ],
      [
        [SET_COLD, 'd'],
        [SET_COLD, 'e'],
      ],
    ],
  },
  'quarantine x set': {
    about: 'chunks whose version wraps wait for an operation that has begun',
    options: { versionBits: 0 },
    entries: 1,
    lines: [
      [[SET, 'a']],
      [
        [SET, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'quarantine x get, settle': {
    about: 'chunks are released from two quarantines',
    options: { versionBits: 0 },
    entries: 2,
    lines: [
      [
        [SET, 'a'],
        [SETTLE, 'a'],
      ],
      [
        [DELETE, 'b'],
        [SETTLE, 'b'],
      ],
    ],
  },
}

const FULLNESS: Readonly<Record<string, Lettered>> = {
  'full: set x set': {
    about: 'two threads evict for a chunk',
    options: FULL,
    entries: FULL_ENTRIES,
    cold: ALL_COLD,
    lines: [[[SET, 'i']], [[SET, 'j']]],
  },
  'full: set x get': {
    about: 'a chunk is evicted for while entries are read and marked as used',
    options: FULL,
    entries: FULL_ENTRIES,
    cold: ALL_COLD,
    lines: [
      [[SET, 'i']],
      [
        [GET, 'a'],
        [GET, 'b'],
      ],
    ],
  },
  'full: set x delete': {
    about: 'a chunk is evicted for while its entry is deleted',
    options: FULL,
    entries: FULL_ENTRIES,
    cold: ALL_COLD,
    lines: [[[SET, 'i']], [[DELETE, 'a']]],
  },
  'full: incr x set': {
    about: 'an update evicts between its copy and its exchange',
    options: { ...FULL, versionBits: 3 },
    entries: FULL_ENTRIES,
    cold: ALL_COLD,
    lines: [[[INCR, 'c']], [[SET, 'i']]],
  },
  'full: incr x incr': {
    about: 'two updates of one key evict for their chunks',
    options: { ...FULL, versionBits: 3 },
    entries: FULL_ENTRIES,
    cold: ALL_COLD,
    lines: [[[INCR, 'c']], [[INCR, 'c']]],
  },
  'full: evict x evict': {
    about: 'one hand, moved by two threads',
    options: FULL,
    entries: 3,
    lines: [[[EVICT, 'a']], [[EVICT, 'a']]],
  },
  'full: evict x get, get': {
    about: 'the hand cools what a reader warms',
    options: FULL,
    entries: 2,
    lines: [
      [[EVICT, 'a']],
      [
        [GET, 'a'],
        [GET, 'a'],
      ],
    ],
  },
  'most entries: set x set': {
    about: 'two creations go over the bound on entries together',
    options: { maxEntries: 2 },
    entries: 2,
    cold: [0, 1], // Or the bound is met before the program begins.
    lines: [[[SET, 'c']], [[SET, 'd']]],
  },
  'most entries: add x delete': {
    about: 'an entry is evicted for the bound while another goes',
    options: { maxEntries: 2 },
    entries: 2,
    cold: [0, 1], // Or the bound is met before the program begins.
    lines: [
      [[ADD, 'c']],
      [
        [DELETE, 'a'],
        [SET, 'a'],
      ],
    ],
  },
}

const CHAINS: Readonly<Record<string, Lettered>> = Object.fromEntries(
  [GET, SET, SET_LONG, DELETE, APPEND, APPEND_LONG, TOUCH, EVICT, MOVE].flatMap((kind) =>
    [SET_LONG, DELETE].map((other): [string, Lettered] => [
      `chain: ${kind.name} x ${other.name}`,
      {
        about: 'a value in several chunks',
        options: { pages: 6, pageBytes: 256, versionBits: 4 },
        entries: 1,
        isLong: true,
        lines: [
          [[kind, 'a']],
          [
            [other, 'a'],
            [other === DELETE ? SET_LONG : SET, 'b'],
          ],
        ],
      },
    ]),
  ),
)

export const MEMORY: readonly Program[] = Object.entries({
  ...MAGAZINES,
  ...FULLNESS,
  ...CHAINS,
}).map(([name, lettered]) => letteredProgram(name, lettered))
