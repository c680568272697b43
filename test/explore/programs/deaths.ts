/**
 * Programs in which a thread may die for good at any access, and in some of them whoever recovers
 * it, too: the others go on, and at the end nothing is lost, leaked or counted twice.
 */
import type { Bounds, Program } from '../program.ts'
import { BORROWED } from './borrowed.ts'
import { MEMORY } from './memory.ts'
import { RECOVER } from './more-operations.ts'
import {
  ADD,
  CAS,
  DELETE,
  EVICT,
  GET,
  INCR,
  type Kind,
  KINDS,
  MOVE,
  SET,
  SET_COLD,
} from './operations.ts'
import { PAGES } from './pages.ts'
import { on, together } from './pairs.ts'
import { RESERVED } from './reserved.ts'
import { SWEEPS } from './sweeps.ts'
import { TABLES } from './tables.ts'
import { TIME } from './time.ts'

const ONE_DIES: Bounds = { deaths: 1 }
const TWO_DIE: Bounds = { deaths: 2 }

function mortal(program: Program, full: Bounds = ONE_DIES): Program {
  return { ...program, name: `death: ${program.name}`, full }
}

function named(programs: readonly Program[], name: string): Program {
  const found = programs.find((program) => program.name === name)
  if (found === undefined) throw new Error(`no program is called ${name}`)
  return found
}

/** One of two dies, the other recovers it or goes on with the same key. */
function recovered(kind: Kind): Program[] {
  return [
    mortal(together('present', [[on(kind)], [on(RECOVER), on(SET)]])),
    mortal(together('present', [[on(kind)], [on(RECOVER)], [on(RECOVER), on(DELETE)]]), TWO_DIE),
  ]
}

/** A third thread has seen what the dead one did. */
const SEEN = [
  mortal(together('present', [[on(SET)], [on(RECOVER)], [on(SET)]])),
  mortal(together('absent', [[on(ADD)], [on(RECOVER)], [on(ADD), on(DELETE)]])),
]

const WRITERS = [SET, DELETE, INCR, EVICT, MOVE, SET_COLD]

const ON_PAGES = [
  'drain x set',
  'drain x drain',
  'drain x refill',
  'wish x wish',
  'move x get',
  'move x move',
  'move, back x incr',
  'trim x set',
]
const ON_CHUNKS = [
  'refill x refill',
  'cut x cut',
  'refill x give back',
  'crowded x refill',
  'quarantine x set',
  'full: set x set',
  'full: incr x set',
  'most entries: set x set',
  'chain: set-long x set-long',
  'chain: delete x set-long',
  'chain: append-long x delete',
  'chain: move x delete',
]
const ON_TABLES = ['deeper: add x add', 'no slot: set x set', 'versions: gets, set x set']
const ON_TIME = [
  'time: maintain x set',
  'time: flush soon x set',
  'feed: set a x set a',
  'feed: set a x delete a, add a',
  'feed: flush a x set a, flush a',
  'feed: add b x add b, delete b',
]
const ON_SWEEPS = [
  'sweep: group x set',
  'sweep: group x delete, add',
  'sweep: group x group',
  'sweep: group x set-cold',
  'sweep: group, set, group x get',
  'sweep: group, group x get',
  'sweep: set x later, group x recover',
]

export const DEATHS: readonly Program[] = [
  ...KINDS.map((kind) => mortal(together('present', [[on(kind)], [on(SET)]]))),
  ...KINDS.map((kind) => mortal(together('present', [[on(kind)], [on(DELETE)]]))),
  ...[SET, ADD, INCR].map((kind) => mortal(together('absent', [[on(kind)], [on(ADD)]]))),
  ...[SET, ADD, INCR].map((kind) => mortal(together('one-home', [[on(kind, 1)], [on(ADD, 1)]]))),
  ...[GET, CAS, INCR].map((kind) => {
    return mortal(together('reuse', [[on(kind)], [on(DELETE), on(SET, 1)]]))
  }),
  ...ON_PAGES.map((name) => mortal(named(PAGES, name))),
  ...[...RESERVED, ...BORROWED].map((program) => mortal(program)),
  ...ON_CHUNKS.map((name) => mortal(named(MEMORY, name))),
  ...ON_TABLES.map((name) => mortal(named(TABLES, name))),
  ...ON_TIME.map((name) => mortal(named(TIME, name))),
  ...ON_SWEEPS.map((name) => mortal(named(SWEEPS, name))),
  ...['sweep: group x recover, set', 'sweep: group x set x recover'].map((name) =>
    mortal(named(SWEEPS, name), TWO_DIE),
  ),
  ...WRITERS.flatMap(recovered),
  ...SEEN,
]
