/** The checker tells good histories from bad ones, and says when it does not know. */
import { describe, expect, test } from 'vitest'
import { BAD } from './bad.ts'
import { historyOf, incr, type Row, set } from './build.ts'
import { checkHistory, describeWitness } from './check.ts'
import { GOOD } from './good.ts'
import { returned } from './history.ts'

describe('good', () => {
  test.each(GOOD)('$name', ({ calls, options }) => {
    const verdict = checkHistory(calls, options)
    expect(verdict.ok === false ? describeWitness(verdict.witness) : verdict.ok).toBe(true)
  })
})

describe('bad', () => {
  test.each(BAD)('$name', ({ calls, options }) => {
    const verdict = checkHistory(calls, options)
    expect(verdict.ok).toBe(false)
  })
})

test('a flush is one moment for all keys, not one for each', () => {
  const torn = BAD.find(({ name }) => name.includes('one after the other'))!
  for (const key of ['k', 'l']) {
    const part = torn.calls.filter((call) => call.operation.name === 'flush' || call.key === key)
    expect(checkHistory(part, torn.options).ok).toBe(true)
  }
})

test('a witness shows the calls up to the one that cannot be', () => {
  const bad = BAD.find(({ name }) => name === 'a stale read')!
  const verdict = checkHistory(bad.calls, bad.options)
  if (verdict.ok !== false) throw new Error('not caught')
  const { order, stuck, states } = verdict.witness
  expect(order.map((call) => call.operation)).toEqual([set('b')])
  expect(stuck).toBe(bad.calls[1])
  expect(states[0][0].value).toBe('b')
  expect(describeWitness(verdict.witness)).toContain('3..4  thread 1  get "k" -> "a"')
})

test('beyond its limit it is undecided, never yes or no', () => {
  // Sixteen increments that overlap, and a result that none of their orders gives.
  const rows = Array.from({ length: 16 }, (_, n): Row => [n, n, 99, incr, returned(n + 1)])
  const bad = historyOf([...rows, [16, 20, 99, incr, returned(40)]])
  const options = { limit: 3 }
  expect(checkHistory(bad, options).ok).toBe('undecided')
  expect(checkHistory(historyOf(rows)).ok).toBe(true)
  const sets = Array.from({ length: 12 }, (_, n): Row => [n, n, 99, set(n)])
  const read = [...sets, [20, 100, 101, { name: 'get' }, returned(77)] as const]
  expect(checkHistory(historyOf(read), { limit: 1000 }).ok).toBe('undecided')
  expect(checkHistory(historyOf(read)).ok).toBe(false)
  // Nor does it try all numbers of losses at that price.
  const open = checkHistory(historyOf(read), { limit: 1000, losses: 8 })
  expect(open.ok).toBe('undecided')
  expect(open.configurations).toBeLessThan(3000)
})

test('a return before the invocation is refused', () => {
  expect(() => checkHistory(historyOf([[0, 3, 2, set('a')]]))).toThrow('before it was invoked')
})
