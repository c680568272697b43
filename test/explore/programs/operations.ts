/**
 * The table of operations that programs are made of: what a thread does, by the calls of the API or
 * by the steps that the engine does on the side, and what it means in the sequential model.
 */
import { COUNTER } from '../../../native-layout/thread-row.ts'
import { copyValue } from '../../../src/engine/get-many.ts'
import { LookAhead } from '../../../src/engine/look-ahead.ts'
import { maintainStep } from '../../../src/engine/maintain.ts'
import { movePage } from '../../../src/engine/slab-admin.ts'
import { enter, leave } from '../../../src/memory/row.ts'
import { settle } from '../../../src/memory/slab-allocator.ts'
import type { Operation } from '../../linearize/history.ts'
import type { Step } from '../program.ts'
import type { Actor } from './world.ts'

/** What a step means in the model. */
export interface Action {
  readonly key: string
  readonly operation: Operation
  readonly result: unknown
}

/** A step with its meaning. */
export interface Deed extends Step {
  /** By so much it moves the clock, in ms. */
  readonly ticks: number
  /** What it did, given what it returned. */
  actions(result: unknown): readonly Action[]
}

/** Where an operation happens. */
export interface Place {
  readonly actor: Actor
  readonly key: string
  /** All keys of the program. */
  readonly keys: readonly string[]
  /** Of the entry that was there first, 0: none. */
  readonly version: number
  /** Steps of this actor before this one. */
  readonly at: number
}

export interface Kind {
  readonly name: string
  /** The thread's magazines are empty when it begins. */
  readonly isCold?: boolean
  /** The key has a time to live. */
  readonly expires?: boolean
  /** The key is over when the program begins, and still linked. */
  readonly isOver?: boolean
  /** Entries may go by it. */
  readonly mayEvict?: boolean
  /** It does nothing to an absent key but find that out. */
  readonly needsEntry?: boolean
  steps(place: Place): Deed[]
}

/** A value like no other of the program, and a counter. */
export function freshValue({ actor, at }: Place): string {
  return String(10 * (actor.index + 1) + at)
}

/** One call of the API about one key. */
function call(
  name: string,
  operation: (place: Place) => Operation,
  run: (place: Place) => unknown,
  more: Omit<Kind, 'name' | 'steps'> = {},
): Kind {
  const steps = (place: Place): Deed[] => [deedOf(name, place, operation(place), () => run(place))]
  return { name, steps, ...more }
}

export function deedOf(name: string, place: Place, operation: Operation, run: () => unknown): Deed {
  const { key } = place
  const label = operation.name === 'flush' ? name : `${name} ${key}`
  return { label, run, ticks: 0, actions: (result) => [{ key, operation, result }] }
}

/** Something that the engine does on the side, which nobody is told of. */
export function aside(label: string, run: () => unknown): Deed {
  return { label, run: () => void run(), ticks: 0, actions: () => [] }
}

const target = new Uint8Array(4096)
const targetView = new DataView(target.buffer)
const text = new TextDecoder('latin1')

function getBytes({ actor, key }: Place): string | undefined {
  const bytes = actor.engine.getBytes(key, target)
  return bytes < 0 ? undefined : text.decode(target.subarray(0, bytes))
}

export const GET = call(
  'get',
  () => ({ name: 'get' }),
  ({ actor, key }) => actor.engine.get(key),
  {
    needsEntry: true,
  },
)
export const GET_BYTES = call('getBytes', () => ({ name: 'get' }), getBytes, { needsEntry: true })
export const SET = call(
  'set',
  (place) => ({ name: 'set', value: freshValue(place) }),
  (place) => place.actor.engine.set(place.key, freshValue(place)),
)
/** With nothing in its magazines. */
export const SET_COLD: Kind = { ...SET, name: 'set-cold', isCold: true }
export const ADD = call(
  'add',
  (place) => ({ name: 'add', value: freshValue(place) }),
  (place) => place.actor.engine.add(place.key, freshValue(place)),
)
export const DELETE = call(
  'delete',
  () => ({ name: 'delete' }),
  ({ actor, key }) => actor.engine.delete(key),
  { needsEntry: true },
)
export const INCR = call(
  'incr',
  () => ({ name: 'incr' }),
  ({ actor, key }) => actor.engine.increment(key),
)
export const CAS = call(
  'cas',
  (place) => ({ name: 'cas', value: freshValue(place), version: place.version }),
  (place) => place.actor.engine.compareAndSet(place.key, freshValue(place), place.version),
  { needsEntry: true },
)
export const APPEND = call(
  'append',
  (place) => ({ name: 'append', value: freshValue(place) }),
  (place) => place.actor.engine.append(place.key, freshValue(place)),
  { needsEntry: true },
)
export const TOUCH = call(
  'touch',
  () => ({ name: 'touch' }),
  ({ actor, key }) => actor.engine.touch(key),
  { needsEntry: true },
)
export const FLUSH = call(
  'flush',
  () => ({ name: 'flush' }),
  ({ actor }) => actor.engine.clear(),
)

