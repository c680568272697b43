/**
 * Ends of lines that say how long a short value is, such as `$32` and a line end, ready to be
 * written by two stores: they have at most eight bytes, and what is written beyond them the value
 * overwrites.
 */
const LENGTHS = 1000
/** The longest value that has its line here. */
export const MOST_SHORT: number = LENGTHS - 1
/** What `put` may write: room for it must be there. */
export const LINE_ROOM = 8
/** A line end, as little-endian half word. */
export const LINE_END = 0x0a0d

export class LengthLines {
  readonly #first = new Int32Array(LENGTHS)
  readonly #rest = new Int32Array(LENGTHS)
  readonly #leastBytes: number

  /** @param before what stands before the number: at most three characters */
  constructor(before: string) {
    this.#leastBytes = before.length + 3
    for (let length = 0; length < LENGTHS; length++) {
      const line = Buffer.alloc(LINE_ROOM)
      line.write(`${before}${length}\r\n`)
      this.#first[length] = line.readInt32LE(0)
      this.#rest[length] = line.readInt32LE(4)
    }
  }

  /** Writes the line for a value of at most MOST_SHORT bytes; returns where it ends. */
  put(view: DataView, at: number, length: number): number {
    view.setInt32(at, this.#first[length]!, true)
    view.setInt32(at + 4, this.#rest[length]!, true)
    return at + this.#leastBytes + (length < 10 ? 0 : length < 100 ? 1 : 2)
  }
}
