/**
 * Guesses cost time, more with each that was wrong: per address, since that is what an attacker has
 * few of. Attempts of one address are looked at one after the other; after three wrong ones the
 * next waits 100 ms, then 200, up to ten seconds, counted from the last failure. What was verified
 * before is remembered elsewhere and waits for nobody.
 *
 * Success does not make up for failures, or whoever has a password could guess another's beside it;
 * they are forgotten after ten quiet minutes. The table is bounded: the address that was quiet for
 * the longest time gives way. What counts as one address is for the server to say.
 */
const FREE_FAILURES = 3
const FIRST_DELAY_MS = 100
const MOST_DELAY_MS = 10_000
const FORGOTTEN_AFTER_MS = 600_000
const MOST_ADDRESSES = 4096
/** Of one address: more are turned away at once. */
const MOST_WAITING = 64

/** The clock, and how to wait: tests have their own. */
export interface AttemptTimer {
  now(): number
  wait(ms: number): Promise<void>
}

const REAL_TIMER: AttemptTimer = {
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

interface Guesser {
  failures: number
  failedAt: number
  /** Attempts that wait or are being verified. */
  pending: number
  /** Resolves when the one before has ended. */
  tail: Promise<void>
  end: () => void
}

export class Attempts {
  readonly #timer: AttemptTimer
  readonly #guessers = new Map<string, Guesser>()
  readonly #onDelay: () => void

  /** @param onDelay called for each attempt that has to wait */
  constructor(onDelay: () => void, timer: AttemptTimer = REAL_TIMER) {
    this.#onDelay = onDelay
    this.#timer = timer
  }

  /** Addresses that are known: for tests of the bound. */
  get size(): number {
    return this.#guessers.size
  }

  /** Waits for the turn of an attempt. False: too many wait already. `leave` must follow a true. */
  async enter(address: string): Promise<boolean> {
    const guesser = this.#guesser(address)
    if (guesser.pending === MOST_WAITING) return false
    guesser.pending++
    const turn = guesser.tail
    let end = (): void => {}
    guesser.tail = new Promise((resolve) => {
      end = resolve
    })
    await turn
    guesser.end = end
    const wait = guesser.failedAt + delayAfter(guesser.failures) - this.#timer.now()
    if (wait > 0) {
      this.#onDelay()
      await this.#timer.wait(wait)
    }
    return true
  }

  leave(address: string, hasFailed: boolean): void {
    const guesser = this.#guesser(address)
    guesser.pending--
    if (hasFailed) this.failed(address)
    guesser.end()
  }

  /** A wrong attempt, also one that another worker saw. */
  failed(address: string): void {
    const guesser = this.#guesser(address)
    guesser.failures++
    guesser.failedAt = this.#timer.now()
  }

  #guesser(address: string): Guesser {
    let guesser = this.#guessers.get(address)
    if (guesser === undefined) {
      if (this.#guessers.size >= MOST_ADDRESSES) this.#dropOne()
      const none = Promise.resolve()
      guesser = { failures: 0, failedAt: -FORGOTTEN_AFTER_MS, pending: 0, tail: none, end() {} }
    } else this.#guessers.delete(address)
    if (this.#timer.now() - guesser.failedAt >= FORGOTTEN_AFTER_MS) guesser.failures = 0
    this.#guessers.set(address, guesser) // the last used comes last
    return guesser
  }

  /** Of the addresses that have nothing under way, the one that was quiet for the longest time. */
  #dropOne(): void {
    for (const [key, { pending }] of this.#guessers) {
      if (pending > 0) continue
      this.#guessers.delete(key)
      return
    }
  }
}

function delayAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES))
}
