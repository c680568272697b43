/**
 * A thread of a program: where it is, the record of what it read and wrote in this execution, and
 * the callbacks it waits with.
 */
import type { Step } from './program.ts'
import type { PrivateState } from './private-state.ts'

export const RUNNABLE = 0
/** Sleeps in `restWhile`. */
export const ASLEEP = 1
/** Has nothing to do in its event loop until a word is rung. */
export const IDLE = 2
export const ENDED = 3
export const DEAD = 4

export interface OpenCall {
  thread: number
  step: number
  label: string
  invoked: number
  returned: number
  result: unknown
  error: unknown
}

export class Thread {
  readonly index: number
  readonly steps: readonly Step[]
  readonly state: PrivateState
  status = RUNNABLE
  /** Its steps are over; it runs only what others do when they notice its death. */
  isDead = false
  /** The word that it sleeps on. */
  sleepsOn = -1
  // The record; what comes before `position` was answered already in this run of the thread.
  recorded = 0
  position = 0
  readonly kinds: Uint8Array
  readonly words: Int32Array
  readonly values: Float64Array
  readonly pairs = new Map<number, bigint>()
  readonly calls: OpenCall[] = []
  /** Callbacks given to `whenRung`, in order; the same again in each run of the thread. */
  callbacks: (() => void)[] = []
  /** Which of them sleep, and on which word. */
  readonly listening = new Map<number, number>()
  /** Those that were woken, in that order. */
  readonly woken: number[] = []

  constructor(index: number, steps: readonly Step[], state: PrivateState, most: number) {
    this.index = index
    this.steps = steps
    this.state = state
    this.kinds = new Uint8Array(most)
    this.words = new Int32Array(most)
    this.values = new Float64Array(most)
  }

  /** Before an execution. */
  reset(): void {
    this.status = RUNNABLE
    this.isDead = false
    this.sleepsOn = -1
    this.recorded = 0
    this.pairs.clear()
    this.calls.length = 0
    this.listening.clear()
    this.woken.length = 0
  }

  /** What it did stays; what it runs from now on is another record. */
  die(): void {
    this.isDead = true
    this.recorded = 0
    this.pairs.clear()
    this.listening.clear()
  }

  /** Before each run of its steps. */
  rewind(): void {
    this.position = 0
    this.callbacks = []
    this.state.restore()
  }

  record(kind: number, word: number, value: number): void {
    const at = this.recorded++
    this.kinds[at] = kind
    this.words[at] = word
    this.values[at] = value
    this.position = this.recorded
  }
}
