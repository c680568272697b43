/**
 * Is there an order of these calls, in keeping with time, that the sequential model explains?
 *
 * Wing and Gong's search: take any call that no other call must precede, apply it, go on; when a
 * call has to come next and cannot, take the last choice back. With Lowe's memory: a configuration
 * (calls that have taken effect, states of the keys) that was met before leads nowhere again. A
 * call that is known to have changed nothing takes effect as soon as it fits without ruling any
 * state out, which is no choice. Loops instead of recursion, as histories are long; a bound on
 * configurations, as the problem is NP-complete.
 */
import { IMPOSSIBLE, StateSets } from './cells.ts'
import type { Call } from './history.ts'
import { hasChangedNothing, type KeyState } from './model.ts'

export interface Problem {
  readonly calls: readonly Call[]
  readonly keys: readonly string[]
  /** Of each key. */
  readonly initial: readonly KeyState[]
  /** So many entries of each key may be lost though they are not over. */
  readonly losses: number
  /** At most so many configurations are remembered. */
  readonly limit: number
}

export interface Found {
  /** `undefined`: the limit was reached. */
  readonly ok: boolean | undefined
  readonly configurations: number
  /** When not ok, the longest order that was found, as numbers of calls. */
  readonly order: readonly number[]
  /** The number of the call that could not follow it. */
  readonly stuck: number
  /** The states of each key then. */
  readonly states: readonly (readonly KeyState[])[]
}

const END = -1

/**
 * Invocations and returns in the order of time, as a doubly linked list: a call that takes effect
 * is lifted out, and put back when that is taken back.
 */
class Events {
  /** The call of an event, and the positions of a call's events; a return may be END. */
  readonly callOf: Int32Array
  readonly isReturn: Uint8Array
  readonly invocation: Int32Array
  readonly response: Int32Array
  readonly #next: Int32Array
  readonly #before: Int32Array
  /** Returns that are still in the list. */
  open = 0
  /** The head lies after the last event. */
  readonly head: number

  constructor(calls: readonly Call[]) {
    const events: { time: number; call: number; isReturn: boolean }[] = []
    for (const [call, { invoked, returned }] of calls.entries()) {
      if (returned < invoked) throw new Error(`call ${call} returned before it was invoked`)
      events.push({ time: invoked, call, isReturn: false })
      // A call that may never return need not take effect.
      if (returned !== Number.POSITIVE_INFINITY) {
        events.push({ time: returned, call, isReturn: true })
      }
    }
    // At equal times calls overlap.
    events.sort((a, b) => a.time - b.time || Number(a.isReturn) - Number(b.isReturn))
    this.head = events.length
    this.callOf = Int32Array.from(events, ({ call }) => call)
    this.isReturn = Uint8Array.from(events, ({ isReturn }) => Number(isReturn))
    this.invocation = new Int32Array(calls.length).fill(END)
    this.response = new Int32Array(calls.length).fill(END)
    for (const [at, { call, isReturn }] of events.entries()) {
      if (isReturn) this.response[call] = at
      else this.invocation[call] = at
      this.open += Number(isReturn)
    }
    this.#next = Int32Array.from({ length: events.length + 1 }, (_, at) => at + 1)
    this.#before = Int32Array.from({ length: events.length + 1 }, (_, at) => at - 1)
    this.#next[this.head] = events.length === 0 ? END : 0
    if (events.length > 0) {
      this.#next[events.length - 1] = END
      this.#before[0] = this.head
    }
  }

  after(at: number): number {
    return this.#next[at]
  }
  lift(call: number): void {
    this.#unlink(this.invocation[call])
    if (this.response[call] === END) return
    this.#unlink(this.response[call])
    this.open--
  }
  putBack(call: number): void {
    if (this.response[call] !== END) {
      this.#link(this.response[call])
      this.open++
    }
    this.#link(this.invocation[call])
  }
  #unlink(at: number): void {
    this.#next[this.#before[at]] = this.#next[at]
    if (this.#next[at] !== END) this.#before[this.#next[at]] = this.#before[at]
  }
  #link(at: number): void {
    this.#next[this.#before[at]] = at
    if (this.#next[at] !== END) this.#before[this.#next[at]] = at
  }
}

