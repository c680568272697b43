/**
 * Every pair of operations, on one key that is there or is not, on two keys of one home, on an
 * entry whose chunk is used again for another key; and some triples.
 */
import type { Program } from '../program.ts'
import { cast, first, type Line, type Plot, programOf, sendHome } from './build.ts'
import {
  ADD,
  APPEND,
  CAS,
  DELETE,
  EVICT,
  EXPIRE,
  FLUSH,
  GET,
  GET_AHEAD,
  GET_BYTES,
  GET_MANY,
  GET_MANY_BYTES,
  INCR,
  ITERATE,
  type Kind,
  KINDS,
  MAINTAIN,
  MOVE,
  SET,
  TOUCH,
} from './operations.ts'
import type { World, WorldOptions } from './world.ts'

/** What one thread does: operations on the first or the second key, one after the other. */
export interface Part {
  readonly kind: Kind
  /** 0 or 1. */
  readonly key: number
}

export type Placement = 'present' | 'absent' | 'one-home' | 'reuse'

const PLACES: Readonly<Record<Placement, string>> = {
  present: 'one key, which is there',
  absent: 'one key, which is absent',
  'one-home': 'two keys of one home and one tag, the first is there',
  reuse: 'the chunk and the slot of the first key are used again for the second',
}

/** A program of several threads, each of which does a few operations on at most two keys. */
export function together(
  place: Placement,
  threads: readonly (readonly Part[])[],
  more: Partial<WorldOptions> = {},
): Program {
  const name = `${threads.map(partsOf).join(' x ')}, ${place}`
  const kinds = threads.flat().map(({ kind }) => kind)
  const options = { threads: threads.length, versionBits: place === 'reuse' ? 1 : 2, ...more }
  const scene: Plot['scene'] = (world) => {
    const keys = keysFor(place, world)
    const expires = kinds.some((kind) => kind.expires || kind.isOver)
    const moves = kinds.includes(MOVE)
    return {
      keys,
      entries: place === 'absent' ? [] : [first(keys[0]!, expires)],
      cold: threads.flatMap((parts, at) => {
        return moves || parts.some(({ kind }) => kind.isCold) ? [at] : []
      }),
      isOver: kinds.some((kind) => kind.isOver),
      mayEvict: kinds.some((kind) => kind.mayEvict),
      ready: () => {
        if (moves) sendHome(world)
      },
      deeds: (versions) =>
        cast(
          world,
          keys,
          versions,
          threads.map((parts) => linesOf(parts, keys)),
        ),
    }
  }
  return programOf({ name, about: PLACES[place], options, scene })
}

function partsOf(parts: readonly Part[]): string {
  return parts.map(({ kind, key }) => (key === 0 ? kind.name : `${kind.name}(b)`)).join(' ')
}

function linesOf(parts: readonly Part[], keys: readonly string[]): Line[] {
  return parts.map(({ kind, key }) => [kind, keys[key]!])
}

function keysFor(place: Placement, world: World): string[] {
  const [one] = world.keys(1, ({ home }) => home === 0)
  if (place === 'present' || place === 'absent') return [one!]
  const { tag, home } = world.placeOf(one!)
  return world.keys(2, (at) => at.home === home && (place === 'reuse' || at.tag === tag))
}

/** An operation on the first key, or on another one. */
export const on = (kind: Kind, key = 0): Part => ({ kind, key })

function pairs(place: Placement, kinds: readonly Kind[]): Program[] {
  const programs: Program[] = []
  kinds.forEach((one, at) => {
    for (const other of kinds.slice(at)) programs.push(together(place, [[on(one)], [on(other)]]))
  })
  return programs
}

const CREATORS = [SET, ADD, INCR]

function onOneHome(): Program[] {
  return KINDS.flatMap((kind) =>
    CREATORS.map((creator) => together('one-home', [[on(kind)], [on(creator, 1)]])),
  )
}

function onReuse(): Program[] {
  return KINDS.flatMap((kind) => [
    together('reuse', [[on(kind)], [on(DELETE), on(SET, 1)]]),
    together('reuse', [[on(kind)], [on(SET), on(SET, 1)]]),
  ])
}

