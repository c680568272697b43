/**
 * Finds requests in what arrives: arrays of bulk strings, or inline commands. It copies nothing;
 * arguments are ranges of the bytes that it was given.
 *
 * An unfinished request is gone on with when more has arrived, not read again from its beginning:
 * one of many arguments would otherwise cost the square of its length. What is too large for the
 * cache is passed over as it comes, and refused once it is over, so that the connection lives on.
 */
import { Args } from './args.ts'
import { splitInline } from './inline.ts'

const ARRAY = 42
const BULK = 36
const RETURN = 13
const NEWLINE = 10
const MINUS = 45
const NO_LENGTH = -1
/** Lines that do not end within so many bytes end the connection. */
const LONGEST_LINE = 64 * 1024
/** Redis' proto-max-bulk-len: more ends the connection. */
const LONGEST_BULK = 512 * 1024 * 1024
const MOST_ANNOUNCED = 2 ** 31 - 1
const MOST_ARGUMENTS = 1024 * 1024
const INVALID = -1
/** Of somebody who has not said who it is: what AUTH and HELLO need. As in Redis. */
const MOST_LIMITED_ARGUMENTS = 10
const MOST_LIMITED_BULK = 16_384

/** The request is not all there. */
export const UNFINISHED = -1
/** `error` says why the connection ends. */
export const FAILED = -2

export class RequestParser {
  readonly args: Args = new Args()
  /** Why the bytes are no requests. */
  error = ''
  /** Why the request that has just ended is not executed; '' when it is. */
  refusal = ''
  /** Of an unfinished request: bytes before this are not needed any more. */
  keepFrom = 0
  /** Bytes from its beginning that must be there before `parse` gets further; 0: one line more. */
  wanted = 0
  /** The client has not said who it is, and may send only little. */
  isLimited = false
  readonly #longestArgument: number
  readonly #mostBytes: number
  readonly #tooLarge: string
  #isBegun = false
  /** Arguments still to come, and the length of the next when its line is read. */
  #left = 0
  #bulk = NO_LENGTH
  /** How far it came, from the beginning of what is kept. */
  #at = 0
  #total = 0
  #next = 0

  /**
   * @param tooLarge what is said of an argument longer than `longestArgument`
   * @param mostBytes of all arguments of a request together; two of the longest always fit
   */
  constructor(longestArgument: number, tooLarge: string, mostBytes: number) {
    this.#longestArgument = longestArgument
    this.#mostBytes = Math.max(mostBytes, 2 * longestArgument)
    this.#tooLarge = tooLarge
  }

  /** Part of a request was read, and there is more to come. */
  get isWithin(): boolean {
    return this.#isBegun
  }

  /** A refused request is being passed over: nothing of it is kept, but it is not over. */
  get isPassing(): boolean {
    return this.#isBegun && this.refusal !== ''
  }

  /**
   * Reads the request that begins at `from`, or goes on with it.
   * @returns where the next begins, UNFINISHED or FAILED
   */
  parse(bytes: Uint8Array, from: number, to: number): number {
    const { args } = this
    let at = from + this.#at
    if (!this.#isBegun) {
      this.refusal = ''
      if (bytes[from] !== ARRAY) return this.#parseInline(bytes, from, to)
      const count = this.#line(bytes, from, to, 'mbulk count')
      if (count === UNFINISHED || count === FAILED) return this.#stop(count, from, from)
      if (this.isLimited && count > MOST_LIMITED_ARGUMENTS) {
        return this.#stop(this.#fail('unauthenticated multibulk length'), from, from)
      }
      at = this.#next
      args.clear()
      this.#begin(count)
    }
    args.bytes = bytes
    while (this.#left > 0) {
      if (this.#bulk === NO_LENGTH) {
        const length = this.#line(bytes, at, to, 'bulk count')
        if (length === UNFINISHED || length === FAILED) return this.#stop(length, from, at)
        if (this.isLimited && length > MOST_LIMITED_BULK) {
          return this.#stop(this.#fail('unauthenticated bulk length'), from, at)
        }
        at = this.#next
        this.#bulk = length
        this.#weigh()
      }
      const end = at + this.#bulk + 2
      if (end > to)
        return this.refusal === '' ? this.#want(from, at, end) : this.#pass(from, at, to)
      if (this.refusal === '') args.add(at, end - 2)
      at = end
      this.#left--
      this.#bulk = NO_LENGTH
    }
    this.#isBegun = false
    this.#at = 0
    return at
  }

