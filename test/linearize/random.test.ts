/**
 * The checker on random histories: it agrees with a search of all orders on small ones, accepts
 * large ones that were made by interleaving a plain cache, and rejects those after a mutation that
 * no cache could have made.
 */
import { describe, expect, test } from 'vitest'
import { checkHistory, describeWitness } from './check.ts'
import { type Call, returned } from './history.ts'
import { ABSENT, type KeyState, statesAfter } from './model.ts'
import { MUTATIONS } from './mutations.ts'
import { type Kind, type Random, randomFrom, randomHistory, type Shape } from './random-history.ts'

const TEXT: readonly Kind[] = [
  'get',
  'gets',
  'set',
  'add',
  'replace',
  'cas',
  'delete',
  'append',
  'prepend',
  'touch',
  'has',
]
const COUNTS: readonly Kind[] = ['get', 'gets', 'incr', 'incr', 'decr', 'delete', 'has']
const SEEDS = 150

const large = (random: Random, kinds: readonly Kind[]): Shape => ({
  threads: 2 + random(9),
  calls: 200,
  keys: ['a', 'b', 'c'].slice(0, 1 + random(3)),
  kinds,
  loses: random(2) * 8,
  dies: random(2) * 60,
})

const ofShape = ({ loses }: Pick<Shape, 'loses'>): number => (loses > 0 ? Infinity : 0)

describe.each([
  ['text', TEXT],
  ['counters', COUNTS],
  ['text and flushes', [...TEXT, 'flush']],
] as const)('%s', (_, kinds) => {
  test('interleavings of a plain cache are accepted', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = randomFrom(seed)
      const shape = large(random, kinds)
      let losses = 0
      const calls = randomHistory(random, { ...shape, onLoss: () => losses++ })
      const verdict = checkHistory(calls, { losses: seed % 2 === 0 ? losses : ofShape(shape) })
      const why = verdict.ok === false ? describeWitness(verdict.witness) : verdict.ok
      expect(`seed ${seed}: ${why}`).toBe(`seed ${seed}: true`)
    }
  })

  test('on small histories it finds what a search of all orders finds', () => {
    let bad = 0
    for (let seed = 1; seed <= 4000; seed++) {
      const random = randomFrom(seed)
      const keys = ['a', 'b'].slice(0, 1 + random(2))
      // Few kinds at a time, so that their results matter to each other.
      const some = Array.from({ length: 3 }, () => kinds[random(kinds.length)])
      const shape = { threads: 3, calls: 6, keys, kinds: some, loses: 0, dies: random(3) * 5 }
      const calls = withSwappedOutcomes(randomHistory(random, shape), random)
      // Of keys that flushes tie together a number is not held to exactly.
      const losses = [0, Infinity, 1, 2][random(kinds.includes('flush') ? 2 : 4)]
      const expected = hasOrder(calls, new Map(), losses)
      expect({ seed, ok: checkHistory(calls, { losses }).ok }).toEqual({ seed, ok: expected })
      if (!expected) bad++
    }
    expect(bad).toBeGreaterThan(200)
    expect(bad).toBeLessThan(3800)
  })
})

/** Two calls of a kind change their results: sometimes that can be explained, mostly it cannot. */
function withSwappedOutcomes(calls: Call[], random: Random): Call[] {
  for (let tries = 0; tries < 6; tries++) {
    const [one, other] = [random(calls.length), random(calls.length)]
    const [first, second] = [calls[one], calls[other]]
    if (first.operation.name !== second.operation.name) continue
    calls[one] = { ...first, outcome: second.outcome }
    calls[other] = { ...second, outcome: first.outcome }
  }
  return calls
}

/** Tries all orders that are in keeping with time. */
function hasOrder(
  left: readonly Call[],
  states: ReadonlyMap<string, readonly KeyState[]>,
  losses: number,
): boolean {
  if (left.length === 0) {
    const least = [...states.values()].map((ends) => Math.min(...ends.map((end) => end.losses)))
    return least.reduce((sum, one) => sum + one, 0) <= losses
  }
  const firstReturn = Math.min(...left.map((call) => call.returned))
  return left.some((call) => {
    if (call.invoked > firstReturn) return false
    const rest = left.filter((other) => other !== call)
    if (call.operation.name === 'flush' && call.outcome.kind === 'cut') {
      // All of it or nothing.
      const whole = { ...call, outcome: returned() }
      return hasOrder(rest, states, losses) || hasOrder([...rest, whole], states, losses)
    }
    const keys = call.operation.name === 'flush' ? ['a', 'b'] : [call.key]
    const next = new Map(states)
    for (const key of keys) {
      const before = states.get(key) ?? [ABSENT]
      const after = before.flatMap((state) => statesAfter(state, call, losses))
      if (after.length === 0) return false
      next.set(key, after)
    }
    return hasOrder(rest, next, losses)
  })
}

test.each(MUTATIONS)('$name is rejected', ({ kinds, loses, mutate }) => {
  let mutated = 0
  for (let seed = 1; seed <= 400; seed++) {
    const random = randomFrom(seed)
    const shape = { ...large(random, kinds), loses, dies: 0 }
    const calls = mutate(randomHistory(random, shape), random)
    if (calls === undefined) continue
    mutated++
    expect(`${seed}: ${checkHistory(calls, { losses: ofShape({ loses }) }).ok}`).toBe(
      `${seed}: false`,
    )
  }
  expect(mutated).toBeGreaterThan(100)
})
