/**
 * What threads do in programs about transactions: each act as a call of the engine, and as what it
 * means for all keys at once, if it had come at one moment.
 */
import { COUNTER } from '../../../native-layout/thread-row.ts'
import { movePage } from '../../../src/engine/slab-admin.ts'
import { recoverDead } from '../../../src/memory/lease.ts'
import { enter, leave } from '../../../src/memory/row.ts'
import { settle } from '../../../src/memory/slab-allocator.ts'
import type { Actor } from './world.ts'

/** All keys of a program, by letter. */
export type State = Readonly<Record<string, string | undefined>>

/** One way in which an act may have gone. */
export interface Way {
  readonly result: unknown
  readonly state: State
}

export interface Act {
  readonly label: string
  /** @param keys by letter */
  run(actor: Actor, keys: Readonly<Record<string, string>>): unknown
  ways(state: State): readonly Way[]
}

export const get = (letter: string): Act => ({
  label: `get ${letter}`,
  run: ({ engine }, keys) => engine.get(keys[letter]!),
  ways: (state) => [{ result: state[letter], state }],
})
export const set = (letter: string, value: string): Act => ({
  label: `set ${letter}`,
  run: ({ engine }, keys) => engine.set(keys[letter]!, value),
  ways: (state) => [{ result: undefined, state: { ...state, [letter]: value } }],
})
export const add = (letter: string, value: string): Act => ({
  label: `add ${letter}`,
  run: ({ engine }, keys) => engine.add(keys[letter]!, value),
  ways: (state) =>
    state[letter] === undefined
      ? [{ result: true, state: { ...state, [letter]: value } }]
      : [{ result: false, state }],
})
export const remove = (letter: string): Act => ({
  label: `delete ${letter}`,
  run: ({ engine }, keys) => engine.delete(keys[letter]!),
  ways: (state) => [
    { result: state[letter] !== undefined, state: { ...state, [letter]: undefined } },
  ],
})
export const increment = (letter: string): Act => ({
  label: `incr ${letter}`,
  run: ({ engine }, keys) => engine.increment(keys[letter]!),
  ways: (state) => {
    const value = Number(state[letter] ?? 0) + 1
    return [{ result: value, state: { ...state, [letter]: String(value) } }]
  },
})
export const flush: Act = {
  label: 'flush',
  run: ({ engine }) => engine.clear(),
  ways: () => [{ result: undefined, state: {} }],
}
/** The keys that are there, in one walk: each that is there throughout is met. */
export const listing = (...letters: string[]): Act => ({
  label: 'keys',
  run: ({ engine }, keys) => {
    const met = new Set(engine.keys())
    return letters.filter((letter) => met.has(keys[letter]!)).join()
  },
  ways: (state) => [
    { result: letters.filter((letter) => state[letter] !== undefined).join(), state },
  ],
})

/** On the side: nobody is told of it. */
function aside(label: string, run: (actor: Actor) => unknown): Act {
  return { label, run: (actor) => void run(actor), ways: (state) => [{ result: undefined, state }] }
}

const SMALLEST = 0
export const recover = aside('recover', ({ view }) => recoverDead(view))
/** A page is emptied; what finds no other place is thrown out. */
export const move: Act = {
  ...aside('move page', ({ view }) => movePage(view, SMALLEST, view.classes.bytes.length - 3)),
  ways: (state) => withoutSome(state, Object.keys(state)),
}

/** Any of these keys may be gone. */
function withoutSome(state: State, letters: readonly string[]): Way[] {
  const [letter, ...rest] = letters
  if (letter === undefined) return [{ result: undefined, state }]
  return [...withoutSome(state, rest), ...withoutSome({ ...state, [letter]: undefined }, rest)]
}

/** One entry is thrown out, whichever. */
export const evict: Act = {
  ...aside('evict', ({ view }) => {
    for (let sizeClass = 0; sizeClass < view.classes.bytes.length; sizeClass++) {
      enter(view)
      const won = view.policy.evict(view, sizeClass, COUNTER.evictedForMemory)
      leave(view)
      if (won) break
    }
    settle(view)
  }),
  ways: (state) => [
    { result: undefined, state },
    ...Object.keys(state).map((letter) => ({
      result: undefined,
      state: { ...state, [letter]: undefined },
    })),
  ],
}

/** In a state: what a watch would notice. */
export const WATCHED = 'watched'

/** An act that touches the watched key, whatever it leaves there. */
export function touching(act: Act, letter: string): Act {
  return {
    ...act,
    ways: (state) =>
      act.ways(state).map(({ result, state: after }) => {
        const isTouched = after[letter] !== state[letter]
        return { result, state: isTouched ? { ...after, [WATCHED]: 'touched' } : after }
      }),
  }
}

/** What the keys hold, without what only the model knows. */
export function keysIn(state: State): string {
  const there = Object.entries(state).filter(([key, value]) => {
    return key !== WATCHED && value !== undefined
  })
  return JSON.stringify(there.sort(([one], [other]) => (one < other ? -1 : 1)))
}
