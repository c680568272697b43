/**
 * The explorer finds what it is for: lost updates, deadlocks, lost wake-ups, what a death leaves
 * behind, loops without an end; it reports them so that they can be read and replayed, and it
 * notices when it cannot be trusted.
 */
import { describe, expect, test } from 'vitest'
import { add, load, peek, poke, store } from './atomics.ts'
import { explore } from './explore.ts'
import { replay } from './failure.ts'
import { type Options, withDefaults } from './options.ts'
import type { Program, Step } from './program.ts'
import { scheduleFrom } from './schedule.ts'
import { type Body, type Check, toy } from './toy-programs.ts'
import { restWhile, ring, whenRung } from './words.ts'

const run = (program: Program, options: Partial<Options> = {}) =>
  explore(program, withDefaults(options))
const increment: Body = (w) => store(w, 0, load(w, 0) + 1)
const isFour: Check = (w) => (load(w, 0) === 4 ? [] : [`counted ${load(w, 0)} of 4`])
const counting = toy(
  [
    [increment, increment],
    [increment, increment],
  ],
  isFour,
)

describe('a lost update', () => {
  test('is found by search', () => {
    const { failure, complete } = run(counting)
    expect(complete).toBe(false)
    expect(failure?.problems).toEqual([expect.stringMatching(/^counted [23] of 4$/)])
  })

  test('is found by random schedules, at a depth that is enough', () => {
    const { failure } = run(counting, { mode: 'pct', executions: 500, depth: 2 })
    expect(failure?.problems).toHaveLength(1)
    expect(run(counting, { mode: 'pct', executions: 500, depth: 1 }).failure).toBeUndefined()
  })

  test('needs a preemption', () => {
    const { failure, complete, bound } = run(counting, { preemptions: 0 })
    expect(failure).toBeUndefined()
    expect([complete, bound]).toEqual([true, '0 preemptions'])
    const unjudged = toy([[increment], [increment]])
    expect(run(unjudged, { preemptions: 1 }).bound).toBe('1 preemption')
  })

  test('is not there when the increments are atomic', () => {
    const once: Body = (w) => add(w, 0, 2)
    const { failure, complete, bound } = run(toy([[once], [once]], isFour))
    expect(failure).toBeUndefined()
    expect([complete, bound]).toEqual([true, ''])
  })

  test('replays from its seed, and is told in a table', () => {
    const { failure } = run(counting, { mode: 'pct', executions: 500 })
    const again = replay(counting, failure!.seed)
    expect(again).toEqual({ failure })
    expect(failure!.table).toMatch(
      / a +test\/explore\/explorer\.test\.ts:\d+ +load +memory\[0\]\+0/,
    )
    expect(failure!.table).toMatch(/ store +memory\[0\]\+0 +0 -> 1\n/)
    expect(failure!.table).toContain('begins step 1')
    expect(() => replay(counting, 'toy@-@a20!')).toThrow('not a seed')
  })

  test.each([
    ['-@a8b8', undefined],
    ['-@a4a4b8', undefined],
    ['-@a8', undefined],
    ['-@', 'it ends before access 0 of 16, where several threads can go on'],
    ['-@a5', 'it ends before access 5 of 16, where several threads can go on'],
    ['-@a9b8', 'thread a cannot go on at access 8, before a1b8'],
    ['-@a8c1b8', 'thread c cannot go on at access 8, before c1b8'],
    ['-@a8b20', 'the program ends after 16 accesses, before b12'],
    ['-@a8b8a1', 'the program ends after 16 accesses, before a1'],
    ['-@a2axb8', 'thread a cannot die at access 2, before axb8'],
    ['s1@a1a~1a6b8', 'thread a has no value that is so old at access 1, before a~1a6b8'],
  ])('schedule %s is replayed, or it says where it was left', (rest, departure) => {
    const expected = departure === undefined ? {} : { departure }
    expect(replay(counting, `toy@${rest}`)).toEqual(expected)
  })

  test('shrinks to the two switches that it needs', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { failure } = run(counting, { mode: 'pct', executions: 500, depth: 6, seed })
      expect(scheduleFrom(failure!.seed.split('@')[2]!).length).toBeLessThanOrEqual(3)
    }
  })
})

