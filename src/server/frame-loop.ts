/**
 * When a worker runs and when it sleeps.
 *
 * A worker that was busy a moment ago blocks on its bell in short slices: that wakes it soonest.
 * One that has been idle for a while waits by promise and costs nothing. Either way it is back in
 * its event loop every TURN_MS, for messages, timers and the engine's watch over other threads.
 *
 * No wake-up is lost: the worker says what it sleeps for, and looks once more before it sleeps; the
 * acceptor writes first and looks at the bell afterwards. One of the two sees the other.
 */
import type { FrameExecutor } from './frame-executor.ts'
import { AWAKE, BELL, FOR_ROOM, FOR_WORK, HUB_BELL } from './link.ts'
import { load, restWhile, ring, soon, store, swap, whenRung } from '#words'

const TURN_MS = 20
const SLICE_MS = 2
/** Idle for so long: wait by promise. */
const BUSY_MS = 50
/** The clock is asked once in so many steps. */
const STEPS_PER_LOOK = 8

export class FrameLoop {
  readonly #executor: FrameExecutor
  readonly #control: Int32Array
  readonly #hub: Int32Array
  readonly #mayBlock: () => boolean
  readonly #now: () => number
  readonly #isWanted: () => boolean
  #busyAt = 0
  /** Time in `restWhile` so far, ms: it looks busy to the event loop. */
  restedMs = 0
  #isStopped = false

  /**
   * @param mayBlock whether nothing but frames needs this thread at the moment
   * @param now in ms
   * @param isWanted whether the event loop has something to do that shall not wait for TURN_MS
   */
  constructor(
    executor: FrameExecutor,
    mayBlock: () => boolean,
    now: () => number = () => performance.now(),
    isWanted: () => boolean = () => false,
  ) {
    this.#isWanted = isWanted
    this.#executor = executor
    this.#control = executor.link.control
    this.#hub = executor.link.hub
    this.#mayBlock = mayBlock
    this.#now = now
  }

  start(): void {
    store(this.#control, BELL, AWAKE)
    soon(this.#turn)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** There is work that no bell tells of. */
  nudge(): void {
    for (const reason of [FOR_WORK, FOR_ROOM]) {
      if (swap(this.#control, BELL, reason, AWAKE)) ring(this.#control, BELL)
    }
  }

  readonly #turn = (): void => {
    if (this.#isStopped) return
    store(this.#control, BELL, AWAKE)
    const executor = this.#executor
    const begunAt = this.#now()
    let now = begunAt
    let steps = 0
    while (now - begunAt < TURN_MS && !this.#isWanted()) {
      if (executor.step()) {
        this.#ringAcceptor()
        if (++steps % STEPS_PER_LOOK === 0) now = this.#busyAt = this.#now()
        continue
      }
      this.#ringAcceptor()
      now = this.#now()
      if (steps > 0) this.#busyAt = now
      steps = 0
      if (!this.#mayBlock() || now - this.#busyAt > BUSY_MS) {
        this.#waitByPromise()
        return
      }
      this.#block()
    }
    soon(this.#turn)
  }

  #block(): void {
    const reason = this.#executor.isStuck ? FOR_ROOM : FOR_WORK
    store(this.#control, BELL, reason)
    const restsAt = this.#now()
    if (!this.#executor.hasWork) restWhile(this.#control, BELL, reason, SLICE_MS)
    this.restedMs += this.#now() - restsAt
    store(this.#control, BELL, AWAKE)
  }

  #waitByPromise(): void {
    const reason = this.#executor.isStuck ? FOR_ROOM : FOR_WORK
    store(this.#control, BELL, reason)
    if (this.#executor.hasWork) soon(this.#turn)
    else whenRung(this.#control, BELL, reason, this.#turn)
  }

  /** Tells the acceptor of new replies, if it asked to be told. */
  #ringAcceptor(): void {
    const hub = this.#hub
    if (load(hub, HUB_BELL) === 1 && swap(hub, HUB_BELL, 1, 0)) ring(hub, HUB_BELL)
  }
}
