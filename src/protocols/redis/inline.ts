/**
 * Inline commands: a line of words, as one types it into telnet. Words may be quoted: within double
 * quotes `\n \r \t \b \a \xff` and `\"` mean what they mean in C, within single quotes only `\'`.
 */
import type { Args } from './args.ts'

const QUOTE = 34
const APOSTROPHE = 39
const BACKSLASH = 92
const LETTER_X = 120
const ESCAPES = new Map([
  [110, 10],
  [114, 13],
  [116, 9],
  [98, 8],
  [97, 7],
])

/**
 * Reads the words of `bytes[from..to)` into `args`, in bytes of their own.
 * @returns false when quotes are not closed, or something follows them at once
 */
export function splitInline(bytes: Uint8Array, from: number, to: number, args: Args): boolean {
  const words = new Uint8Array(to - from) // escapes only make it shorter
  args.clear()
  args.bytes = words
  let length = 0
  let at = from
  for (;;) {
    while (at < to && isSpace(bytes[at]!)) at++
    if (at >= to) return true
    const begin = length
    let quote = 0
    for (; at < to; at++) {
      const byte = bytes[at]!
      if (quote === 0) {
        if (isSpace(byte)) break
        if (byte === QUOTE || byte === APOSTROPHE) quote = byte
        else words[length++] = byte
      } else if (byte === quote) {
        if (at + 1 < to && !isSpace(bytes[at + 1]!)) return false
        quote = 0
        at++
        break
      } else if (byte === BACKSLASH && at + 1 < to) {
        at += escapeLength(bytes, at, to, quote) - 1
        words[length++] = escaped(bytes, at, quote)
      } else words[length++] = byte
    }
    if (quote !== 0) return false
    args.add(begin, length)
  }
}

/** Bytes that the escape at `at` takes, 1 where it is none. */
function escapeLength(bytes: Uint8Array, at: number, to: number, quote: number): number {
  if (quote === APOSTROPHE) return bytes[at + 1] === APOSTROPHE ? 2 : 1
  const isHex = bytes[at + 1] === LETTER_X && at + 3 < to
  return isHex && hex(bytes[at + 2]!) >= 0 && hex(bytes[at + 3]!) >= 0 ? 4 : 2
}

/** What the escape that ends at `last` stands for. */
function escaped(bytes: Uint8Array, last: number, quote: number): number {
  const byte = bytes[last]!
  if (quote === APOSTROPHE) return byte
  if (bytes[last - 2] === LETTER_X && bytes[last - 3] === BACKSLASH) {
    return hex(bytes[last - 1]!) * 16 + hex(byte)
  }
  return ESCAPES.get(byte) ?? byte
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** As C's isspace, and NUL. */
function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 0
}
