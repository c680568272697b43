/**
 * Programs about the table: buckets that are full, keys that lie deeper than their home, entries of
 * different segments, the counters that versions come from.
 */
import { poke } from '#atomics'
import { STRIPE } from '../../../native-layout/control-block.ts'
import { WAYS } from '../../../native-layout/limits.ts'
import { stripeOf } from '../../../src/memory/version.ts'
import type { Program } from '../program.ts'
import { cast, first, type Line, programOf, type Scene } from './build.ts'
import { APPLY_NEWER, GETS, SET_LONG } from './more-operations.ts'
import { ADD, APPEND, CAS, DELETE, GET, INCR, ITERATE, type Kind, SET } from './operations.ts'
import type { World, WorldOptions } from './world.ts'

type Lines = readonly (readonly (readonly [Kind, 'new' | 'newer' | 'old' | 'other'])[])[]

/** A bucket with so few empty slots that creations turn to another one, or none at all. */
function crowded(name: string, empties: number, buckets: number, lines: Lines): Program {
  const options: WorldOptions = { threads: lines.length, buckets, pages: 4, batch: 2 }
  const scene = (world: World): Scene => {
    const fits = world.keys(WAYS + 4, ({ home }) => home === 0)
    const there = fits.slice(0, WAYS - empties)
    const keys = { old: there[0]!, other: there[1]!, new: fits.at(-1)!, newer: fits.at(-2)! }
    const threads = lines.map((line) => line.map(([kind, which]): Line => [kind, keys[which]]))
    const all = [...there, keys.new, keys.newer]
    return {
      keys: all,
      entries: there.map((key) => first(key)),
      cold: empties === 0 ? world.actors.map(({ index }) => index) : [],
      mayEvict: empties === 0,
      deeds: (versions) => cast(world, all, versions, threads),
    }
  }
  const about = `a home with ${empties} empty slots, in a table of ${buckets} buckets`
  return programOf({ name, about, options, scene })
}

/** Keys whose homes lie in different segments, and entries in pages of different ones. */
function apart(name: string, lines: Lines): Program {
  const options: WorldOptions = {
    threads: lines.length,
    buckets: 8,
    pages: 6,
    pageBytes: 256,
    segmentBytes: 256,
    batch: 1,
  }
  const scene = (world: World): Scene => {
    const [old, fresh] = [1, 7].map((bucket) => world.keys(1, ({ home }) => home === bucket)[0]!)
    const other = world.keys(1, ({ home }) => home === 2)[0]!
    const newer = world.keys(1, ({ home }) => home === 5)[0]!
    const keys = { old: old!, other, new: fresh!, newer }
    const all = Object.values(keys)
    const threads = lines.map((line) => line.map(([kind, which]): Line => [kind, keys[which]]))
    return {
      keys: all,
      entries: [first(keys.old), first(keys.other)],
      deeds: (versions) => cast(world, all, versions, threads),
    }
  }
  return programOf({ name, about: 'buckets and pages of several segments', options, scene })
}

/** Low word of a version counter just before its half, where the high word has to follow. */
function atTheHalf(name: string, low: number, lines: Lines): Program {
  const options: WorldOptions = { threads: lines.length }
  const scene = (world: World): Scene => {
    const [old, fresh] = world.keys(2, ({ home }) => home === 0)
    const keys = { old: old!, other: old!, new: fresh!, newer: fresh! }
    const threads = lines.map((line) => line.map(([kind, which]): Line => [kind, keys[which]]))
    return {
      keys: [old!, fresh!],
      entries: [first(old!)],
      ready: () => poke(world.janitor.view.control, stripeOf(0) + STRIPE.LOW, low | 0),
      deeds: (versions) => cast(world, [old!, fresh!], versions, threads),
    }
  }
  return programOf({ name, about: 'versions across a half of their counter', options, scene })
}
const BEFORE_HALF = 0x7ffffffe
const BEFORE_WRAP = 0xfffffffe

