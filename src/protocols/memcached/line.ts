/**
 * Command lines as bytes: one pass finds the end of the line and its words, and nothing becomes a
 * string. There is one `line` per thread: a command is read and executed before the next is read.
 *
 * A space ends a word, \n or \r\n ends the line. Of a line with more words than MAX_WORDS (only
 * retrievals may have more) the first ones are kept; the rest is walked where it lies.
 */
export const MAX_WORDS = 32
export const MAX_KEY_BYTES = 250

const SPACE = 32
const NEWLINE = 10
const RETURN = 13

export class CommandLine {
  bytes: Uint8Array = new Uint8Array(0)
  /** The text is `[from, end)`; the next command begins at `next`. */
  from = 0
  end = 0
  next = 0
  /** Words of the line, those beyond MAX_WORDS included. */
  count = 0
  /** Length of its longest word behind the first. */
  longest = 0
  /** Whether it has a control character: no key may. */
  hasControl = false
  readonly starts: Int32Array = new Int32Array(MAX_WORDS)
  readonly ends: Int32Array = new Int32Array(MAX_WORDS)

  /** Reads the line that begins at `from`; false when its end is not in `[from, to)`. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    this.hasControl = false
    let count = 0
    let longest = 0
    let start = -1
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!
      if (byte > SPACE) {
        if (start < 0) start = at
        continue
      }
      if (byte !== SPACE && byte !== NEWLINE) {
        if (byte === RETURN && at + 1 < to && bytes[at + 1] === NEWLINE) continue
        this.hasControl = true
        if (start < 0) start = at
        continue
      }
      if (start >= 0) {
        const end = byte === NEWLINE && at > start && bytes[at - 1] === RETURN ? at - 1 : at
        if (end > start) {
          if (count < MAX_WORDS) {
            this.starts[count] = start
            this.ends[count] = end
          }
          if (count > 0 && end - start > longest) longest = end - start
          count++
        }
        start = -1
      }
      if (byte === NEWLINE) {
        this.bytes = bytes
        this.from = from
        this.end = at > from && bytes[at - 1] === RETURN ? at - 1 : at
        this.next = at + 1
        this.count = count
        this.longest = longest
        return true
      }
    }
    return false
  }

  /** Whether a word is this ASCII text. */
  is(word: number, text: string): boolean {
    const start = this.starts[word]!
    if (word >= this.count || this.ends[word]! - start !== text.length) return false
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[start + i] !== text.charCodeAt(i)) return false
    }
    return true
  }

  wordBytes(word: number): number {
    return this.ends[word]! - this.starts[word]!
  }

  /** A word as text, for commands that are rare. */
  text(word: number): string {
    const bytes = this.bytes.subarray(this.starts[word], this.ends[word])
    return Buffer.from(bytes).toString('latin1')
  }

  /** Whether the last word is `noreply`. */
  endsInNoreply(): boolean {
    return this.count > 1 && this.count <= MAX_WORDS && this.is(this.count - 1, 'noreply')
  }

  /** Whether a word may be a key. */
  isKey(word: number): boolean {
    return !this.hasControl && this.wordBytes(word) <= MAX_KEY_BYTES
  }
}

/** The line that this thread is executing. */
export const line: CommandLine = new CommandLine()