describe('sleeping threads', () => {
  const sleeper: Body = (w) => {
    if (load(w, 0) === 0) restWhile(w, 1, 0, 1000)
  }

  test('that nobody wakes are a deadlock', () => {
    expect(run(toy([[sleeper], [(w) => store(w, 0, 1)]])).failure?.problems).toEqual([
      'deadlock: thread 0 sleeps in step 0 and nobody will wake it',
    ])
  })

  test('a wake-up is lost when the word is not changed before it is rung', () => {
    const waker: Body = (w) => {
      store(w, 0, 1)
      ring(w, 1)
    }
    const { failure } = run(toy([[sleeper], [waker]]))
    expect(failure?.problems[0]).toContain('deadlock')
    expect(failure?.table).toMatch(/ wait +memory\[0\]\+4 +0, sleeps/)
  })

  test('and is not when it is', () => {
    const waker: Body = (w) => {
      store(w, 0, 1)
      store(w, 1, 1)
      ring(w, 1)
    }
    const { failure, complete } = run(toy([[sleeper], [waker]]))
    expect([failure, complete]).toEqual([undefined, true])
  })
})

describe('an event loop', () => {
  /** A thread that waits until word 0 was counted up twice; word 1 is its bell. */
  function loop(looksAtBellFirst: boolean, waker: Body): Program {
    const prepare = () => {
      const words = new Int32Array(new SharedArrayBuffer(16))
      const state = { isDone: false }
      const turn = () => {
        const bell = looksAtBellFirst ? load(words, 1) : 0
        state.isDone = load(words, 0) > 1
        if (!state.isDone) whenRung(words, 1, looksAtBellFirst ? bell : load(words, 1), turn)
      }
      const last: Step = { label: 'last', run: () => 0, until: () => state.isDone }
      const wakes = [0, 1].map((at) => ({ label: `wake ${at}`, run: () => waker(words) }))
      return {
        threads: [[{ label: 'first', run: turn }, last], wakes],
        memory: [words.buffer as SharedArrayBuffer],
        privates: [[state], []],
        judge: () => [],
      }
    }
    return { name: 'loop', about: '', prepare }
  }
  const waker: Body = (w) => {
    add(w, 0, 1)
    add(w, 1, 1)
    ring(w, 1)
  }

  test('goes on when its word is rung', () => {
    const { failure, complete, executions } = run(loop(true, waker))
    expect([failure, complete]).toEqual([undefined, true])
    expect(executions).toBeGreaterThan(5)
  })

  test('loses a wake-up when it looks at the bell too late', () => {
    expect(run(loop(false, waker)).failure?.problems).toEqual([
      'deadlock: thread 0 sleeps in first and nobody will wake it',
    ])
  })

  test('is stuck when it is never rung', () => {
    expect(run(loop(true, (w) => add(w, 0, 1))).failure?.problems[0]).toContain('thread 0 sleeps')
  })
})

