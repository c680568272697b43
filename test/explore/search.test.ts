/**
 * The search by depth: it counts right where the number of orders is known, and on programs drawn
 * at random it meets the same orders and ends as a search without any reduction.
 */
import { describe, expect, test } from 'vitest'
import { add, load, store } from './atomics.ts'
import { drawn, searched, toy } from './toy-programs.ts'

const increment = (words: Int32Array) => store(words, 0, load(words, 0) + 1)

describe('counts', () => {
  test('threads that share nothing have one order of accesses, and three of their steps', () => {
    const { orders, executions } = searched(toy([[(w) => store(w, 0, 1)], [(w) => store(w, 1, 1)]]))
    expect(orders.size).toBe(3) // One step before the other, or both at once.
    expect(executions).toBe(3)
  })

  test('two stores to one word', () => {
    const { orders, executions } = searched(toy([[(w) => store(w, 0, 1)], [(w) => store(w, 0, 2)]]))
    expect(orders.size).toBe(4)
    expect(executions).toBe(4)
  })

  test('three atomic increments have six orders, times those of steps', () => {
    const once = (w: Int32Array) => add(w, 0, 1)
    const program = toy([[once], [once], [once]])
    expect(searched(program).orders.size).toBe(searched(program, { reduces: false }).orders.size)
  })

  test('each order is met once', () => {
    const { orders, executions } = searched(toy([[increment], [increment], [increment]]))
    expect(executions).toBe(orders.size)
  })
})

describe('programs drawn at random', () => {
  test('the reduction loses no order', () => {
    for (let seed = 0; seed < 60; seed++) {
      const program = drawn(seed, 2, 4)
      const all = searched(program, { reduces: false })
      const reduced = searched(program)
      expect(reduced.orders, `seed ${seed}`).toEqual(all.orders)
      expect(reduced.ends, `seed ${seed}`).toEqual(all.ends)
      expect(reduced.executions).toBe(reduced.orders.size)
    }
  })

  test('nor with three threads', () => {
    for (let seed = 0; seed < 8; seed++) {
      const program = drawn(seed, 3, 2)
      const all = searched(program, { reduces: false })
      expect(searched(program).orders, `seed ${seed}`).toEqual(all.orders)
    }
  })

  test('within a bound on preemptions no end is lost', () => {
    for (let seed = 0; seed < 60; seed++) {
      const program = drawn(seed, seed % 3 === 0 ? 3 : 2, seed % 3 === 0 ? 2 : 5)
      for (const preemptions of [0, 1, 2]) {
        const all = searched(program, { reduces: false, preemptions })
        const reduced = searched(program, { preemptions })
        expect(reduced.ends, `seed ${seed}, ${preemptions} preemptions`).toEqual(all.ends)
        expect(reduced.executions).toBeLessThanOrEqual(all.executions)
      }
    }
  })

  test('with deaths', () => {
    for (let seed = 0; seed < 20; seed++) {
      const program = drawn(seed, 2, 3)
      const all = searched(program, { reduces: false, deaths: 1 })
      expect(searched(program, { deaths: 1 }).orders, `seed ${seed}`).toEqual(all.orders)
    }
  })

  test('with stale reads', () => {
    for (let seed = 0; seed < 30; seed++) {
      const program = drawn(seed, 2, 4)
      const options = { staleReads: true, mostStale: 2 }
      const all = searched(program, { ...options, reduces: false })
      expect(searched(program, options).ends, `seed ${seed}`).toEqual(all.ends)
    }
  })
})
