/** The acts of transaction programs that are transactions: writing, moving, renaming, watching. */
import { TAG_ASCII } from '../../../src/engine/codec.ts'
import {
  CONFLICT,
  DELETE_KEY,
  KEEP,
  PUT_FRESH,
  RawAccess,
  type Seen,
  STORED,
  type Want,
} from '../../../src/engine/raw-access.ts'
import { Draft } from '../../../src/memory/draft.ts'
import { type Act, WATCHED } from './transaction-acts.ts'
import type { Actor } from './world.ts'

/** A try that met another writer is begun again so often. */
const TRIES = 3
const GAVE_UP = 'gave up'
const encoder = new TextEncoder()

function draftOf(value: string): Draft {
  const draft = new Draft()
  draft.bytes = encoder.encode(value)
  draft.length = draft.bytes.length
  draft.codec = TAG_ASCII
  return draft
}

interface Plan {
  readonly letter: string
  readonly seen?: Seen
  readonly isWatched?: boolean
  readonly kind: Want['kind']
  readonly value?: string
}

function wantsOf(keys: Readonly<Record<string, string>>, plans: readonly Plan[]): Want[] {
  return plans.map(({ letter, seen, isWatched = false, kind, value = '' }) => ({
    key: encoder.encode(keys[letter]),
    space: 0,
    seen,
    isWatched,
    kind,
    draft: kind === PUT_FRESH ? draftOf(value) : undefined,
  }))
}

/** What a key holds, and as what it was seen. */
function look(raw: RawAccess, actor: Actor, key: string): { value?: string; seen: Seen } {
  for (;;) {
    const bytes = encoder.encode(key)
    raw.stage(bytes, 0, bytes.length)
    const seen = raw.see()
    if (seen === undefined) continue
    if (seen.version === 0) return { seen }
    const found = actor.engine.gets<string>(key)
    if (found === undefined) continue
    const { version } = found
    return { value: String(found.value), seen: { version, expiry: 0, creations: 0 } }
  }
}

/** Writes several keys, whatever they hold. */
export const write = (value: string, ...letters: string[]): Act => ({
  label: `write ${letters.join()}`,
  run: (actor, keys) => {
    const raw = new RawAccess(actor.engine)
    for (let tries = 0; tries < TRIES; tries++) {
      const plans = letters.map((letter): Plan => ({ letter, kind: PUT_FRESH, value }))
      const outcome = raw.transact(wantsOf(keys, plans))
      if (outcome !== CONFLICT) return outcome === STORED ? 'done' : `outcome ${outcome}`
    }
    return GAVE_UP
  },
  ways: (state) => [
    { result: GAVE_UP, state },
    {
      result: 'done',
      state: { ...state, ...Object.fromEntries(letters.map((letter) => [letter, value])) },
    },
  ],
})

/** Takes one from the first key and adds it to the second; both must be there. */
export const transfer = (from: string, to: string): Act => ({
  label: `transfer ${from} ${to}`,
  run: (actor, keys) => {
    const raw = new RawAccess(actor.engine)
    for (let tries = 0; tries < TRIES; tries++) {
      const one = look(raw, actor, keys[from]!)
      const other = look(raw, actor, keys[to]!)
      const isThere = one.value !== undefined && other.value !== undefined
      const less = String(Number(one.value) - 1)
      const more = String(Number(other.value) + 1)
      const plans: Plan[] = isThere
        ? [
            { letter: from, seen: one.seen, kind: PUT_FRESH, value: less },
            { letter: to, seen: other.seen, kind: PUT_FRESH, value: more },
          ]
        : [
            { letter: from, seen: one.seen, kind: KEEP },
            { letter: to, seen: other.seen, kind: KEEP },
          ]
      const outcome = raw.transact(wantsOf(keys, plans))
      if (outcome === STORED) return isThere ? `${less} ${more}` : 'absent'
      if (outcome !== CONFLICT) return `outcome ${outcome}`
    }
    return GAVE_UP
  },
  ways: (state) => {
    const gaveUp = { result: GAVE_UP, state }
    const one = state[from]
    const other = state[to]
    if (one === undefined || other === undefined) return [gaveUp, { result: 'absent', state }]
    const less = String(Number(one) - 1)
    const more = String(Number(other) + 1)
    return [gaveUp, { result: `${less} ${more}`, state: { ...state, [from]: less, [to]: more } }]
  },
})

/** Moves a value to another key, if it is there. */
export const rename = (from: string, to: string): Act => ({
  label: `rename ${from} ${to}`,
  run: (actor, keys) => {
    const raw = new RawAccess(actor.engine)
    for (let tries = 0; tries < TRIES; tries++) {
      const { value, seen } = look(raw, actor, keys[from]!)
      if (value === undefined) return 'absent'
      const plans: Plan[] = [
        { letter: to, kind: PUT_FRESH, value },
        { letter: from, seen, kind: DELETE_KEY },
      ]
      const outcome = raw.transact(wantsOf(keys, plans))
      if (outcome !== CONFLICT) return outcome === STORED ? 'done' : `outcome ${outcome}`
    }
    return GAVE_UP
  },
  ways: (state) => {
    const gaveUp = { result: GAVE_UP, state }
    const value = state[from]
    if (value === undefined) return [gaveUp, { result: 'absent', state }]
    return [gaveUp, { result: 'done', state: { ...state, [from]: undefined, [to]: value } }]
  },
})

/**
 * Looks at a key in one step, and writes another one in a later step if it was not touched since.
 * A key of the same home may be taken for it.
 */
export const watched = (letter: string, target: string, value: string): readonly Act[] => {
  const remembered = new WeakMap<Actor, Seen>()
  return [
    {
      label: `watch ${letter}`,
      run: (actor, keys) => {
        const raw = new RawAccess(actor.engine)
        const bytes = encoder.encode(keys[letter])
        let seen: Seen | undefined
        for (; seen === undefined; seen = raw.see()) raw.stage(bytes, 0, bytes.length)
        remembered.set(actor, seen)
      },
      ways: (state) => [{ result: undefined, state: { ...state, [WATCHED]: 'same' } }],
    },
    {
      label: `write ${target} if ${letter} was not touched`,
      run: (actor, keys) => {
        const raw = new RawAccess(actor.engine)
        const seen = { ...remembered.get(actor)! }
        const plans: Plan[] = [
          { letter, seen, isWatched: true, kind: KEEP },
          { letter: target, kind: PUT_FRESH, value },
        ]
        return raw.transact(wantsOf(keys, plans)) === STORED ? 'done' : GAVE_UP
      },
      ways: (state) => {
        const gaveUp = { result: GAVE_UP, state }
        if (state[WATCHED] !== 'same') return [gaveUp]
        return [gaveUp, { result: 'done', state: { ...state, [target]: value } }]
      },
    },
  ]
}