/** Later than every time to live of the programs, by more than a tick of the pages' bounds. */
export const LATER_MS = 5000
export const TTL_MS = 1000

export function tick({ actor }: Place, ms: number): Deed {
  return { label: `clock +${ms}`, run: () => actor.world.advance(ms), ticks: ms, actions: () => [] }
}

/** The key's time passes, and the thread looks at it, which frees it. */
export const EXPIRE: Kind = {
  name: 'expire',
  expires: true,
  needsEntry: true,
  steps: (place) => [tick(place, LATER_MS), ...GET.steps({ ...place, at: place.at + 1 })],
}

/** One entry is thrown out, as for a chunk. */
export const EVICT: Kind = {
  name: 'evict',
  mayEvict: true,
  needsEntry: true,
  steps: ({ actor: { view } }) => [
    aside('evict', () => {
      enter(view)
      view.policy.evict(view, SMALLEST, COUNTER.evictedForMemory)
      leave(view)
      settle(view)
    }),
  ],
}
const SMALLEST = 0

/** A page of the smallest chunks is emptied and cut for others. */
export const MOVE: Kind = {
  name: 'move',
  mayEvict: true,
  needsEntry: true,
  steps: ({ actor: { view } }) => [
    aside('move page', () => movePage(view, SMALLEST, view.classes.bytes.length - 3)),
  ],
}

/** A step of maintenance, while an entry is over. */
export const MAINTAIN: Kind = {
  name: 'maintain',
  isOver: true,
  needsEntry: true,
  steps: ({ actor: { view } }) => [aside('maintain', () => maintainStep(view))],
}

/** Each key that is there throughout is met once. */
export const ITERATE: Kind = {
  name: 'iterate',
  needsEntry: true,
  steps: ({ actor, keys }) => [
    {
      label: 'iterate',
      ticks: 0,
      run: () => [...actor.engine.keys()],
      actions: (result) => {
        const met = (result ?? []) as readonly string[]
        return keys.map((key) => ({ key, operation: { name: 'has' }, result: met.includes(key) }))
      },
    },
  ],
}

/** Reads all keys of the program by one call: each at a moment of its own. */
function many(name: string, read: (place: Place) => readonly (string | undefined)[]): Kind {
  return {
    name,
    needsEntry: true,
    steps: (place) => [
      {
        label: name,
        ticks: 0,
        run: () => read(place),
        actions: (results) =>
          place.keys.map((key, at) => {
            const result = (results as readonly unknown[] | undefined)?.[at]
            return { key, operation: { name: 'get' }, result }
          }),
      },
    ],
  }
}

const lengths = new Int32Array(16)

function getManyBytes({ actor, keys }: Place): (string | undefined)[] {
  actor.engine.getManyBytes(keys, target, lengths)
  let at = 0
  return keys.map((_key, n) => {
    if (lengths[n]! < 0) return undefined
    at += lengths[n]!
    return text.decode(target.subarray(at - lengths[n]!, at))
  })
}

export const GET_MANY = many('getMany', ({ actor, keys }) => actor.engine.getMany(keys))
export const GET_MANY_BYTES = many('getManyBytes', getManyBytes)

/** As the server reads keys of requests that arrived together: from where they were seen. */
function getAhead({ actor, keys }: Place): (string | undefined)[] {
  const { session } = actor
  const ahead = new LookAhead({ session })
  session.begin()
  ahead.begin(0)
  // One key alone is not looked ahead at.
  for (const key of [...keys, ...keys]) {
    const bytes = Buffer.from(key)
    ahead.add(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  }
  ahead.touch()
  return keys.map((_key, n) => {
    const { reader } = ahead
    if (reader.open(n)) {
      const { length } = reader
      reader.copy(target, 0, targetView)
      if (reader.confirm()) return text.decode(target.subarray(0, length))
    }
    ahead.stage(n)
    const length = copyValue(session, target, 0)
    return length < 0 ? undefined : text.decode(target.subarray(0, length))
  })
}
export const GET_AHEAD = many('getAhead', getAhead)

/** All of one thread's operations on a key. */
export const KINDS: readonly Kind[] = [
  GET,
  GET_BYTES,
  SET,
  SET_COLD,
  ADD,
  DELETE,
  INCR,
  CAS,
  APPEND,
  TOUCH,
  FLUSH,
  EXPIRE,
  EVICT,
  MOVE,
  MAINTAIN,
  ITERATE,
]
