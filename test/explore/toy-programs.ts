/**
 * Tiny programs over a few words, for tests of the explorer itself: written out, or drawn from a
 * seed. They use the seam directly, so the tests need no import condition.
 */
import { add, compareExchange, load, peek, poke, store } from './atomics.ts'
import { DepthFirst } from './depth-first.ts'
import { Executor } from './execution.ts'
import { type Options, withDefaults } from './options.ts'
import type { Program, Run } from './program.ts'
import { DEATH } from './trace.ts'

const WORDS = 4

export type Body = (words: Int32Array) => unknown
export type Check = (words: Int32Array, run: Run) => readonly string[]

/** Each thread runs its bodies, one step each, over the same few words. */
export function toy(threads: readonly (readonly Body[])[], judge: Check = () => []): Program {
  return {
    name: 'toy',
    about: 'a few accesses',
    prepare: () => {
      const words = new Int32Array(new SharedArrayBuffer(4 * WORDS))
      return {
        threads: threads.map((bodies) =>
          bodies.map((body, at) => ({ label: `step ${at}`, run: () => body(words) })),
        ),
        memory: [words.buffer as SharedArrayBuffer],
        privates: threads.map(() => []),
        judge: (run) => judge(words, run),
      }
    },
  }
}

/**
 * A toy of one step for each thread, drawn from a seed; what a thread reads steers what it does.
 */
export function drawn(seed: number, threads: number, accesses: number): Program {
  const draw = drawing(seed)
  const plans = Array.from({ length: threads }, () =>
    Array.from({ length: 1 + draw(accesses) }, () => [draw(8), draw(3), 1 + draw(2)] as const),
  )
  return toy(plans.map((plan) => [(words) => follow(plan, words)]))
}

function follow(plan: readonly (readonly [number, number, number])[], words: Int32Array): number {
  let seen = 0
  for (const [what, at, value] of plan) {
    if (what === 0) seen = seen * 3 + load(words, at)
    else if (what === 1) store(words, at, value)
    else if (what === 2) seen = seen * 3 + add(words, at, value)
    else if (what === 3) seen = seen * 3 + compareExchange(words, at, 0, value)
    else if (what === 4) poke(words, at, value)
    else if (what === 5) seen = seen * 3 + peek(words, at)
    else if (what === 6 && load(words, at) === 1) store(words, 2 - at, value)
    else if (what === 7) store(words, at, seen & 3)
  }
  return seen
}

export function drawing(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** What a search met: how the program can end, and in which orders of conflicting accesses. */
export interface Met {
  readonly ends: ReadonlySet<string>
  readonly orders: ReadonlySet<string>
  /** Executions that were not given up. */
  readonly executions: number
}

/** Searches a toy by depth, and notes all ends and orders. */
export function searched(program: Program, options: Partial<Options> = {}): Met {
  const ends = new Set<string>()
  const orders = new Set<string>()
  const full = withDefaults(options)
  const noting: Program = {
    ...program,
    prepare: () => {
      const prepared = program.prepare()
      const judge = (run: Run): readonly string[] => {
        ends.add(endOf(run, prepared.memory[0]!))
        orders.add(orderOf(executor))
        return []
      }
      return { ...prepared, judge }
    },
  }
  const executor = new Executor(noting, full)
  const { trace, words, threads } = executor
  const { preemptions, reduces } = full
  const search = new DepthFirst(trace, words.count, threads.length, preemptions, reduces)
  do executor.run(search)
  while (search.next())
  return { ends, orders, executions: executor.executions - executor.pruned }
}

function endOf(run: Run, memory: SharedArrayBuffer): string {
  const results = run.calls.map(({ thread, returned, result }) => {
    return `${thread}: ${returned === Infinity ? 'never' : result}`
  })
  return [...new Int32Array(memory), ...results.sort(), `dead ${run.dead}`].join(', ')
}

/** The order of conflicting accesses: for each access, those just before it that it depends on. */
function orderOf({ trace, words }: Executor): string {
  const wrote = new Map<number, string>()
  const read = new Map<number, string[]>()
  const counts = [0, 0, 0, 0, 0, 0, 0, 0]
  const lines: string[] = []
  for (let at = 0; at < trace.count; at++) {
    const thread = trace.thread[at]!
    const name = `${thread}.${counts[thread]!++}`
    const after: string[] = []
    for (let word = trace.word[at]!; word < trace.word[at]! + trace.span[at]!; word++) {
      after.push(wrote.get(word) ?? '')
      if (trace.wrote[at] === 0) read.set(word, [...(read.get(word) ?? []), name])
      else {
        after.push(...(read.get(word) ?? []).sort())
        wrote.set(word, name)
        read.delete(word)
      }
    }
    const what = trace.kind[at] === DEATH ? 'dies' : `${trace.older[at]}`
    lines.push(`${name} ${trace.word[at]} ${what} ${after.join()}`)
  }
  return `${lines.sort().join('\n')}${words.count}`
}
