/**
 * A ring of records in shared memory between one writer and one reader: the hand-off of frames.
 *
 *    word 0        1        2         3          4          then, 8-byte aligned
 *   +--------+--------+---------+----------+----------+-- ~ --------------+
 *   | length |  slot  |  kind   | position | executed | payload of length |
 *   +--------+--------+---------+----------+----------+-- ~ --------------+
 *
 * Positions count bytes and wrap at 2^32; a position modulo the ring's size is an offset. A record
 * that begins before the end of the ring may reach past it, into slack that is as long as the
 * longest record; the next one begins at offset 0. So no record is ever split.
 *
 * The positions themselves live in the link's control words (link.ts). Here are only bytes: plain
 * stores by the writer before it publishes its position, plain loads by the reader after it.
 */
import { copyIn, poke } from '#words'

/** The longest payload of one record: as much as one read from a socket gives. */
export const MOST_PAYLOAD: number = 64 * 1024
const HEADER_WORDS = 6
export const HEADER_BYTES: number = HEADER_WORDS * 4
const SLACK_BYTES = HEADER_BYTES + MOST_PAYLOAD + 8

export class Ring {
  readonly size: number
  readonly words: Int32Array
  readonly bytes: Buffer

  /** Shared memory for a ring of `size` bytes, a power of two. */
  static create(size: number): SharedArrayBuffer {
    return new SharedArrayBuffer(size + SLACK_BYTES)
  }

  constructor(memory: SharedArrayBuffer) {
    this.size = memory.byteLength - SLACK_BYTES
    this.words = new Int32Array(memory)
    this.bytes = Buffer.from(memory)
  }

  /** The word index of the record at a position. */
  wordAt(position: number): number {
    return (position & (this.size - 1)) >> 2
  }

  /** The byte index of its payload. */
  payloadAt(position: number): number {
    return (position & (this.size - 1)) + HEADER_BYTES
  }

  /** The position after a record of so much payload. */
  after(position: number, length: number): number {
    const offset = position & (this.size - 1)
    const end = (offset + HEADER_BYTES + length + 7) & ~7
    return (position + (end >= this.size ? this.size - offset : end - offset)) | 0
  }

  /** Bytes that are free when the reader is at `head` and the writer at `tail`. */
  room(head: number, tail: number): number {
    return this.size - ((tail - head) | 0)
  }

  /** Writes the header of a record. */
  describe(
    position: number,
    length: number,
    slot: number,
    kind: number,
    request: number,
    executed: number,
  ): void {
    const at = this.wordAt(position)
    const { words } = this
    poke(words, at, length)
    poke(words, at + 1, slot)
    poke(words, at + 2, kind)
    poke(words, at + 3, request)
    poke(words, at + 4, executed)
  }

  /** Copies `source[from..to)` to the payload of the record at a position. */
  fill(position: number, source: Buffer, from: number, to: number): void {
    copyIn(this.bytes, this.payloadAt(position), source, from, to)
  }
}
