/**
 * What stands behind the seams: for each shared access of the thread that runs, whether it may be
 * made now, was made before and is answered from the record, or must wait because another thread
 * comes first. A thread that must wait is thrown out of its step; from then on every access throws
 * again, so that no `finally` and no `catch` of the program does anything.
 */
import type { SharedWords } from './shared-words.ts'
import type { StaleReads } from './stale-reads.ts'
import { bit, type Strategy } from './strategy.ts'
import { ASLEEP, DEAD, IDLE, RUNNABLE, type Thread } from './thread.ts'
import { DEATH, END, KIND_NAMES, mayMatter, RETURN, RING, type Trace } from './trace.ts'

/** Accesses go straight to memory. */
export const OFF = 0
/** They are scheduled and recorded. */
export const LIVE = 1
/** They are answered from the record. */
const REPLAY = 2
/** They throw: the thread is suspended, dead, or the execution is given up. */
export const UNWIND = 3
/** They go to memory, and their writes are undone later. */
export const LOG = 4

/** What is thrown to leave a step. */
const UNWINDING: unique symbol = Symbol('unwinding')

/** Told of each access while a failing schedule is run again for its table. */
export interface Witness {
  comes(kind: number, word: number, span: number): void
  happened(value: number): void
}

export class Machine {
  mode: number = OFF
  words!: SharedWords
  trace!: Trace
  strategy!: Strategy
  stale: StaleReads | undefined
  threads: readonly Thread[] = []
  current!: Thread
  /** Threads that can go on, as bits. */
  enabled = 0
  /** Deaths that may still happen. */
  deathsLeft = 0
  /** Somebody notices a death, and what it does then is part of the execution. */
  hasMourners = false
  /** What the record says, after `begin` returned false. */
  answer = 0
  /** The access reads an older value. */
  isStale = false
  /** Why the execution was given up. */
  fault: Error | undefined
  isEndless = false
  isPruned = false
  witness: Witness | undefined

  /** Lets a thread run, from the start of its steps. */
  resume(thread: Thread): void {
    this.current = thread
    thread.rewind()
    this.mode = thread.recorded > 0 ? REPLAY : LIVE
  }

  /** Whether an access is to be made now; if not, `answer` is what it gave before. */
  begin(kind: number, word: number, span: number): boolean {
    if (this.mode === LIVE) {
      this.#arrive(kind, word, span)
      return true
    }
    if (this.mode === LOG) return true
    if (this.mode === REPLAY) {
      this.#replay(kind, word)
      return false
    }
    throw UNWINDING
  }

  /** The access was made; `value` is what the same call gives when it is run again. */
  end(kind: number, word: number, span: number, wrote: boolean, value: number): void {
    if (this.mode !== LIVE) return
    const thread = this.current
    thread.record(kind, word, value)
    this.trace.push(thread.index, kind, word, span, wrote)
    this.witness?.happened(value)
    if (this.stale !== undefined) this.stale.happened()
    this.isStale = false
    this.strategy.happened(this.trace.count - 1)
    if (kind === RING) this.#wake(word)
  }

  /** A write of the program is checked when it is run again. */
  mustBe(value: number): void {
    if (!Object.is(this.answer, value)) {
      this.giveUp(`writes ${value} where it wrote ${this.answer} before`)
    }
  }

  /** The thread cannot go on until it is woken. */
  sleep(status: number, word: number): never {
    this.current.sleepsOn = word
    this.leave(this.current, status)
    this.mode = UNWIND
    throw UNWINDING
  }

  /** The thread does nothing any more. */
  leave(thread: Thread, status: number): void {
    thread.status = status
    this.enabled &= ~bit(thread.index)
  }

  /** The program does not do the same again. */
  giveUp(what: string): never {
    this.fault ??= new Error(`not deterministic: thread ${this.current.index} ${what}`)
    this.mode = UNWIND
    throw UNWINDING
  }

  #arrive(kind: number, word: number, span: number): void {
    const depth = this.trace.count
    if (depth === this.trace.most - 1) {
      this.isEndless = true
      this.#unwind()
    }
    const thread = this.current
    const chosen = this.strategy.decide(depth, this.enabled)
    if (chosen !== thread.index) {
      this.isPruned = chosen < 0
      this.#unwind()
    }
    const mayDie = this.deathsLeft > 0 && !thread.isDead && (mayMatter(kind) || kind === END)
    const values = this.stale === undefined ? 1 : this.stale.count(thread.index, kind, word, span)
    const count = mayDie ? values + 1 : values
    const alternative = count === 1 ? 0 : this.strategy.alternative(depth, count, mayDie)
    if (mayDie && alternative === values) this.#die(thread)
    this.trace.older[depth] = alternative
    this.isStale = alternative > 0
    if (this.stale !== undefined) this.stale.choose(alternative)
    this.witness?.comes(kind, word, span)
  }

  #die(thread: Thread): never {
    const word = this.words.deathOf(thread.index)
    this.deathsLeft--
    this.witness?.comes(DEATH, word, 1)
    this.words.log(word)
    this.words.set(word, 1)
    thread.die()
    if (!this.hasMourners) this.leave(thread, DEAD)
    this.trace.older[this.trace.count] = 0
    this.trace.push(thread.index, DEATH, word, 1, true)
    this.witness?.happened(0)
    if (this.stale !== undefined) this.stale.happened()
    this.strategy.happened(this.trace.count - 1)
    this.#unwind()
  }

  #replay(kind: number, word: number): void {
    const thread = this.current
    const at = thread.position
    if (thread.kinds[at] !== kind || thread.words[at] !== word) {
      const was = `${KIND_NAMES[thread.kinds[at]!]} of word ${thread.words[at]}`
      this.giveUp(`makes a ${KIND_NAMES[kind]} of word ${word} where it made a ${was}`)
    }
    this.answer = thread.values[at]!
    thread.position = at + 1
    if (thread.position === thread.recorded) this.mode = LIVE
  }

  /** A word was rung: who sleeps on it can go on, callbacks that wait for it will run. */
  #wake(word: number): void {
    const depth = this.trace.count - 1
    for (const thread of this.threads) {
      let wakes = thread.status === ASLEEP && thread.sleepsOn === word
      for (const [callback, on] of thread.listening) {
        if (on !== word) continue
        thread.listening.delete(callback)
        thread.woken.push(callback)
        this.stale?.woke(thread.index, word)
        wakes ||= thread.status === IDLE
      }
      if (!wakes) continue
      this.stale?.woke(thread.index, word)
      thread.status = RUNNABLE
      this.enabled |= bit(thread.index)
      this.strategy.woke(thread.index, depth)
    }
  }

  /** A mark of the explorer in the trace: a step begins or returns, a thread ends. */
  mark(kind: number, word: number, span: number): void {
    if (!this.begin(kind, word, span)) return
    if (kind === RETURN) {
      this.words.log(word)
      this.words.set(word, this.words.get(word) + 1)
    }
    this.end(kind, word, span, kind === RETURN, 0)
  }

  #unwind(): never {
    this.mode = UNWIND
    throw UNWINDING
  }
}

/** The one machine of this realm. */
export const machine: Machine = new Machine()
