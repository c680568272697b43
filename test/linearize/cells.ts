/**
 * Sets of states, made numbers: equal sets have equal numbers, and what a call makes of a set is
 * worked out once. A key of a history is in one of several states as long as it is not known
 * whether an entry was lost or a dead thread's call took effect.
 */
import type { Call } from './history.ts'
import { type KeyState, statesAfter } from './model.ts'

/** No state explains the outcome. */
export const IMPOSSIBLE = -1

export class StateSets {
  readonly #mostLosses: number
  readonly #sets: (readonly KeyState[])[] = []
  readonly #numbers = new Map<string, number>()
  /** By call: set before to set after. */
  readonly #after: Map<number, number>[]

  /** @param mostLosses of one key */
  constructor(calls: number, mostLosses: number) {
    this.#mostLosses = mostLosses
    this.#after = Array.from({ length: calls }, () => new Map())
  }

  number(states: readonly KeyState[]): number {
    const texts = new Map<string, KeyState>()
    for (const state of states) {
      // Of states that differ in their losses alone the one with the fewest allows all the rest.
      const text = textOf(state)
      if (state.losses < (texts.get(text)?.losses ?? Infinity)) texts.set(text, state)
    }
    const text = [...texts]
      .map(([one, { losses }]) => `${losses} ${one}`)
      .sort()
      .join('\n')
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const fresh = this.#sets.push([...texts.values()]) - 1
    this.#numbers.set(text, fresh)
    return fresh
  }

  states(number: number): readonly KeyState[] {
    return this.#sets[number]
  }

  /** The set after call number `at`, or IMPOSSIBLE. */
  after(number: number, at: number, call: Call): number {
    const known = this.#after[at].get(number)
    if (known !== undefined) return known
    const next = this.#sets[number].flatMap((state) => statesAfter(state, call, this.#mostLosses))
    const fresh = next.length === 0 ? IMPOSSIBLE : this.number(next)
    this.#after[at].set(number, fresh)
    return fresh
  }
}

function textOf({ value, version, newest, excluded, mayEnd, mustEnd }: KeyState): string {
  return `${typeof value} ${version} ${newest} ${excluded} ${mayEnd} ${mustEnd} ${value}`
}