describe('death', () => {
  const locker: Body = (w) => {
    store(w, 0, 1)
    store(w, 0, 0)
  }
  const isFree: Check = (w) => (load(w, 0) === 0 ? [] : ['locked for ever'])

  test('leaves a lock behind', () => {
    const program = toy([[locker]], isFree)
    expect(run(program).failure).toBeUndefined()
    const { failure } = run(program, { deaths: 1 })
    expect(failure?.problems).toEqual(['locked for ever'])
    expect(failure?.seed).toBe('toy@d1@a2ax')
    expect(failure?.table).toContain('dies in step 0')
    expect(replay(program, failure!.seed).failure?.problems).toEqual(['locked for ever'])
  })

  test('comes between a store and its ring', () => {
    const waker: Body = (w) => {
      store(w, 0, 1)
      ring(w, 0)
    }
    const plain = toy([[(w) => restWhile(w, 0, 0, 1000)], [waker]])
    const prepare = () => {
      const prepared = plain.prepare()
      const words = new Int32Array(prepared.memory[0]!)
      // Who notices the death helps those only to whom nothing was said.
      const died = () => void (load(words, 0) === 0 && waker(words))
      return { ...prepared, died }
    }
    const { failure } = run({ ...plain, prepare }, { deaths: 1 })
    expect(failure?.problems).toEqual([
      'deadlock: thread 0 sleeps in step 0 and nobody will wake it',
    ])
    expect(failure?.table).toMatch(/ store +memory\[0\]\+0 +0 -> 1\n.* dies in step 0/)
  })

  test('comes at each place once, and to so many threads at most', () => {
    const deaths = new Set<string>()
    const program = toy([[locker], [(w) => store(w, 1, 1)]], (w, { dead }) => {
      deaths.add(`${dead} ${peek(w, 0)} ${peek(w, 1)}`)
      return []
    })
    run(program, { deaths: 1 })
    // Word 0 is 1 only where thread 0 died between its stores; word 1 is 0 where thread 1 did.
    expect([...deaths].sort()).toEqual([' 0 1', '0 0 1', '0 1 1', '1 0 0', '1 0 1'])
    deaths.clear()
    run(program, { deaths: 2 })
    expect(deaths).toContain('0,1 1 0')
  })
})

describe('what cannot be trusted is said', () => {
  test('a loop without an end', () => {
    const { failure } = run(toy([[(w) => void (load(w, 0) === 0 && spin(w))]]), { accesses: 500 })
    expect(failure?.problems).toEqual([expect.stringMatching(/^does not end: 499 accesses/)])
  })

  test('a program that is not deterministic', () => {
    let runs = 0
    const moody: Body = (w) => load(w, runs++ & 1) + load(w, 2)
    const program = toy([[moody], [(w) => store(w, 2, 1)]])
    expect(() => run(program)).toThrow('not deterministic: thread 0 makes a load of word')
    const writer: Body = (w) => {
      store(w, 0, runs++)
      load(w, 2)
    }
    expect(() => run(toy([[writer], [(w) => store(w, 2, 1)]]))).toThrow('not deterministic')
  })

  test('a write past the seam', () => {
    const hidden: Body = (w) => {
      w[3] = 1
    }
    expect(() => run(toy([[hidden]]))).toThrow('buffer 0, byte 12 was written unseen')
    const rare: Body = (w) => load(w, 0) === 1 && hidden(w)
    const others = [rare, (w: Int32Array) => store(w, 0, 1)].map((body) => [body])
    expect(() => run(toy(others))).toThrow('buffer 0, byte 12 was written unseen')
  })
})

test('memory and private state are as they were, before each execution and at the end', () => {
  const words = new Int32Array(new SharedArrayBuffer(16))
  words.set([5, 6, 7, 8])
  const state = { list: [1], bytes: new Uint8Array(4), map: new Map([['a', 1]]), count: 0 }
  const seen = new Set<string>()
  const step = () => {
    seen.add(JSON.stringify([state.list, [...state.bytes], [...state.map], state.count]))
    state.list.push(2)
    state.bytes[0] = 9
    state.map.set('b', 2)
    state.count++
    poke(words, 0, load(words, 1))
    return store(words, 1, 1)
  }
  const program: Program = {
    name: 'state',
    about: '',
    prepare: () => ({
      threads: [[{ label: 'a', run: step }], [{ label: 'b', run: () => store(words, 1, 2) }]],
      memory: [words.buffer as SharedArrayBuffer],
      privates: [[state], []],
      judge: () => {
        poke(words, 3, 0)
        return []
      },
    }),
  }
  expect(run(program).executions).toBeGreaterThan(3)
  expect([...words]).toEqual([5, 6, 7, 8])
  expect([...seen]).toEqual(['[[1],[0,0,0,0],[["a",1]],0]'])
})

function spin(words: Int32Array): void {
  while (load(words, 1) === 0);
}
