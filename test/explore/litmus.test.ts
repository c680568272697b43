/**
 * The memory model of stale reads against the classic litmus tests: what ARM64 allows can be met,
 * what it forbids cannot, in any schedule.
 */
import { describe, expect, test } from 'vitest'
import { closeReads, compareExchange, load, peek, poke, store } from './atomics.ts'
import { restWhile, ring } from './words.ts'
import { type Body, searched, toy } from './toy-programs.ts'

const X = 0
const Y = 1

/** All results of the threads together, in the order of the threads. */
function outcomes(bodies: readonly Body[], pointed: readonly SharedArrayBuffer[] = []) {
  const seen = new Set<string>()
  const program = toy(bodies.map((body) => [body]))
  const noted = {
    ...program,
    prepare: () => ({ ...program.prepare(), pointedAt: pointed }),
  }
  for (const end of searched(noted, { staleReads: true, mostStale: 3 }).ends) {
    const results = [...end.matchAll(/(\d): ([^,]*)/g)].map((match) => match[2]!)
    seen.add(results.join(' '))
  }
  return seen
}

const both = (a: number, b: number) => `${a}${b}`

describe('message passing', () => {
  const reader: Body = (w) => both(peek(w, Y), peek(w, X))

  test('by a plain flag may show the flag without the message', () => {
    const writer: Body = (w) => {
      poke(w, X, 1)
      poke(w, Y, 1)
    }
    expect(outcomes([writer, reader])).toContain('undefined 10')
  })

  test('by an atomic flag that is read plainly, too', () => {
    const writer: Body = (w) => {
      poke(w, X, 1)
      store(w, Y, 1)
    }
    expect(outcomes([writer, reader])).toContain('undefined 10')
  })

  test('by an atomic flag may not', () => {
    const writer: Body = (w) => {
      poke(w, X, 1)
      store(w, Y, 1)
    }
    const seen = outcomes([writer, (w) => both(load(w, Y), peek(w, X))])
    expect(seen).not.toContain('undefined 10')
    expect(seen).toContain('undefined 00')
    expect(seen).toContain('undefined 11')
  })

  test('by compare-and-exchange may not', () => {
    const writer: Body = (w) => {
      poke(w, X, 1)
      compareExchange(w, Y, 0, 1)
    }
    expect(outcomes([writer, (w) => both(load(w, Y), peek(w, X))])).not.toContain('undefined 10')
  })

  test('through a third thread may not', () => {
    const relay: Body = (w) => {
      if (load(w, Y) === 1) store(w, 2, 1)
    }
    const seen = outcomes([
      (w) => {
        poke(w, X, 1)
        store(w, Y, 1)
      },
      relay,
      (w) => both(load(w, 2), peek(w, X)),
    ])
    expect(seen).not.toContain('undefined undefined 10')
    expect(seen).toContain('undefined undefined 11')
  })
})

test('who is woken sees what was done before the word was rung', () => {
  const waker: Body = (w) => {
    poke(w, X, 1)
    ring(w, Y)
  }
  const sleeper: Body = (w) => {
    restWhile(w, Y, 0, 1000)
    return peek(w, X)
  }
  expect([...outcomes([waker, sleeper])]).toEqual(['undefined 1'])
  const hasty: Body = (w) => peek(w, 2) + peek(w, X)
  const teller: Body = (w) => {
    poke(w, X, 1)
    poke(w, 2, 2)
  }
  expect(outcomes([teller, hasty])).toContain('undefined 2')
})

describe('one word', () => {
  test('two plain reads never go back', () => {
    const writer: Body = (w) => {
      poke(w, X, 1)
      poke(w, X, 2)
    }
    const seen = outcomes([writer, (w) => both(peek(w, X), peek(w, X))])
    for (const back of ['10', '20', '21']) expect(seen).not.toContain(`undefined ${back}`)
    for (const on of ['00', '01', '02', '12', '22']) expect(seen).toContain(`undefined ${on}`)
  })

  test('a thread reads what it wrote', () => {
    const own: Body = (w) => {
      poke(w, X, 1)
      return peek(w, X)
    }
    const seen = outcomes([own, (w) => poke(w, X, 2)])
    expect([...seen].sort()).toEqual(['1 undefined', '2 undefined'])
  })
})

