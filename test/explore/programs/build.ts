/**
 * From a plot (which world, which keys, who does what) to a program: the world is built, the
 * entries are stored, the magazines are filled, and the judge knows what was there first.
 */
import { giveBackTop } from '../../../src/memory/page-claim.ts'
import { settle } from '../../../src/memory/slab-allocator.ts'
import { ABSENT, type KeyState, present } from '../../linearize/model.ts'
import type { Prepared, Program, Run } from '../program.ts'
import { type Case, judge } from './judge.ts'
import { nameOf } from './names.ts'
import { type Deed, type Kind, LATER_MS, TTL_MS } from './operations.ts'
import { listedBy, readBy, World, type WorldOptions } from './world.ts'

/** An entry that is there when the program begins. */
export interface First {
  readonly key: string
  readonly value: string
  readonly ttl?: number
}

/** What a plot decides once the world is there. */
export interface Scene {
  readonly keys: readonly string[]
  readonly entries: readonly First[]
  /** Keys that the plot has stored itself, and their values. */
  readonly alsoThere?: Readonly<Record<string, string>>
  /** Threads whose magazines are left empty. */
  readonly cold?: readonly number[]
  /** What has a time to live is over, and still linked. */
  readonly isOver?: boolean
  readonly mayEvict?: boolean
  /** What else there is to do before the program begins. */
  ready?(): void
  /** Asked last, of what nothing else was found wrong with; it may write. */
  check?(run: Run): readonly string[]
  /** Called last: the steps of each thread. */
  deeds(versions: Readonly<Record<string, number>>): readonly (readonly Deed[])[]
}

export interface Plot {
  readonly name: string
  readonly about: string
  readonly options: WorldOptions
  scene(world: World): Scene
}

export function programOf({ name, about, options, scene }: Plot): Program {
  return { name, about, prepare: () => prepare(new World(options), scene) }
}

function prepare(world: World, scene: Plot['scene']): Prepared {
  const { keys, entries, cold = [], isOver = false, ...rest } = scene(world)
  const { engine } = world.janitor
  const initial: Record<string, KeyState> = {}
  const versions: Record<string, number> = {}
  for (const [key, value] of Object.entries(rest.alsoThere ?? {})) initial[key] = present(value)
  for (const { key, value, ttl } of entries) {
    engine.set(key, value, ttl)
    const { version } = engine.gets(key)!
    const end = ttl === undefined ? Number.POSITIVE_INFINITY : world.now() + ttl
    initial[key] = { ...present(value, version), mayEnd: end, mustEnd: end }
    versions[key] = version
  }
  for (const { index } of world.actors) if (!cold.includes(index)) warmUp(world, index)
  forgetEvicted(world, initial)
  readOnce(world, keys)
  if (isOver) world.advance(LATER_MS)
  rest.ready?.()
  world.mayEvict = rest.mayEvict === true
  const deeds = rest.deeds(versions)
  world.clockMoves = isOver || deeds.flat().some(({ ticks }) => ticks > 0)
  world.seal()
  return prepared({ world, deeds, initial, keys, check: (run) => rest.check?.(run) ?? [] })
}

/** What had to go while the world was built is not there when the program begins. */
function forgetEvicted(world: World, initial: Record<string, KeyState>): void {
  if (world.evictions === 0) return
  const there = new Set(listedBy(world.janitor))
  for (const [key, { newest }] of Object.entries(initial)) {
    if (!there.has(key)) initial[key] = { ...ABSENT, newest }
  }
}

/** Who keeps values near has read them before the program begins. */
function readOnce(world: World, keys: readonly string[]): void {
  for (const actor of world.actors) {
    if (actor.session.near !== undefined) for (const key of keys) readBy(actor, key)
  }
}

/** The thread has free chunks of the smallest class, of which one was used before. */
function warmUp(world: World, thread: number): void {
  const { engine } = world.actors[thread]!
  const key = `-${thread}`
  engine.set(key, 'x')
  engine.delete(key)
}

function prepared(of: Case): Prepared {
  const { world, deeds } = of
  const verdicts = new Map<string, readonly string[]>()
  return {
    threads: deeds,
    memory: world.memory,
    privates: world.actors.map(({ session, index }) =>
      index === world.reader.thread ? [session, world.reader] : [session],
    ),
    begins: () => world.readAnew(),
    died: (thread) => world.mourn(thread),
    judges: [world.janitor.session],
    pointedAt: world.chunkSegments,
    nameOf: (buffer, byteOffset) => nameOf(world, buffer, byteOffset),
    judge: (run) => judge(of, run, verdicts),
  }
}

/**
 * What the janitor has of free chunks is home. A page of which some thread keeps one cannot be cut
 * anew, so threads of a program about that begin cold.
 */
export function sendHome({ janitor: { view } }: World): void {
  settle(view)
  while (giveBackTop(view, 0));
}

/** What a thread does, and on which key. */
export type Line = readonly [Kind, string]

/** The steps of threads that do one thing after the other. */
export function cast(
  world: World,
  keys: readonly string[],
  versions: Readonly<Record<string, number>>,
  threads: readonly (readonly Line[])[],
): Deed[][] {
  return threads.map((lines, thread) => {
    const deeds: Deed[] = []
    for (const [kind, key] of lines) {
      const actor = world.actors[thread]!
      const version = versions[key] ?? 0
      deeds.push(...kind.steps({ actor, key, keys, version, at: deeds.length }))
    }
    return deeds
  })
}

/** The first entry of a key: a number, so that every operation fits it. */
export function first(key: string, expires = false): First {
  return expires ? { key, value: '7', ttl: TTL_MS } : { key, value: '7' }
}
