/**
 * Programs about eviction policies: the ring of newcomers by itself, which each thread may take a
 * record from that no other one gets, and every policy in a memory that is full.
 */
import type { EvictionName } from '../../../native-layout/eviction-state.ts'
import { enroll, isNewcomer, NONE, takeOldest } from '../../../src/engine/eviction/newcomers.ts'
import { recallGhost, rememberGhost } from '../../../src/engine/eviction/ghosts.ts'
import { countUses, usesOf } from '../../../src/engine/eviction/sketch.ts'
import type { MemoryView } from '../../../src/memory/view.ts'
import type { Bounds, Prepared, Program, Run, Step } from '../program.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import { nameOf } from './names.ts'
import { waitingSlots } from './newcomer-check.ts'
import { DELETE, EVICT, GET, INCR, SET, type Kind } from './operations.ts'
import { World } from './world.ts'

const ANY = -1
const CLASS = 0

type Act = (view: MemoryView) => Step
/** The slot of an entry arrives. */
const come = (slot: number): Act => {
  return (view) => ({ label: `enroll ${slot}`, run: () => enroll(view, slot, CLASS) })
}
const take = (sizeClass: number): Act => {
  const run = (view: MemoryView): number => takeOldest(view, sizeClass)
  return (view) => ({ label: `take ${sizeClass}`, run: () => run(view) })
}

/** What SIEVE does with an entry that was used: from the first ring into the second. */
const pass: Act = (view) => ({
  label: 'pass',
  run: () => {
    const slot = takeOldest(view, ANY)
    if (slot !== NONE) enroll(view, slot, CLASS, 1)
    return slot
  },
})
const takePassed: Act = (view) => ({ label: 'take passed', run: () => takeOldest(view, ANY, 1) })

interface Scene {
  readonly about: string
  /** Slots that are there first. */
  readonly slots: readonly number[]
  readonly acts: readonly (readonly Act[])[]
  readonly full?: Bounds
  /** Who takes from the second ring has passed an entry on into it before, and must find one. */
  readonly finds?: boolean
  /** What has two rings is SIEVE. */
  readonly eviction?: EvictionName
}

/** Each slot that came was taken once, or waits; of a thread that died it may be lost. */
function judgeRing(view: MemoryView, { slots, finds }: Scene, run: Run): string[] {
  const problems = run.calls.flatMap(({ error }) => (error === undefined ? [] : [String(error)]))
  const taken = run.calls.flatMap(({ label, result }) => {
    return label.startsWith('take') && typeof result === 'number' && result >= 0 ? [result] : []
  })
  if (new Set(taken).size < taken.length) problems.push(`slots were taken twice: ${taken.join()}`)
  const empty = run.calls.filter(({ label, result }) => label === 'take passed' && result === NONE)
  if (finds === true && empty.length > 0) problems.push('nobody was there who had been passed on')
  const left = waitingSlots(view)
  const come = run.calls.flatMap(({ label }) => {
    const slot = /^enroll (\d+)/.exec(label)?.[1]
    return slot === undefined ? [] : [Number(slot)]
  })
  const passed = run.calls.flatMap(({ label, result }) => {
    return label === 'pass' && typeof result === 'number' && result >= 0 ? [result] : []
  })
  const all = [...slots, ...come]
  const both = left.filter((slot) => taken.includes(slot))
  if (both.length > all.length - new Set(all).size) {
    problems.push(`slots were taken and still wait: ${both.join()}`)
  }
  const lost = all.filter((slot) => !left.includes(slot) && !taken.includes(slot))
  // A record that is being written is passed over by whoever takes all that there is.
  const hasTakers = run.calls.some(({ label }) => label.startsWith('take'))
  const isPassedOver = (slot: number): boolean =>
    hasTakers && (come.includes(slot) || passed.includes(slot)) && !isNewcomer(view, slot)
  const wrong = lost.filter((slot) => run.dead.length === 0 && !isPassedOver(slot))
  if (wrong.length > 0) problems.push(`slots wait that have no record: ${wrong.join()}`)
  return problems
}

