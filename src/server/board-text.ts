/**
 * Short texts in shared memory, in front of them their length: addresses on the connection board.
 * They may be seen half written; they are shown to people, and nothing hangs on them.
 */
import { copyIn, peek, peekBuffer, poke } from '#words'

/** A place for one text: the word of its length, and what follows it. */
export interface TextPlace {
  readonly words: Int32Array
  /** The same memory. */
  readonly bytes: Buffer
  readonly room: number
}

/** What does not fit is left out. */
export function writeText({ words, bytes, room }: TextPlace, at: number, text: string): void {
  const encoded = Buffer.alloc(room)
  const length = encoded.write(text, 0, room, 'utf8')
  copyIn(bytes, (at + 1) * 4, encoded, 0, length)
  poke(words, at, length)
}

export function readText({ words, bytes }: TextPlace, at: number): string {
  const begin = (at + 1) * 4
  const end = begin + peek(words, at)
  return peekBuffer(bytes, begin, end).toString('utf8', begin, end)
}
