/** Programs whose keys are known by letters: a, b, c... stand for keys of one home. */
import type { Program, Run } from '../program.ts'
import { cast, type First, first, type Line, programOf, type Scene } from './build.ts'
import { LONG_BYTES } from './more-operations.ts'
import type { Kind } from './operations.ts'
import type { World, WorldOptions } from './world.ts'

/** Threads of a program: what each does with keys that are known by their letters. */
type Lines = readonly (readonly (readonly [Kind, string])[])[]

export interface Lettered {
  readonly about: string
  readonly options?: Omit<WorldOptions, 'threads'>
  /** How many entries there are first: a, b, c... */
  readonly entries?: number
  readonly cold?: readonly number[]
  readonly isLong?: boolean
  ready?(world: World): void
  /** What must hold at the end beside what is asked of all programs. */
  check?(world: World, run: Run): readonly string[]
  readonly lines: Lines
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** The letters stand for keys of one home. */
export function letteredProgram(name: string, lettered: Lettered): Program {
  const { about, options, lines } = lettered
  const scene = (world: World): Scene => sceneOf(world, lettered)
  return programOf({ name, about, options: { ...options, threads: lines.length }, scene })
}

function sceneOf(world: World, lettered: Lettered): Scene {
  const { entries = 0, cold = [], isLong = false, lines } = lettered
  const used = new Set(lines.flat().map(([, letter]) => letter))
  const count = Math.max(entries, ...[...used].map((letter) => LETTERS.indexOf(letter) + 1))
  const all = world.keys(count, ({ home }) => home === 0)
  const keyOf = (letter: string): string => all[LETTERS.indexOf(letter)]!
  const there = all.slice(0, entries).map((key): First => {
    return isLong ? { key, value: '7'.repeat(LONG_BYTES) } : first(key)
  })
  const threads = lines.map((line) => line.map(([kind, at]): Line => [kind, keyOf(at)]))
  return {
    keys: all,
    entries: there,
    cold,
    mayEvict: true,
    ready: () => lettered.ready?.(world),
    check: (run) => lettered.check?.(world, run) ?? [],
    deeds: (versions) => cast(world, all, versions, threads),
  }
}
