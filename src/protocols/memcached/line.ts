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
    this.count = this.longest = 0
    let at = from
    for (;;) {
      while (at < to && bytes[at] === SPACE) at++
      const start = at
      at = this.#endOfWord(bytes, at, to)
      if (at === to) return false
      const byte = bytes[at]!
      if (at > start) this.#add(start, at)
      if (byte === SPACE) continue
      this.bytes = bytes
      this.from = from
      this.end = at
      this.next = byte === NEWLINE ? at + 1 : at + 2
      return true
    }
  }

  /** Where a word ends: at a space or at the end of the line; `to` when neither is there. */
  #endOfWord(bytes: Uint8Array, start: number, to: number): number {
    for (let at = start; at < to; at++) {
      const byte = bytes[at]!
      if (byte > SPACE) continue
      if (byte === SPACE || byte === NEWLINE) return at
      if (byte === RETURN && at + 1 < to && bytes[at + 1] === NEWLINE) return at
      this.hasControl = true
    }
    return to
  }

  #add(start: number, end: number): void {
    const { count } = this
    if (count < MAX_WORDS) {
      this.starts[count] = start
      this.ends[count] = end
    }
    if (count > 0 && end - start > this.longest) this.longest = end - start
    this.count = count + 1
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

  /**
   * Whether the last word begins with `HTTP/`: what follows is what some web page would have
   * executed here.
   */
  endsInHttp(): boolean {
    const text = Buffer.from(this.bytes.subarray(this.from, this.end)).toString('latin1')
    return /(?:^| )HTTP\/[^ ]* *$/.test(text)
  }

  /** Whether a word may be a key. */
  isKey(word: number): boolean {
    return !this.hasControl && this.wordBytes(word) <= MAX_KEY_BYTES
  }
}

/** The line that this thread is executing. */
export const line: CommandLine = new CommandLine()
