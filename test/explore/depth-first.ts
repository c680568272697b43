/**
 * Depth-first search through the schedules of a program, without those that only swap accesses
 * which do not conflict.
 *
 * Unbounded: dynamic partial-order reduction (Flanagan and Godefroid, POPL 2005) with source sets
 * and sleep sets (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014): each race found adds, where
 * the earlier access was chosen, one thread that can begin the other order, unless one is there
 * already.
 *
 * With a bound on preemptions: the bounded reduction of Coons, Musuvathi and McKinley (OOPSLA
 * 2013). The last conflicting access of each other thread adds this thread where it was chosen,
 * and also where its block of accesses began, because a switch there may cost no preemption. Sleep
 * sets are left out: the order that they save may be the only one within the bound. Where a switch
 * is free (the running thread cannot go on) every thread is tried.
 *
 * Alternatives of one access (an older value, death) are tried for each thread chosen at a node
 * before another thread is. They conflict with nothing, so they add no races.
 */
import { Conflicts } from './conflicts.ts'
import { bit, lowest, type Strategy } from './strategy.ts'
import { DEATH, type Trace } from './trace.ts'

const NOBODY = 255

export class DepthFirst implements Strategy {
  readonly #trace: Trace
  readonly #threads: number
  readonly #bound: number
  readonly #hasSleep: boolean
  readonly #reduces: boolean
  readonly #conflicts: Conflicts
  // A node for each depth: what was chosen there, and what is left to do.
  readonly #chosen: Uint8Array
  readonly #alternative: Uint8Array
  readonly #alternatives: Uint8Array
  readonly #enabled: Uint8Array
  readonly #todo: Uint8Array
  readonly #done: Uint8Array
  readonly #asleep: Uint8Array
  readonly #preemptions: Uint16Array
  // What each thread that sleeps at a node would do: its words, and whether it would write.
  readonly #sleepWord: Int32Array
  readonly #sleepSpan: Uint8Array
  readonly #sleepWrites: Uint8Array
  /** Nodes that have been chosen at. */
  #nodes = 0
  /** Nodes that this execution repeats from the one before. */
  #prefix = 0
  /** A schedule within the bound needs no more preemptions than this was held against. */
  hasMetBound = false

  /**
   * @param bound preemptions at most, or Infinity
   * @param reduces false: every schedule, also the equivalent ones
   */
  constructor(trace: Trace, words: number, threads: number, bound: number, reduces = true) {
    const { most } = trace
    this.#trace = trace
    this.#threads = threads
    this.#bound = bound
    this.#reduces = reduces
    this.#hasSleep = reduces && bound === Infinity
    this.#conflicts = new Conflicts(trace, words, threads)
    this.#chosen = new Uint8Array(most)
    this.#alternative = new Uint8Array(most)
    this.#alternatives = new Uint8Array(most)
    this.#enabled = new Uint8Array(most)
    this.#todo = new Uint8Array(most)
    this.#done = new Uint8Array(most)
    this.#asleep = new Uint8Array(most)
    this.#preemptions = new Uint16Array(most)
    this.#sleepWord = new Int32Array(most * threads)
    this.#sleepSpan = new Uint8Array(most * threads)
    this.#sleepWrites = new Uint8Array(most * threads)
  }

  decide(depth: number, enabled: number): number {
    if (depth < this.#nodes) {
      const chosen = this.#chosen[depth]!
      return chosen === NOBODY ? -1 : chosen
    }
    this.#enabled[depth] = enabled
    this.#done[depth] = 0
    this.#inheritSleep(depth)
    const awake = enabled & ~this.#asleep[depth]!
    const chosen = awake === 0 ? NOBODY : this.#first(depth, awake)
    this.#choose(depth, chosen)
    const isFree = this.#isFree(depth)
    const all = !this.#reduces || (this.#bound !== Infinity && isFree)
    this.#todo[depth] = chosen === NOBODY ? 0 : all ? enabled : bit(chosen)
    this.#nodes = depth + 1
    return chosen === NOBODY ? -1 : chosen
  }

  alternative(depth: number, count: number, mayDie: boolean): number {
    this.#alternatives[depth] = count
    return this.#alternative[depth]!
  }

