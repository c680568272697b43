/**
 * Programs about near caches: every thread has read the keys before and keeps what it read; no read
 * is older than the calls that returned before it began, whatever the others did meanwhile.
 *
 * Slot words without a version (`versionBits: 0`) recur as soon as a chunk is used again.
 */
import type { Bounds, Program } from '../program.ts'
import {
  ADD,
  APPEND,
  CAS,
  DELETE,
  EVICT,
  EXPIRE,
  FLUSH,
  GET,
  GET_BYTES,
  INCR,
  type Kind,
  MOVE,
  SET,
  TOUCH,
} from './operations.ts'
import { FLUSH_SOON, LATER, LATER_FLUSHED, RECOVER, TOUCH_TTL } from './more-operations.ts'
import { on, type Part, type Placement, together } from './pairs.ts'
import { CLEAR_THERE, GET_THERE, SET_THERE, spaceProgram } from './spaces.ts'
import { flush, get, recover, remove, set } from './transaction-acts.ts'
import { rename, transfer, write } from './transaction-deeds.ts'
import { type Play, playProgram } from './transactions.ts'
import type { WorldOptions } from './world.ts'

const KEPT: Partial<WorldOptions> = { near: 4 }
const RECURS: Partial<WorldOptions> = { near: 4, versionBits: 0 }
const ONE_DIES: Bounds = { deaths: 1 }

function near(
  place: Placement,
  lines: readonly (readonly Part[])[],
  more: Partial<WorldOptions> = KEPT,
): Program {
  const program = together(place, lines, more)
  return { ...program, name: `near: ${program.name}`, about: `${program.about}; values kept near` }
}

function mortal(program: Program): Program {
  return { ...program, name: `death: ${program.name}`, full: ONE_DIES }
}

/** Reads twice: what the first read keeps, the second may find. */
const TWICE = [on(GET), on(GET)]
/** A read that does not look near, and one that does. */
const SEES_FIRST = [on(GET_BYTES), on(GET)]
const CHANGES: readonly Kind[] = [SET, DELETE, INCR, CAS, APPEND, TOUCH, FLUSH, EXPIRE, EVICT, MOVE]

const ON_KEYS: readonly Program[] = [
  ...CHANGES.map((kind) => near('present', [TWICE, [on(kind)]])),
  ...[SET, DELETE, FLUSH].map((kind) => near('present', [SEES_FIRST, [on(kind)]])),
  near('present', [TWICE, [on(DELETE), on(ADD)]]),
  near('present', [TWICE, [on(FLUSH), on(SET)]]),
  near('present', [TWICE, [on(SET)], [on(GET), on(SET)]]),
  near('present', [TWICE, [on(SET)], [on(FLUSH)]]),
  near('present', [[...TWICE, on(GET)], [on(SET)], [on(FLUSH)]]),
  near('present', [TWICE, [on(SET)], [on(MOVE)]]),
  near('present', [
    [on(SET), on(GET)],
    [on(SET), on(GET)],
  ]),
  near('present', [
    [on(DELETE), on(GET)],
    [on(ADD), on(GET)],
  ]),
  near('present', [
    [on(FLUSH), on(GET)],
    [on(SET), on(GET)],
  ]),
  near('absent', [TWICE, [on(ADD)], [on(DELETE)]]),
  near('present', [TWICE, [on(TOUCH_TTL), on(LATER)], [on(TOUCH)]]),
  near('present', [TWICE, [on(FLUSH_SOON), on(LATER_FLUSHED), on(GET)]]),
  near('present', [
    [on(FLUSH_SOON), on(LATER_FLUSHED), on(GET)],
    [on(SET), on(GET)],
  ]),
  near('present', [[on(GET)], [on(FLUSH_SOON), on(LATER_FLUSHED), on(GET)], [on(GET)]]),
]

const ON_REUSE: readonly Program[] = [
  near('reuse', [TWICE, [on(SET), on(SET)]], RECURS),
  near('reuse', [TWICE, [on(SET), on(SET), on(SET)]]),
  near('reuse', [SEES_FIRST, [on(SET), on(SET)]], RECURS),
  near('reuse', [TWICE, [on(DELETE), on(ADD)]], RECURS),
  near('reuse', [TWICE, [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]], RECURS),
  near('reuse', [[on(GET), on(GET, 1)], [on(SET), on(SET, 1)], [on(GET)]], RECURS),
  near('reuse', [TWICE, [on(TOUCH), on(SET)], [on(TOUCH)]], RECURS),
]

const ON_SPACES: readonly Program[] = [
  [[GET_THERE, GET_THERE], [CLEAR_THERE]],
  [[GET_THERE, GET_THERE], [FLUSH]],
  [
    [GET_THERE, GET_THERE],
    [CLEAR_THERE, SET_THERE],
  ],
  [[GET_THERE, GET], [CLEAR_THERE], [SET_THERE]],
].map((lines) => {
  const program = spaceProgram(lines, KEPT)
  return { ...program, name: `near: ${program.name}` }
})

const BOTH = { a: '5', b: '5' }
const PLAYS: Readonly<Record<string, Omit<Play, 'options'>>> = {
  'write x get, get, get': {
    about: 'one read of a key before, one after the other key was seen changed',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [get('a'), get('b'), get('a')]],
  },
  'transfer x get, get': {
    about: 'the sum is always the same',
    first: BOTH,
    acts: [[transfer('a', 'b')], [get('a'), get('b'), get('a')]],
  },
  'rename x get, get': {
    about: 'the value is never missing',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [get('b'), get('a'), get('b')]],
  },
  'write x set, get x get': {
    about: 'a writer between',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [set('a', '1'), get('a')], [get('b'), get('a')]],
  },
  'write x delete, get': {
    about: 'a deleter between',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [remove('a'), get('b'), get('a')]],
  },
  'write, write x get, get': {
    about: 'an intent that is left over',
    first: BOTH,
    acts: [
      [write('9', 'a'), write('8', 'a', 'b')],
      [get('a'), get('b'), get('a')],
    ],
  },
  'write x flush, get': {
    about: 'a flush between',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [flush, get('a'), get('b')]],
  },
}
const MORTAL_PLAYS: Readonly<Record<string, Omit<Play, 'options'>>> = {
  'write x get, get, get': {
    about: 'it dies',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [get('a'), get('b'), get('a')]],
  },
  'write x recover, get, get': {
    about: 'it dies and is recovered',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [get('a'), recover, get('b'), get('a')]],
  },
}

function plays(of: Readonly<Record<string, Omit<Play, 'options'>>>, bounds?: Bounds): Program[] {
  return Object.entries(of).map(([name, play]) => {
    const prefix = bounds === undefined ? 'near: ' : 'death: near: '
    return playProgram(`${prefix}transaction: ${name}`, { ...play, options: KEPT }, bounds)
  })
}

export const NEAR: readonly Program[] = [
  ...ON_KEYS,
  ...ON_REUSE,
  ...ON_SPACES,
  ...plays(PLAYS),
  ...[SET, DELETE, INCR, MOVE].map((kind) => mortal(near('present', [TWICE, [on(kind)]]))),
  mortal(near('present', [TWICE, [on(SET)], [on(RECOVER), on(GET)]])),
  mortal(near('reuse', [TWICE, [on(SET), on(SET)]], RECURS)),
  ...plays(MORTAL_PLAYS, ONE_DIES),
]
