/**
 * The arguments of one command as ranges of the bytes that it lies in, the name of the command
 * first. One object per connection, filled by the parser and read by the command; nothing of it is
 * valid after the command, except in a copy.
 */
const NOTHING = new Uint8Array(0)
const DIGIT_0 = 48
const MINUS = 45
const SAFE_DIGITS = 15
const MOST_DIGITS = 20
const LEAST = -(2n ** 63n)
const MOST = 2n ** 63n - 1n

export class Args {
  bytes: Uint8Array = NOTHING
  count = 0
  readonly #from: number[] = []
  readonly #to: number[] = []

  /** Also lets go of the bytes. */
  clear(): void {
    this.count = 0
    this.bytes = NOTHING
    if (this.#from.length > 1024) this.#from.length = this.#to.length = 0
  }

  /** There are none yet; they will be ranges of these bytes. */
  begin(bytes: Uint8Array): void {
    this.count = 0
    this.bytes = bytes
  }

  /** Adds the argument `bytes[from..to)`. */
  add(from: number, to: number): void {
    this.#from[this.count] = from
    this.#to[this.count++] = to
  }

  /** The bytes were moved: all ranges lie so much further on. */
  shift(by: number): void {
    for (let i = 0; i < this.count; i++) {
      this.#from[i]! += by
      this.#to[i]! += by
    }
  }

  from(index: number): number {
    return this.#from[index]!
  }

  to(index: number): number {
    return this.#to[index]!
  }

  /** Bytes of an argument. */
  size(index: number): number {
    return this.#to[index]! - this.#from[index]!
  }

  /** An argument as text; bytes that are no UTF-8 become U+FFFD. */
  text(index: number): string {
    return Buffer.from(this.slice(index)).toString()
  }

  /** An argument as text with one character per byte. */
  latin(index: number): string {
    return Buffer.from(this.slice(index)).toString('latin1')
  }

  /** An argument as errors show it: a character per byte, up to a zero byte or so many. */
  shown(index: number, most: number): string {
    const text = this.latin(index)
    const end = text.indexOf('\0')
    return text.slice(0, Math.min(most, end < 0 ? most : end))
  }

  /**
   * An argument where it lies: valid during the command. Never a Buffer, whose `slice` would be a
   * view as well: who keeps the argument calls that for a copy.
   */
  slice(index: number): Uint8Array {
    const { buffer, byteOffset } = this.bytes
    return new Uint8Array(buffer, byteOffset + this.#from[index]!, this.size(index))
  }

  /** Whether an argument is this word, given in lower case, in any case. */
  is(index: number, word: string): boolean {
    const from = this.#from[index]!
    if (this.#to[index]! - from !== word.length) return false
    const { bytes } = this
    for (let i = 0; i < word.length; i++) {
      let byte = bytes[from + i]!
      if (byte >= 65 && byte <= 90) byte += 32
      if (byte !== word.charCodeAt(i)) return false
    }
    return true
  }

  /**
   * A decimal integer that a double holds exactly, in the one form that Redis takes (no plus, no
   * leading zeros); NaN for everything else, also for larger ones (see `long`).
   */
  integer(index: number): number {
    const from = this.#from[index]!
    const to = this.#to[index]!
    const { bytes } = this
    const isNegative = bytes[from] === MINUS && to - from > 1
    const first = isNegative ? from + 1 : from
    const digits = to - first
    if (digits < 1) return Number.NaN
    if (digits > SAFE_DIGITS) return this.#largeInteger(index)
    if (bytes[first] === DIGIT_0 && (digits > 1 || isNegative)) return Number.NaN
    let value = 0
    for (let i = first; i < to; i++) {
      const digit = bytes[i]! - DIGIT_0
      if (digit < 0 || digit > 9) return Number.NaN
      value = value * 10 + digit
    }
    return isNegative ? -value : value
  }

  #largeInteger(index: number): number {
    const value = this.long(index)
    if (value === undefined) return Number.NaN
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : Number.NaN
  }

  /** A signed 64-bit integer in the form that Redis takes, or undefined. */
  long(index: number): bigint | undefined {
    const size = this.size(index)
    if (size === 0 || size > MOST_DIGITS) return undefined
    const text = this.latin(index)
    if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return undefined
    const value = BigInt(text)
    return value < LEAST || value > MOST ? undefined : value
  }

  /** These arguments in bytes of their own: for what outlives the command. */
  copy(): Args {
    const copy = new Args()
    let length = 0
    for (let i = 0; i < this.count; i++) length += this.size(i)
    const bytes = new Uint8Array(length)
    copy.bytes = bytes
    let at = 0
    for (let i = 0; i < this.count; i++) {
      bytes.set(this.slice(i), at)
      copy.add(at, at + this.size(i))
      at += this.size(i)
    }
    return copy
  }
}