  #begin(count: number): void {
    const left = count
    this.#left = left
    this.#bulk = NO_LENGTH
    this.#total = 0
    this.#isBegun = true
    if (left > MOST_ARGUMENTS) this.refusal = `ERR more than ${MOST_ARGUMENTS} arguments`
  }

  /** An argument of which the length is known now. */
  #weigh(): void {
    this.#total += this.#bulk
    if (this.refusal !== '') return
    if (this.#bulk > this.#longestArgument) this.refusal = this.#tooLarge
    else if (this.#total > this.#mostBytes) {
      this.refusal = `ERR the arguments have more than ${this.#mostBytes} bytes together`
    }
  }

  #want(from: number, at: number, end: number): typeof UNFINISHED {
    this.#at = at - from
    this.wanted = end - from
    this.keepFrom = from
    return UNFINISHED
  }

  /** Passes over what is there of a refused argument. */
  #pass(from: number, at: number, to: number): number {
    const passed = Math.min(to - at, this.#bulk)
    this.#bulk -= passed
    return this.#stop(UNFINISHED, from, at + passed)
  }

  /** At a line that is not whole, or not what it should be. */
  #stop(reason: typeof UNFINISHED | typeof FAILED, from: number, at: number): number {
    const keepsAll = this.refusal === ''
    this.keepFrom = keepsAll ? from : at
    this.#at = keepsAll ? at - from : 0
    this.wanted = 0
    if (!this.#isBegun) this.#at = 0
    return reason
  }

  #parseInline(bytes: Uint8Array, from: number, to: number): number {
    const newline = indexOf(bytes, NEWLINE, from, to)
    if (newline < 0) {
      if (to - from > LONGEST_LINE) return this.#fail('too big inline request')
      return this.#stop(UNFINISHED, from, from)
    }
    const end = newline > from && bytes[newline - 1] === RETURN ? newline - 1 : newline
    if (!splitInline(bytes, from, end, this.args)) return this.#fail('unbalanced quotes in request')
    return newline + 1
  }

  /**
   * Reads a line of one type byte and a number; `#next` is what follows it.
   * @returns the number, 0 or more, or UNFINISHED or FAILED
   */
  #line(bytes: Uint8Array, at: number, to: number, what: 'mbulk count' | 'bulk count'): number {
    // By far the most lines have one digit.
    if (at + 3 < to && bytes[at + 2] === RETURN && (what === 'mbulk count' || bytes[at] === BULK)) {
      const digit = bytes[at + 1]! - 48
      if (digit >= 0 && digit <= 9) {
        this.#next = at + 4
        return digit
      }
    }
    const end = indexOf(bytes, RETURN, at, to)
    if (end < 0 && to - at > LONGEST_LINE) return this.#fail(`too big ${what} string`)
    if (end < 0 || end + 2 > to) return UNFINISHED
    this.#next = end + 2
    const isArray = what === 'mbulk count'
    if (!isArray && bytes[at] !== BULK) {
      return this.#fail(`expected '$', got '${String.fromCharCode(bytes[at]!)}'`)
    }
    const length = numberIn(bytes, at + 1, end, isArray)
    if (isArray) {
      if (length > MOST_ANNOUNCED || Number.isNaN(length)) {
        return this.#fail('invalid multibulk length')
      }
      return Math.max(length, 0)
    }
    if (!(length >= 0 && length <= LONGEST_BULK)) return this.#fail('invalid bulk length')
    return length
  }

  #fail(why: string): typeof FAILED {
    this.error = `ERR Protocol error: ${why}`
    return FAILED
  }
}

function indexOf(bytes: Uint8Array, byte: number, from: number, to: number): number {
  const limit = Math.min(to, from + 16)
  for (let i = from; i < limit; i++) if (bytes[i] === byte) return i
  if (limit === to) return INVALID
  const found = bytes.subarray(limit, to).indexOf(byte)
  return found < 0 ? INVALID : limit + found
}

/** A decimal integer in its one form; NaN for everything else. */
function numberIn(bytes: Uint8Array, from: number, to: number, mayBeNegative: boolean): number {
  const isNegative = bytes[from] === MINUS
  const first = isNegative ? from + 1 : from
  if (first >= to || to - first > 19 || (isNegative && !mayBeNegative)) return Number.NaN
  if (bytes[first] === 48 && (to - first > 1 || isNegative)) return Number.NaN
  let value = 0
  for (let i = first; i < to; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}
