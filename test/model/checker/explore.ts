/**
 * Breadth-first over all interleavings of a program (no reduction), with a kill before every step,
 * invariants in every state, an audit at quiescence, and progress read off the graph of states:
 * programs are finite, so an endless execution must revisit a state. The graph is acyclic exactly
 * when every schedule, however unfair, keeps completing operations (lock-freedom).
 */
import type { History } from './history.ts'
import { type Machine, Violation } from './machine.ts'
import { Growing, StateSet } from './state-set.ts'

export interface Subject {
  /** A fresh machine with a fresh history. */
  readonly make: () => { machine: Machine; history: History }
  readonly kills: boolean
}
export interface Failure {
  readonly text: string
  /** Agents in order; KILL + t: thread t is killed; RESTART: the recovery starts over. */
  readonly path: readonly number[]
}
export interface Exploration {
  states: number
  steps: number
  depth: number
  quiescent: number
  histories: number
  /** Longest run of one thread alone to the end of its operation, from any state. */
  solo: number
  seconds: number
  gaveUp: boolean
  /** Steps never taken. */
  unreached: readonly string[]
  failure?: Failure
}

export const KILL = 16
export const RESTART = 32
const NOTHING = 254

export function explore(subject: Subject, maxStates = 20e6): Exploration {
  return new Search(subject).run(maxStates)
}

class Search {
  private readonly machine: Machine
  private readonly history: History
  private readonly kills: boolean
  private readonly agents: number
  private readonly size: number
  private readonly seen = new StateSet()
  private readonly parent = new Growing((n) => new Int32Array(n))
  private readonly action = new Growing((n) => new Uint8Array(n))
  private readonly completes = new Growing((n) => new Uint8Array(n))
  private readonly successors: Growing<Int32Array>
  private readonly scratch: Uint8Array
  private next = new Uint8Array(0)
  private nextIds: number[] = []
  private steps = 0
  private failure: { text: string; from: number; act: number } | undefined

  constructor(subject: Subject) {
    const made = subject.make()
    this.machine = made.machine
    this.history = made.history
    this.kills = subject.kills
    this.agents = this.machine.threads + 1
    this.size = this.machine.size
    this.successors = new Growing((n) => new Int32Array(n), this.agents)
    this.scratch = new Uint8Array(this.size)
  }

  run(maxStates: number): Exploration {
    const started = performance.now()
    this.record(this.machine.initial(), -1, NOTHING)
    let level = this.next
    let ids = this.nextIds
    let depth = 0
    let quiescent = 0
    while (ids.length && !this.failure && this.seen.count <= maxStates) {
      this.next = new Uint8Array(Math.max(this.size * 64, ids.length * this.size))
      this.nextIds = []
      for (let n = 0; n < ids.length && !this.failure; n++) {
        const state = level.subarray(n * this.size, (n + 1) * this.size)
        if (this.visit(state, ids[n])) quiescent++
      }
      level = this.next
      ids = this.nextIds
      if (ids.length) depth++
    }
    const gaveUp = ids.length > 0 && !this.failure
    const solo = this.failure || gaveUp ? 0 : this.progress()
    return {
      states: this.seen.count,
      steps: this.steps,
      depth,
      quiescent,
      histories: this.history.count,
      solo,
      seconds: (performance.now() - started) / 1000,
      gaveUp,
      unreached: this.machine.unreached(),
      ...(this.failure && { failure: { text: this.failure.text, path: this.path(this.failure) } }),
    }
  }