const ON_RING: Readonly<Record<string, Scene>> = {
  'newcomers: enroll x enroll': {
    about: 'two newcomers get a place each',
    slots: [1],
    acts: [[come(2)], [come(3)]],
  },
  'newcomers: take x take': {
    about: 'two evictors never take the same record',
    slots: [1, 2],
    acts: [[take(ANY)], [take(ANY)]],
  },
  'newcomers: take x take, of a class': {
    about: 'the same with a hand for each class',
    slots: [1, 2],
    acts: [[take(CLASS)], [take(CLASS), take(CLASS)]],
  },
  'newcomers: take any x take of a class': {
    about: 'both ways to take meet',
    slots: [1, 2],
    acts: [[take(ANY)], [take(CLASS)]],
  },
  'newcomers: enroll x take': {
    about: 'a record is taken while it is written',
    slots: [],
    acts: [[come(1)], [take(ANY), take(ANY)]],
  },
  'newcomers: enroll x take, of a class': {
    about: 'the same with a hand for each class',
    slots: [2],
    acts: [[come(1)], [take(CLASS), take(CLASS)]],
  },
  'newcomers: enroll again x take': {
    about: 'a slot is filled anew while the record of its old entry is taken',
    slots: [1],
    acts: [[come(1)], [take(ANY)]],
  },
  'newcomers: pass x pass': {
    about: 'two evictors pass entries on into the second ring',
    slots: [1, 2],
    acts: [[pass], [pass]],
    eviction: 'sieve',
  },
  'newcomers: pass x take passed': {
    about: 'an entry is passed on while another evictor is in the second ring already',
    slots: [1],
    acts: [[pass], [takePassed, takePassed]],
    eviction: 'sieve',
  },
  'newcomers: pass, take passed x pass': {
    about: 'who was passed on is found in the second ring by whoever comes there later',
    slots: [1, 2],
    acts: [[pass, takePassed], [pass]],
    finds: true,
    eviction: 'sieve',
  },
  'newcomers: pass x enroll again': {
    about: 'the slot of an entry that is passed on is filled anew meanwhile',
    slots: [1],
    acts: [[pass], [come(1)]],
    eviction: 'sieve',
  },
}

function ringProgram(name: string, ring: Scene): Program {
  const threads = ring.acts.length
  return {
    name,
    about: ring.about,
    prepare: () => {
      const world = new World({ threads, eviction: ring.eviction ?? 's3-fifo' })
      const { view } = world.janitor
      for (const slot of ring.slots) enroll(view, slot, CLASS)
      return prepared(
        world,
        ring.acts.map((acts, thread) => acts.map((act) => act(world.actors[thread]!.view))),
        (run) => judgeRing(view, ring, run),
      )
    },
  }
}

function prepared(
  world: World,
  threads: readonly (readonly Step[])[],
  judge: (run: Run) => string[],
): Prepared {
  return {
    threads,
    memory: world.memory,
    privates: world.actors.map(({ session }) => [session]),
    judges: [world.janitor.session],
    nameOf: (buffer, byteOffset) => nameOf(world, buffer, byteOffset),
    judge,
  }
}

/** Two threads store into one set of ghosts, or one block of counters: nothing else changes. */
const NOTES: readonly Program[] = [
  {
    name: 'newcomers: ghost x ghost',
    about: 'of two ghosts one may be lost; none comes that was not put there',
    prepare: () => {
      const world = new World({ threads: 2, eviction: 's3-fifo' })
      const { view } = world.janitor
      const remember = (thread: number, digest: number): Step => ({
        label: `ghost ${digest}`,
        run: () => rememberGhost(world.actors[thread]!.view, digest),
      })
      return prepared(world, [[remember(0, 5)], [remember(1, 6)]], () => {
        const found = [5, 6, 7].filter((digest) => recallGhost(view, digest, 10))
        return found.includes(7) || found.length === 0 ? [`ghosts ${found.join()}`] : []
      })
    },
  },
  {
    name: 'newcomers: count x count',
    about: 'of two counts one may be lost; no counter of another key moves',
    prepare: () => {
      const world = new World({ threads: 2, eviction: 'lfu' })
      const { view } = world.janitor
      const step = (thread: number, digest: number): Step => ({
        label: `count ${digest}`,
        run: () => countUses(world.actors[thread]!.view, digest, 2),
      })
      return prepared(world, [[step(0, 5)], [step(1, 5)]], () => {
        const [own, other] = [usesOf(view, 5), usesOf(view, 0x70_00_00_07)]
        return own < 2 || own > 4 || other > 0 ? [`counts ${own}, ${other}`] : []
      })
    },
  },
]