const TRIPLES: readonly (readonly [Placement, readonly (readonly Part[])[]])[] = [
  ['present', [[on(SET)], [on(SET)], [on(DELETE)]]],
  ['present', [[on(INCR)], [on(INCR)], [on(INCR)]]],
  ['present', [[on(CAS)], [on(INCR)], [on(TOUCH)]]],
  ['present', [[on(GET)], [on(SET)], [on(DELETE)]]],
  ['present', [[on(FLUSH)], [on(ADD)], [on(SET)]]],
  ['present', [[on(FLUSH)], [on(INCR)], [on(DELETE)]]],
  ['present', [[on(DELETE)], [on(DELETE)], [on(EVICT)]]],
  ['present', [[on(MOVE)], [on(SET)], [on(GET)]]],
  ['present', [[on(MOVE)], [on(DELETE)], [on(ADD)]]],
  ['present', [[on(APPEND)], [on(APPEND)], [on(DELETE)]]],
  ['present', [[on(EXPIRE)], [on(TOUCH)], [on(SET)]]],
  ['absent', [[on(ADD)], [on(ADD)], [on(ADD)]]],
  ['absent', [[on(ADD)], [on(DELETE)], [on(ADD)]]],
  ['absent', [[on(SET)], [on(DELETE)], [on(GET)]]],
  ['present', [[on(ADD)], [on(FLUSH), on(GET)]]],
  ['absent', [[on(ADD), on(DELETE), on(ADD)], [on(ADD)]]],
  ['absent', [[on(ADD), on(DELETE), on(ADD)], [on(DELETE)], [on(ADD)]]],
  ['one-home', [[on(ADD, 1)], [on(ADD, 1)], [on(DELETE)]]],
  ['one-home', [[on(ADD, 1)], [on(INCR, 1)], [on(SET)]]],
  ['one-home', [[on(DELETE), on(ADD)], [on(ADD, 1)], [on(GET)]]],
  ['reuse', [[on(GET)], [on(DELETE), on(SET, 1)], [on(DELETE, 1)]]],
  ['reuse', [[on(GET_BYTES)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['reuse', [[on(INCR)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['reuse', [[on(CAS)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['reuse', [[on(ITERATE)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['reuse', [[on(GET_MANY)], [on(DELETE), on(SET, 1)]]],
  ['reuse', [[on(GET_MANY_BYTES)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['one-home', [[on(GET_MANY)], [on(SET, 1)], [on(DELETE)]]],
  ['present', [[on(GET_AHEAD)], [on(SET), on(SET)]]],
  ['present', [[on(GET_AHEAD)], [on(FLUSH), on(SET)]]],
  ['present', [[on(GET_AHEAD)], [on(EXPIRE)]]],
  ['present', [[on(GET_AHEAD)], [on(MOVE)]]],
  ['reuse', [[on(GET_AHEAD)], [on(DELETE), on(SET, 1), on(DELETE, 1), on(SET)]]],
  ['one-home', [[on(GET_AHEAD)], [on(SET, 1)], [on(DELETE)]]],
  ['reuse', [[on(DELETE)], [on(DELETE), on(SET), on(DELETE), on(SET)]]],
  ['reuse', [[on(EVICT)], [on(DELETE), on(SET), on(SET, 1)]]],
  ['reuse', [[on(MAINTAIN)], [on(SET), on(SET, 1)], [on(GET)]]],
]

export const PAIRS: readonly Program[] = [
  ...pairs('present', KINDS),
  ...pairs(
    'absent',
    KINDS.filter((kind) => !kind.needsEntry),
  ),
  ...[GET, DELETE, ITERATE, CAS].flatMap((kind) =>
    CREATORS.map((creator) => together('absent', [[on(kind)], [on(creator)]])),
  ),
  ...onOneHome(),
  ...onReuse(),
  ...TRIPLES.map(([place, threads]) => together(place, threads)),
]
