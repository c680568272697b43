/**
 * What came for a client without having been asked for, and is not written yet. It is bounded: a
 * client that does not read is to be cut. One that reads may get a burst, since messages of other
 * workers come many at once.
 */
import type { ReplyBuffer } from '../reply-buffer.ts'

/** Redis' output buffer limit of subscribers. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_BURST_BYTES = 4 * MOST_BYTES
/** So long nothing was written: the client does not read. */
const STUCK_MS = 1000

export class Pushes {
  #queue: Buffer[] = []
  #bytes = 0
  /** When some of it was written, or the first of it came. */
  #progressAt = 0

  get count(): number {
    return this.#queue.length
  }

  /** @returns false when that is more than may wait */
  add(bytes: Buffer, now: number): boolean {
    if (this.#queue.length === 0) this.#progressAt = now
    this.#queue.push(bytes)
    this.#bytes += bytes.length
    const isStuck = now - this.#progressAt >= STUCK_MS
    return this.#bytes <= (isStuck ? MOST_BYTES : MOST_BURST_BYTES)
  }

  /** Writes until the reply buffer is full. */
  write(out: ReplyBuffer, now: number): void {
    let written = 0
    while (written < this.#queue.length && !out.isFull) {
      const bytes = this.#queue[written++]!
      out.copy(bytes, 0, bytes.length)
      this.#bytes -= bytes.length
    }
    this.#queue.splice(0, written)
    this.#progressAt = now
  }

  clear(): void {
    this.#queue = []
    this.#bytes = 0
  }
}