describe('store buffering', () => {
  type Write = typeof store
  type Read = typeof load
  const setsX =
    (write: Write, read: Read): Body =>
    (w) => {
      write(w, X, 1)
      return read(w, Y)
    }
  const setsY =
    (write: Write, read: Read): Body =>
    (w) => {
      write(w, Y, 1)
      return read(w, X)
    }

  test('with atomic accesses never misses both stores', () => {
    const seen = outcomes([setsX(store, load), setsY(store, load)])
    expect([...seen].sort()).toEqual(['0 1', '1 0', '1 1'])
  })

  test('with plain stores, or with plain loads, may', () => {
    const stores = outcomes([setsX(poke, load), setsY(poke, load)])
    expect(stores).toContain('0 0')
    const loads = outcomes([setsX(store, peek), setsY(store, peek)])
    expect(loads).toContain('0 0')
  })
})

describe('independent reads of independent writes', () => {
  const writers: Body[] = [(w) => store(w, X, 1), (w) => store(w, Y, 1)]

  test('with atomic loads agree on the order of the writes', () => {
    const readers: Body[] = [
      (w) => both(load(w, X), load(w, Y)),
      (w) => both(load(w, Y), load(w, X)),
    ]
    expect(outcomes([...writers, ...readers])).not.toContain('undefined undefined 10 10')
  })

  test('with plain ones need not', () => {
    const readers: Body[] = [
      (w) => both(peek(w, X), peek(w, Y)),
      (w) => both(peek(w, Y), peek(w, X)),
    ]
    expect(outcomes([...writers, ...readers])).toContain('undefined undefined 10 10')
  })
})

describe('a sequence lock', () => {
  const writer: Body = (w) => {
    compareExchange(w, X, 0, 1)
    poke(w, Y, 7)
    poke(w, 2, 7)
    store(w, X, 2)
  }
  const reader =
    (validate: (words: Int32Array, seen: number) => number): Body =>
    (w) => {
      const seen = load(w, X)
      const copy = both(peek(w, Y), peek(w, 2))
      return seen % 2 === 1 || validate(w, seen) !== seen ? 'again' : copy
    }

  test('without a fence may give a torn copy', () => {
    const seen = outcomes([writer, reader((w) => load(w, X))])
    expect(seen).toContain('undefined 70')
  })

  test('with closeReads may not', () => {
    const seen = outcomes([writer, reader((w, word) => closeReads(w, X, word))])
    expect([...seen].sort()).toEqual(['undefined 00', 'undefined 77', 'undefined again'])
  })
})

describe('a pointer', () => {
  /** Word 0 of one buffer leads to word 0 of the other. */
  function ends(isPointer: boolean): string[] {
    const pointer = new Int32Array(new SharedArrayBuffer(4))
    const target = new Int32Array(new SharedArrayBuffer(4))
    const writer: Body = () => {
      poke(target, 0, 7)
      store(pointer, 0, 1)
    }
    const reader: Body = () => (peek(pointer, 0) === 1 ? peek(target, 0) : 'none')
    const program = toy([[writer], [reader]])
    const memory = [pointer, target].map(({ buffer }) => buffer as SharedArrayBuffer)
    const pointedAt = isPointer ? memory.slice(1) : []
    const prepare = () => ({ ...program.prepare(), memory, pointedAt })
    return [...searched({ ...program, prepare }, { staleReads: true }).ends]
  }

  test('orders the reads behind it', () => {
    expect(ends(false).some((end) => end.includes('1: 0'))).toBe(true)
    expect(ends(true).some((end) => end.includes('1: 0'))).toBe(false)
    expect(ends(true).some((end) => end.includes('1: 7'))).toBe(true)
  })
})