  /** Checks one state and records what each agent can make of it. True: nothing is left to do. */
  private visit(state: Uint8Array, id: number): boolean {
    const { machine, scratch } = this
    machine.bind(state)
    if (!this.attempt(id, NOTHING, () => machine.invariant())) return false
    if (machine.quiescent()) {
      this.attempt(id, NOTHING, () => machine.audit())
      return true
    }
    let moved = false
    for (let t = 0; t < this.agents; t++) {
      machine.bind(state)
      if (this.kills && t < machine.threads && machine.killable(t)) {
        this.branch(state, id, KILL + t, () => machine.kill(t))
      }
      machine.bind(state)
      if (t === machine.threads && machine.restartable()) {
        this.branch(state, id, RESTART, () => machine.restart())
      }
      machine.bind(state)
      if (!machine.runnable(t)) continue
      scratch.set(state)
      machine.bind(scratch)
      const before = machine.completed(t)
      let ran = false
      const step = () => {
        ran = machine.run(t)
      }
      if (!this.attempt(id, t, step)) return false
      if (!ran) continue
      moved = true
      this.steps++
      this.successors.data[id * this.agents + t] = this.record(scratch, id, t)
      if (machine.completed(t) !== before || !machine.runnable(t)) {
        this.completes.data[id] |= 1 << t
      }
    }
    if (!moved) this.failure = { text: 'stuck: nobody can move', from: id, act: NOTHING }
    return false
  }
  private branch(state: Uint8Array, id: number, act: number, work: () => void): void {
    this.scratch.set(state)
    this.machine.bind(this.scratch)
    work()
    this.record(this.scratch, id, act)
    this.steps++
  }
  private attempt(from: number, act: number, work: () => void): boolean {
    try {
      work()
      return true
    } catch (e) {
      if (!(e instanceof Violation)) throw e
      this.failure = { text: e.message, from, act }
      return false
    }
  }
  /** The number of a state; a new one joins the next level. */
  private record(state: Uint8Array, from: number, act: number): number {
    const found = this.seen.add(state)
    if (found >= 0) return found
    const id = ~found
    for (const g of [this.parent, this.action, this.successors, this.completes]) g.room(id + 1)
    this.parent.data[id] = from
    this.action.data[id] = act
    this.successors.data.fill(-1, id * this.agents, (id + 1) * this.agents)
    const at = this.nextIds.length * this.size
    if (at + this.size > this.next.length) {
      const bigger = new Uint8Array(Math.max(this.next.length * 2, this.size * 64))
      bigger.set(this.next)
      this.next = bigger
    }
    this.next.set(state, at)
    this.nextIds.push(id)
    return id
  }
  private path(failure: { from: number; act: number }): number[] {
    const path = failure.act === NOTHING ? [] : [failure.act]
    for (let s = failure.from; this.parent.data[s] >= 0; s = this.parent.data[s]) {
      path.push(this.action.data[s])
    }
    return path.reverse()
  }
  /** Kahn's order; a rest that has none is a cycle. Returns the longest solo run. */
  private progress(): number {
    const n = this.seen.count
    const { agents } = this
    const next = this.successors.data
    const incoming = new Uint8Array(n)
    const order = new Int32Array(n)
    for (let i = 0; i < n * agents; i++) if (next[i] >= 0) incoming[next[i]]++
    let head = 0
    let tail = 0
    for (let i = 0; i < n; i++) if (!incoming[i]) order[tail++] = i
    while (head < tail) {
      const i = order[head++]
      for (let t = 0; t < agents; t++) {
        const j = next[i * agents + t]
        if (j >= 0 && !--incoming[j]) order[tail++] = j
      }
    }
    if (tail < n) {
      const from = incoming.findIndex((d) => d > 0)
      const text = 'not lock-free: threads can run for ever and complete nothing'
      this.failure = { text, from, act: NOTHING }
      return 0
    }
    const alone = new Uint16Array(n * agents)
    let solo = 0
    for (let k = n - 1; k >= 0; k--) {
      const i = order[k]
      for (let t = 0; t < agents - 1; t++) {
        const j = next[i * agents + t]
        if (j < 0) continue
        const steps = (this.completes.data[i] >> t) & 1 ? 1 : 1 + alone[j * agents + t]
        alone[i * agents + t] = steps
        if (steps > solo) solo = steps
      }
    }
    return solo
  }
}
