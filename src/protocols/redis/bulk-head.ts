/**
 * The heads of short bulk strings, ready to be written by two stores: `$LENGTH` and a line end are
 * four to six bytes, and what is written beyond them is overwritten by the value.
 */
const LENGTHS = 1000
/** The longest value that has its head here. */
export const MOST_SHORT_BULK: number = LENGTHS - 1
/** What a head may write: room for it must be there. */
export const BULK_HEAD_BYTES = 8
/** A line end, as little-endian half word. */
export const LINE_END = 0x0a0d

const FIRST = new Int32Array(LENGTHS)
const REST = new Int32Array(LENGTHS)
for (let length = 0; length < LENGTHS; length++) {
  const head = Buffer.alloc(BULK_HEAD_BYTES)
  head.write(`$${length}\r\n`)
  FIRST[length] = head.readInt32LE(0)
  REST[length] = head.readInt32LE(4)
}

/** Writes the head of a value of at most MOST_SHORT_BULK bytes; returns where it ends. */
export function putBulkHead(view: DataView, at: number, length: number): number {
  view.setInt32(at, FIRST[length]!, true)
  view.setInt32(at + 4, REST[length]!, true)
  return at + (length < 10 ? 4 : length < 100 ? 5 : 6)
}
