/** What programs about time are made of: keys of one home, and how the first entries begin. */
import type { Program } from '../program.ts'
import { cast, type First, first, type Line, programOf, type Scene } from './build.ts'
import type { Kind } from './operations.ts'
import type { World, WorldOptions } from './world.ts'

/** What each thread does, and with which key. */
export type Lines = readonly (readonly (readonly [Kind, 'a' | 'b' | 'c'])[])[]

export interface Timed {
  readonly about: string
  /** Of the first key: it lives a little, or it is over when the program begins. */
  readonly first: 'lives' | 'expires' | 'over'
  /** How many entries are like the first; there are two keys, or as many. */
  readonly entries?: number
  /** Threads whose magazines are empty when the program begins. */
  readonly cold?: readonly number[]
  readonly options?: Omit<WorldOptions, 'threads'>
  ready?(world: World): void
  readonly lines: Lines
}

export function timed(name: string, what: Timed): Program {
  const { about, first: how, entries: count = 1, cold = [], options, lines } = what
  const scene = (world: World): Scene => {
    const all = world.keys(Math.max(2, count), ({ home }) => home === 0)
    const keys = { a: all[0]!, b: all[1]!, c: all[2]! }
    const entries = all.slice(0, count).map((key): First => first(key, how !== 'lives'))
    const threads = lines.map((line) => line.map(([kind, which]): Line => [kind, keys[which]]))
    return {
      keys: all,
      entries,
      cold,
      isOver: how === 'over',
      ready: () => what.ready?.(world),
      mayEvict: lines.flat().some(([kind]) => kind.mayEvict),
      deeds: (versions) => cast(world, all, versions, threads),
    }
  }
  return programOf({ name, about, options: { ...options, threads: lines.length }, scene })
}