  happened(depth: number): void {
    const conflicts = this.#conflicts
    if (!this.#reduces) return
    const isBounded = this.#bound !== Infinity
    conflicts.add(depth, isBounded)
    if (this.#hasSleep && this.#alternative[depth] === 0) this.#noteTransition(depth)
    if (depth < this.#prefix - 1) return
    for (const race of conflicts.races) {
      if (isBounded) this.#addBounded(race, this.#trace.thread[depth]!)
      else this.#addSource(race, depth)
    }
  }

  woke(thread: number, depth: number): void {
    if (this.#reduces) this.#conflicts.woke(thread, depth)
  }

  /** Prepares the next schedule; false when there is none. */
  next(): boolean {
    if (this.#reduces) this.#conflicts.clear(this.#trace.count)
    for (let depth = this.#nodes - 1; depth >= 0; depth--) {
      if (this.#advance(depth)) {
        this.#nodes = this.#prefix = depth + 1
        return true
      }
    }
    return false
  }

  #advance(depth: number): boolean {
    const chosen = this.#chosen[depth]!
    if (chosen === NOBODY) return false
    if (this.#alternative[depth]! + 1 < this.#alternatives[depth]!) {
      this.#alternative[depth]!++
      return true
    }
    this.#done[depth]! |= bit(chosen)
    if (this.#hasSleep) this.#asleep[depth]! |= bit(chosen)
    let left = this.#todo[depth]! & ~this.#done[depth]! & ~this.#asleep[depth]!
    while (left !== 0) {
      const thread = lowest(left)
      left &= ~bit(thread)
      this.#choose(depth, thread)
      if (this.#preemptions[depth]! <= this.#bound) return true
      this.hasMetBound = true
      this.#done[depth]! |= bit(thread)
    }
    return false
  }

  #choose(depth: number, thread: number): void {
    this.#chosen[depth] = thread
    this.#alternative[depth] = 0
    this.#alternatives[depth] = 1
    const before = depth === 0 ? 0 : this.#preemptions[depth - 1]!
    const isSwitch = depth > 0 && thread !== this.#trace.thread[depth - 1]
    this.#preemptions[depth] = before + (isSwitch && !this.#isFree(depth) ? 1 : 0)
  }

  /** Whether any thread may be chosen without a preemption. */
  #isFree(depth: number): boolean {
    return depth === 0 || (this.#enabled[depth]! & bit(this.#trace.thread[depth - 1]!)) === 0
  }

  /** The running thread goes on if it can; else the next one. */
  #first(depth: number, awake: number): number {
    if (depth === 0) return lowest(awake)
    const running = this.#trace.thread[depth - 1]!
    if ((awake & bit(running)) !== 0) return running
    const later = awake & ~(bit(running + 1) - 1)
    return lowest(later === 0 ? awake : later)
  }

  /** Who slept at the node before goes on sleeping, unless the access there conflicts. */
  #inheritSleep(depth: number): void {
    let asleep = 0
    if (this.#hasSleep && depth > 0) {
      const before = this.#asleep[depth - 1]!
      for (let thread = 0; thread < this.#threads; thread++) {
        if ((before & bit(thread)) === 0 || this.#wakesSleeper(depth - 1, thread)) continue
        asleep |= bit(thread)
        const from = (depth - 1) * this.#threads + thread
        const to = depth * this.#threads + thread
        this.#sleepWord[to] = this.#sleepWord[from]!
        this.#sleepSpan[to] = this.#sleepSpan[from]!
        this.#sleepWrites[to] = this.#sleepWrites[from]!
      }
    }
    this.#asleep[depth] = asleep
  }

  #wakesSleeper(depth: number, sleeper: number): boolean {
    const { thread, word, span, wrote } = this.#trace
    if (thread[depth] === sleeper) return true
    const at = depth * this.#threads + sleeper
    if (wrote[depth] === 0 && this.#sleepWrites[at] === 0) return false
    const first = this.#sleepWord[at]!
    return word[depth]! < first + this.#sleepSpan[at]! && first < word[depth]! + span[depth]!
  }

  /** Remembers what the chosen thread did, for when it sleeps here. */
  #noteTransition(depth: number): void {
    const { thread, kind, word, span, wrote } = this.#trace
    if (kind[depth] === DEATH) return
    const at = depth * this.#threads + thread[depth]!
    this.#sleepWord[at] = word[depth]!
    this.#sleepSpan[at] = span[depth]!
    this.#sleepWrites[at] = wrote[depth]!
  }

  #addBounded(race: number, thread: number): void {
    this.#addThread(race, thread)
    let start = race
    while (start > 0 && this.#trace.thread[start - 1] === this.#trace.thread[race]) start--
    this.#addThread(start, thread)
  }

  #addThread(depth: number, thread: number): void {
    const enabled = this.#enabled[depth]!
    this.#todo[depth]! |= (enabled & bit(thread)) !== 0 ? bit(thread) : enabled
  }

  /** A race: some thread that can begin the other order must be tried where the race began. */
  #addSource(race: number, depth: number): void {
    const initials = this.#initials(race, depth)
    if ((initials & this.#todo[race]!) !== 0) return
    const self = bit(this.#trace.thread[depth]!)
    this.#todo[race]! |= (initials & self) !== 0 ? self : initials & -initials
  }

  /** Threads whose first access after the race, of those not ordered after it, depends on none. */
  #initials(race: number, depth: number): number {
    const { thread } = this.#trace
    const conflicts = this.#conflicts
    const firsts: number[] = []
    let met = bit(thread[race]!)
    let initials = 0
    for (let at = race + 1; at <= depth; at++) {
      const who = bit(thread[at]!)
      if ((met & who) !== 0 || (at < depth && conflicts.isAfter(at, race))) continue
      met |= who
      if (!firsts.some((first) => conflicts.isAfter(at, first))) initials |= who
      firsts.push(at)
    }
    return initials
  }
}
