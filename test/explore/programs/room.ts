/**
 * Programs about room: a chunk that only another class can give, no eviction, values that are moved
 * in pieces, writes of which one must be refused.
 */
import type { Program } from '../program.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import { DRAIN, SET_LONG, SET_WIDE } from './more-operations.ts'
import { ADD, APPEND, DELETE, GET, SET } from './operations.ts'
import { startDrain } from './pages.ts'

const ALL_COLD = [0, 1]

const WANTED: Readonly<Record<string, Lettered>> = {
  'no eviction: drain given up x set': {
    about: 'entries that find no room elsewhere end a drain',
    options: { pageBytes: 256, pages: 1, eviction: 'none' },
    entries: 4,
    ready: (world) => startDrain(world),
    lines: [[[DRAIN, 'a']], [[SET, 'a']]],
  },
  'no eviction: drain long x append': {
    about: 'a value in several chunks is moved out of a page while it is changed',
    options: { pageBytes: 256, pages: 5, versionBits: 4, eviction: 'none' },
    entries: 1,
    isLong: true,
    cold: [0, 1],
    ready: (world) => startDrain(world),
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [[APPEND, 'a']],
    ],
  },
  'no eviction: drain long x get, delete': {
    about: 'a value in several chunks is moved out of a page while it is read, and removed',
    options: { pageBytes: 256, pages: 5, versionBits: 4, eviction: 'none' },
    entries: 1,
    isLong: true,
    cold: [0, 1],
    ready: (world) => startDrain(world),
    lines: [
      [
        [DRAIN, 'a'],
        [DRAIN, 'a'],
        [DRAIN, 'a'],
      ],
      [
        [GET, 'a'],
        [DELETE, 'a'],
      ],
    ],
  },
  'no eviction: long x long': {
    about: 'two long values want the room of one',
    options: { pageBytes: 256, pages: 2, versionBits: 4, eviction: 'none' },
    cold: [0, 1],
    lines: [
      [[SET_LONG, 'a']],
      [
        [SET_LONG, 'b'],
        [DELETE, 'b'],
      ],
    ],
  },
  'other class x set': {
    about: 'all pages hold small chunks, and a larger one is wanted',
    options: { pageBytes: 512, pages: 2, versionBits: 4, batch: 4 },
    entries: 26,
    cold: [0, 1],
    lines: [
      [[SET_WIDE, 'a']],
      [
        [SET, 'b'],
        [DELETE, 'c'],
      ],
    ],
  },
  'other class x other class': {
    about: 'two threads want larger chunks, and drain pages for them',
    options: { pageBytes: 512, pages: 2, versionBits: 4, batch: 4 },
    entries: 20,
    cold: [0, 1],
    lines: [[[SET_WIDE, 'a']], [[SET_WIDE, 'b']]],
  },
  'no eviction: full': {
    about: 'two writes of which one must be refused',
    options: { pageBytes: 256, pages: 1, eviction: 'none' },
    entries: 7,
    cold: ALL_COLD,
    lines: [
      [[ADD, 'h']],
      [
        [DELETE, 'a'],
        [ADD, 'i'],
      ],
    ],
  },
}

export const ROOM: readonly Program[] = Object.entries(WANTED).map(([name, lettered]) =>
  letteredProgram(name, lettered),
)
