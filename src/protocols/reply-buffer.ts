/**
 * Where protocols write replies: one growing byte buffer per worker, written front to back and
 * handed to the connection's writer once per batch of commands.
 */
const FIRST_BYTES = 64 * 1024
/** Larger numbers take the way over a string. */
const MOST_SHORT = 999_999

/** Below this a loop is faster than the runtime's copy. */
const SHORT_COPY = 24
const copyRange = Buffer.prototype.copy

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

export class ReplyBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** Of all of `bytes`. */
  view: DataView = viewOf(this.bytes)
  /** Bytes written so far. */
  length = 0
  /** Protocols stop between replies once `length` has reached this: the backpressure of replies. */
  readonly softLimit: number
  readonly #keptBytes: number

  /** @param keptBytes the buffer shrinks again when it has grown beyond this */
  constructor(softLimit = 256 * 1024, keptBytes = 4 * softLimit) {
    this.softLimit = softLimit
    this.#keptBytes = keptBytes
  }

  get isFull(): boolean {
    return this.length >= this.softLimit
  }

  /** Makes room for so many more bytes and returns where they begin; `length` stays. */
  reserve(count: number): number {
    const needed = this.length + count
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length))
      this.bytes.copy(grown, 0, 0, this.length)
      this.bytes = grown
      this.view = viewOf(grown)
    }
    return this.length
  }

  /** Appends ASCII text. */
  text(text: string): void {
    let at = this.reserve(text.length)
    const { bytes } = this
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
    this.length = at
  }

  /** Appends bytes. */
  copy(source: Uint8Array, from: number, to: number): void {
    const at = this.reserve(to - from)
    const { bytes } = this
    if (to - from <= SHORT_COPY) for (let i = from; i < to; i++) bytes[at + i - from] = source[i]!
    else copyRange.call(source as Buffer, bytes, at, from, to)
    this.length = at + to - from
  }

  /** Appends a non-negative integer up to 2^53 in decimal. */
  number(value: number): void {
    if (value > MOST_SHORT) {
      this.text(String(value))
      return
    }
    let digits = 1
    for (let bound = 10; value >= bound; bound *= 10) digits++
    const at = this.reserve(digits)
    const { bytes } = this
    let rest = value
    for (let i = at + digits - 1; i >= at; i--) {
      const tenth = Math.floor(rest / 10)
      bytes[i] = 48 + rest - 10 * tenth
      rest = tenth
    }
    this.length = at + digits
  }

  /** Empties the buffer; one that grew for a large value shrinks again. */
  clear(): void {
    this.length = 0
    if (this.bytes.length <= this.#keptBytes) return
    this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.view = viewOf(this.bytes)
  }
}