interface Choice {
  readonly call: number
  readonly sets: readonly number[]
  /** The last invocation among the calls that have taken effect before. */
  readonly last: number
  /** It changed nothing: there is no use in taking it back alone. */
  readonly isForced: boolean
}

class Search {
  readonly #problem: Problem
  readonly #cells: StateSets
  readonly #events: Events
  /** The one key that a call is about, -1 several. */
  readonly #keyOf: Int32Array
  readonly #flushed: (readonly number[])[]
  readonly #seen = new Set<string>()
  readonly #choices: Choice[] = []
  #sets: readonly number[]
  #last = -1
  #longest: readonly number[] = []
  #longestSets: readonly number[]
  #stuck = -1

  constructor(problem: Problem) {
    const { calls, keys, initial, losses } = problem
    this.#problem = problem
    this.#cells = new StateSets(calls.length, losses)
    this.#events = new Events(calls)
    this.#sets = initial.map((state) => this.#cells.number([state]))
    this.#longestSets = this.#sets
    this.#keyOf = Int32Array.from(calls, (call) => {
      return call.operation.name === 'flush' ? -1 : keys.indexOf(call.key)
    })
    this.#flushed = calls.map(({ operation }) => {
      if (operation.name !== 'flush') return []
      const named = operation.keys
      return [...keys.keys()].filter((key) => named === undefined || named.includes(keys[key]))
    })
  }

  run(): Found {
    const { limit } = this.#problem
    let at = this.#events.after(this.#events.head)
    while (this.#events.open > 0) {
      if (this.#seen.size > limit) return this.#found(undefined)
      if (!this.#events.isReturn[at]) {
        at = this.#take(at) ? this.#events.after(this.#events.head) : this.#events.after(at)
        continue
      }
      this.#noteStuck(this.#events.callOf[at])
      at = this.#takeBack()
      if (at === END) return this.#found(false)
    }
    return this.#found(true)
  }

  /** Lets a call take effect; false if it cannot, or if that led nowhere before. */
  #take(at: number): boolean {
    const call = this.#events.callOf[at]
    const before = this.#sets
    const after = this.#afterCall(call)
    if (after === undefined) return false
    const last = this.#last
    this.#events.lift(call)
    this.#last = Math.max(last, at)
    this.#sets = after
    const configuration = this.#configuration()
    if (this.#seen.has(configuration)) {
      this.#events.putBack(call)
      this.#last = last
      this.#sets = before
      return false
    }
    this.#seen.add(configuration)
    const isForced =
      hasChangedNothing(this.#problem.calls[call]) && after.every((set, key) => set === before[key])
    this.#choices.push({ call, sets: before, last, isForced })
    return true
  }

  #afterCall(call: number): readonly number[] | undefined {
    const operation = this.#problem.calls[call]
    const key = this.#keyOf[call]
    const touched = key >= 0 ? [key] : this.#flushed[call]
    const after = [...this.#sets]
    for (const one of touched) {
      after[one] = this.#cells.after(after[one], call, operation)
      if (after[one] === IMPOSSIBLE) return undefined
    }
    return after
  }

  /** The calls left among the earliest, and the states: all that decides what is still possible. */
  #configuration(): string {
    const events = this.#events
    let text = `${this.#sets.join()}:${this.#last}`
    for (let at = events.after(events.head); at !== END && at < this.#last; at = events.after(at)) {
      if (!events.isReturn[at]) text += `,${at}`
    }
    return text
  }

  /** Takes the last choice back; the event after it, END if there is none. */
  #takeBack(): number {
    for (;;) {
      const choice = this.#choices.pop()
      if (choice === undefined) return END
      this.#events.putBack(choice.call)
      this.#sets = choice.sets
      this.#last = choice.last
      if (!choice.isForced) return this.#events.after(this.#events.invocation[choice.call])
    }
  }

  #noteStuck(call: number): void {
    if (this.#stuck >= 0 && this.#choices.length <= this.#longest.length) return
    this.#longest = this.#choices.map((choice) => choice.call)
    this.#longestSets = this.#sets
    this.#stuck = call
  }

  #found(ok: boolean | undefined): Found {
    return {
      ok,
      configurations: this.#seen.size,
      order: this.#longest,
      stuck: this.#stuck,
      states: this.#longestSets.map((set) => this.#cells.states(set)),
    }
  }
}

export function search(problem: Problem): Found {
  return new Search(problem).run()
}
