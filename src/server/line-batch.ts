/**
 * Log lines on their way from a worker to the thread that knows the watchers: collected over a turn
 * of the event loop, and dropped while too many bytes were sent and not taken. A busy thread's
 * inbox would otherwise grow without bound.
 */

/** Sent and not yet taken: beyond it lines are dropped. */
const MOST_UNDER_WAY = 256 * 1024

export class LineBatch {
  readonly #send: (kind: number, lines: string) => void
  readonly #dropped: () => void
  #kind = 0
  #lines = ''
  #underWay = 0
  #isScheduled = false

  /** @param dropped called for each line that was dropped */
  constructor(send: (kind: number, lines: string) => void, dropped: () => void) {
    this.#send = send
    this.#dropped = dropped
  }

  /** Takes one line, without its end. */
  add(kind: number, line: string): void {
    if (this.#underWay + this.#lines.length > MOST_UNDER_WAY) {
      this.#dropped()
      return
    }
    if (kind !== this.#kind) this.flush()
    this.#kind = kind
    this.#lines += `${line}\n`
    if (this.#isScheduled) return
    this.flush() // The first of a turn at once.
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.flush()
    })
  }

  flush(): void {
    if (this.#lines === '') return
    this.#underWay += this.#lines.length
    this.#send(this.#kind, this.#lines)
    this.#lines = ''
  }

  /** The other thread has taken so many characters. */
  taken(characters: number): void {
    this.#underWay -= characters
  }
}