export const TABLES: readonly Program[] = [
  crowded('deeper: set x set', 1, 4, [[[SET, 'new']], [[SET, 'newer']]]),
  crowded('deeper: set x get', 1, 4, [
    [[SET, 'new']],
    [
      [GET, 'new'],
      [GET, 'new'],
    ],
  ]),
  crowded('deeper: add x add', 1, 4, [[[ADD, 'new']], [[ADD, 'new']]]),
  crowded('deeper: add x delete, add', 1, 4, [
    [[ADD, 'new']],
    [
      [DELETE, 'old'],
      [ADD, 'new'],
    ],
  ]),
  crowded('deeper: set x iterate', 1, 4, [[[SET, 'new']], [[ITERATE, 'old']]]),
  crowded('deeper: add x add x delete', 0, 4, [
    [[ADD, 'new']],
    [[ADD, 'newer']],
    [[DELETE, 'old']],
  ]),
  crowded('help: add, add x add x add', 5, 2, [
    [
      [ADD, 'new'],
      [ADD, 'newer'],
    ],
    [[ADD, 'new']],
    [[ADD, 'newer']],
  ]),
  crowded('no slot: set x set', 0, 1, [[[SET, 'new']], [[SET, 'newer']]]),
  crowded('no slot: set x delete', 0, 1, [
    [[SET, 'new']],
    [
      [DELETE, 'old'],
      [SET, 'newer'],
    ],
  ]),
  crowded('no slot: add x add', 0, 1, [[[ADD, 'new']], [[ADD, 'new']]]),
  crowded('no slot: set x get', 0, 1, [
    [[SET, 'new']],
    [
      [GET, 'old'],
      [GET, 'other'],
    ],
  ]),
  apart('segments: set x get', [
    [
      [SET, 'new'],
      [SET, 'old'],
    ],
    [
      [GET, 'old'],
      [GET, 'new'],
    ],
  ]),
  apart('segments: set x delete', [
    [
      [SET, 'new'],
      [SET, 'newer'],
    ],
    [[DELETE, 'other']],
  ]),
  apart('segments: long x append', [[[SET_LONG, 'old']], [[APPEND, 'old']]]),
  apart('segments: long x get', [[[SET_LONG, 'old']], [[GET, 'old']]]),
  apart('segments: add x iterate', [
    [
      [ADD, 'newer'],
      [DELETE, 'old'],
    ],
    [[ITERATE, 'old']],
  ]),
  atTheHalf('versions: gets, set x set', BEFORE_HALF, [
    [
      [GETS, 'old'],
      [SET, 'old'],
      [GETS, 'old'],
    ],
    [[SET, 'old']],
  ]),
  atTheHalf('versions: set x set x gets', BEFORE_HALF, [
    [[SET, 'old']],
    [[SET, 'old']],
    [
      [GETS, 'old'],
      [GETS, 'old'],
    ],
  ]),
  atTheHalf('versions: delete, set x set, gets', BEFORE_WRAP, [
    [
      [DELETE, 'old'],
      [SET, 'old'],
    ],
    [
      [SET, 'old'],
      [GETS, 'old'],
    ],
  ]),
  atTheHalf('versions: apply x set', BEFORE_HALF, [
    [
      [APPLY_NEWER, 'old'],
      [GETS, 'old'],
    ],
    [
      [SET, 'old'],
      [GETS, 'old'],
    ],
  ]),
  atTheHalf('versions: apply x apply', BEFORE_HALF, [
    [
      [APPLY_NEWER, 'new'],
      [SET, 'new'],
      [GETS, 'new'],
    ],
    [
      [APPLY_NEWER, 'new'],
      [GETS, 'new'],
    ],
  ]),
  atTheHalf('versions: cas x incr', BEFORE_WRAP, [
    [[CAS, 'old']],
    [
      [INCR, 'old'],
      [GETS, 'old'],
    ],
  ]),
]
