/**
 * The forms of a reply, in RESP2 or RESP3, written to the reply buffer of the moment.
 *
 * A nested reply is written front to back: `array(2)` and then two replies. What RESP2 has no form
 * for takes the form that Redis gives it there: a map is an array of twice as many, a set an array,
 * a double a bulk string, a null a null bulk string.
 */
import { ReplyBuffer } from '../reply-buffer.ts'

const NOTHING = new ReplyBuffer(1)
NOTHING.bytes = Buffer.alloc(0)
const CR = 13
const LF = 10
const DOLLAR = 36

export class Reply {
  /** Where replies go, during a feed. */
  out: ReplyBuffer = NOTHING
  isResp3 = false
  /** Errors so far. */
  errors = 0
  /** Who counts them. */
  onError: (text: string) => void = () => {}

  ok(): void {
    this.out.text('+OK\r\n')
  }

  queued(): void {
    this.out.text('+QUEUED\r\n')
  }

  /** A status: one line of ASCII. */
  simple(text: string): void {
    this.out.text(`+${text}\r\n`)
  }

  /** An error that begins with its code, a character per byte; line ends become spaces. */
  error(text: string): void {
    this.errors++
    this.onError(text)
    const line = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, ' ') : text
    this.out.text(`-${line}\r\n`)
  }

  integer(value: number | bigint): void {
    const { out } = this
    if (value === 0) out.text(':0\r\n')
    else if (value === 1) out.text(':1\r\n')
    else out.text(`:${value}\r\n`)
  }

  /** The bytes `source[from..to)`. */
  bulk(source: Uint8Array, from = 0, to: number = source.length): void {
    this.head(DOLLAR, to - from)
    this.out.copy(source, from, to)
    this.out.text('\r\n')
  }

  /** Text as UTF-8. */
  bulkText(text: string): void {
    this.bulk(Buffer.from(text, 'utf8'))
  }

  /**
   * The head of a bulk string, and room for its bytes.
   * @returns where in `out.bytes` they go; `closeBulk` follows
   */
  openBulk(length: number): number {
    this.head(DOLLAR, length)
    return this.out.reserve(length + 2)
  }

  closeBulk(length: number): void {
    const { out } = this
    out.bytes[out.length + length] = CR
    out.bytes[out.length + length + 1] = LF
    out.length += length + 2
  }

  nil(): void {
    this.out.text(this.isResp3 ? '_\r\n' : '$-1\r\n')
  }

  nilArray(): void {
    this.out.text(this.isResp3 ? '_\r\n' : '*-1\r\n')
  }

  /** The head of an array; so many replies follow. */
  array(count: number): void {
    this.head(42, count)
  }

  /** The head of a map; so many pairs of replies follow. */
  map(pairs: number): void {
    if (this.isResp3) this.head(37, pairs)
    else this.head(42, 2 * pairs)
  }

  set(count: number): void {
    this.head(this.isResp3 ? 126 : 42, count)
  }

  /** What comes without having been asked for; RESP2 has only arrays for it. */
  push(count: number): void {
    this.head(this.isResp3 ? 62 : 42, count)
  }

  /** A number in the text that Redis would print. */
  double(text: string): void {
    if (this.isResp3) this.out.text(`,${text}\r\n`)
    else this.bulkText(text)
  }

  boolean(is: boolean): void {
    if (this.isResp3) this.out.text(is ? '#t\r\n' : '#f\r\n')
    else this.integer(is ? 1 : 0)
  }

  /** Text to be shown as it is. */
  verbatim(text: string): void {
    if (!this.isResp3) {
      this.bulkText(text)
      return
    }
    const bytes = Buffer.from(text, 'utf8')
    this.head(61, bytes.length + 4)
    this.out.text('txt:')
    this.out.copy(bytes, 0, bytes.length)
    this.out.text('\r\n')
  }

  /** One type byte, a count, a line end. */
  head(type: number, count: number): void {
    const { out } = this
    const at = out.reserve(4)
    if (count < 10) {
      const { bytes } = out
      bytes[at] = type
      bytes[at + 1] = 48 + count
      bytes[at + 2] = CR
      bytes[at + 3] = LF
      out.length = at + 4
      return
    }
    out.bytes[at] = type
    out.length = at + 1
    out.number(count)
    out.text('\r\n')
  }
}

/** Nothing is written between feeds. */
export { NOTHING as NO_REPLIES }