const FULL = { pageBytes: 256, pages: 1, buckets: 2, versionBits: 4 } as const
const COLD = [0, 1, 2]
type Lines = Lettered['lines']
const twice = (kind: Kind, key: string): Lines[number] => [
  [kind, key],
  [kind, key],
]
/** What happens in a full memory; each with every policy that keeps newcomers, some with all. */
const SCENES: Readonly<Record<string, Omit<Lettered, 'about'>>> = {
  'set x set': { options: FULL, entries: 8, cold: COLD, lines: [[[SET, 'i']], [[SET, 'j']]] },
  'incr x set': { options: FULL, entries: 8, cold: COLD, lines: [[[INCR, 'c']], [[SET, 'i']]] },
  'evict x evict': { options: FULL, entries: 3, lines: [[[EVICT, 'a']], [[EVICT, 'a']]] },
  'evict x get, get': { options: FULL, entries: 2, lines: [[[EVICT, 'a']], twice(GET, 'a')] },
  'evict x set': { options: FULL, entries: 2, lines: [[[EVICT, 'a']], [[SET, 'a']]] },
  'evict x delete, set': {
    options: FULL,
    entries: 2,
    lines: [
      [[EVICT, 'a']],
      [
        [DELETE, 'a'],
        [SET, 'c'],
      ],
    ],
  },
  'most entries: set x set': {
    options: { maxEntries: 2 },
    entries: 2,
    cold: [0, 1],
    lines: [[[SET, 'c']], [[SET, 'd']]],
  },
}
const ALWAYS = ['set x set', 'most entries: set x set']
const KEEPING: readonly EvictionName[] = ['s3-fifo', 'sieve', 'lfu']

const IN_ENGINE: readonly Program[] = (['s3-fifo', 'sieve', 'lfu', 'random', 'fifo'] as const)
  .flatMap((eviction) =>
    Object.entries(SCENES).map(([name, scene]): [EvictionName, string, Lettered] => {
      const options = { ...scene.options, eviction }
      return [eviction, name, { ...scene, options, about: `with the policy ${eviction}` }]
    }),
  )
  .filter(([eviction, name]) => KEEPING.includes(eviction) || ALWAYS.includes(name))
  .map(([eviction, name, scene]) => letteredProgram(`newcomers: ${eviction}: ${name}`, scene))

const LIVING: readonly Program[] = [
  ...Object.entries(ON_RING).map(([name, ring]) => ringProgram(name, ring)),
  ...NOTES,
  ...IN_ENGINE,
]

const MORTAL = [
  'newcomers: take x take',
  'newcomers: enroll x take, of a class',
  'newcomers: pass x pass',
  'newcomers: s3-fifo: set x set',
  'newcomers: s3-fifo: evict x delete, set',
  'newcomers: s3-fifo: most entries: set x set',
  'newcomers: sieve: set x set',
  'newcomers: sieve: most entries: set x set',
  'newcomers: lfu: set x set',
  'newcomers: lfu: most entries: set x set',
]

export const NEWCOMERS: readonly Program[] = [
  ...LIVING,
  ...LIVING.filter(({ name }) => MORTAL.includes(name)).map((program) => ({
    ...program,
    name: `death: ${program.name}`,
    full: { deaths: 1 },
  })),
]
