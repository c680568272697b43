/**
 * `mg` and `ms` in their plain form, as rows of found.ts: flags that need nothing but the entry,
 * each once, behind one space each. Whatever else there is (tokens that are wrong or unusual, flags
 * that write where others read, base64) is left to the command line (meta-flags.ts).
 */
import * as found from './found.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { ASKED, ASKED_FROM, ASKED_TO, END, FLAGS, KIND, META_GET, META_SET, SECONDS } = found
const { endOfLine, endOfValue, readDigits, readNumber, VALUE_BYTES, VALUE_FROM } = found

const SPACE = 32
const LETTER_S = 83
const LETTER_T = 84
const MOST_OPAQUE_BYTES = 32

/** What may stand behind a letter. */
const REFUSED = 0
const NOTHING = 1
const OPAQUE = 2
const NUMBER = 3
const MODE = 4

function lettersOf(letters: Readonly<Record<string, number>>): Uint8Array {
  const kinds = new Uint8Array(256)
  for (const [letter, kind] of Object.entries(letters)) kinds[letter.charCodeAt(0)] = kind
  return kinds
}
const OF_GET = lettersOf({ ...bare('cfkqsv'), O: OPAQUE })
const OF_SET = lettersOf({ ...bare('ckqs'), O: OPAQUE, T: NUMBER, F: NUMBER, M: MODE })

function bare(letters: string): Record<string, number> {
  return Object.fromEntries([...letters].map((letter) => [letter, NOTHING]))
}

/** The bit of a flag; no command takes two letters that share one. */
export function bitOf(letter: number): number {
  return 1 << (letter & 31)
}

/** Reads what follows the key of an `mg`. @returns where its line ends, or -1 */
export function findMetaGet(
  bytes: Uint8Array,
  from: number,
  to: number,
  rows: Int32Array,
  row: number,
): number {
  const at = readAsked(bytes, from, to, rows, row, OF_GET)
  const end = at < 0 ? -1 : endOfLine(bytes, at, to)
  rows[row + KIND] = META_GET
  rows[row + END] = end
  return end
}

/** Reads what follows the key of an `ms`. @returns where its value's line ends, or -1 */
export function findMetaSet(
  bytes: Uint8Array,
  from: number,
  to: number,
  rows: Int32Array,
  row: number,
  mostValueBytes: number,
): number {
  rows[row + FLAGS] = rows[row + SECONDS] = 0
  let at = readNumber(bytes, from, to, rows, row + VALUE_BYTES)
  if (at < 0 || rows[row + VALUE_BYTES]! > mostValueBytes) return -1
  at = readAsked(bytes, at, to, rows, row, OF_SET)
  const valueFrom = at < 0 ? -1 : endOfLine(bytes, at, to)
  if (valueFrom < 0) return -1
  const end = endOfValue(bytes, valueFrom + rows[row + VALUE_BYTES]!, to)
  rows[row + KIND] = META_SET
  rows[row + VALUE_FROM] = valueFrom
  rows[row + END] = end
  return end
}

/** Reads flags. @returns where they end, or -1 */
function readAsked(
  bytes: Uint8Array,
  from: number,
  to: number,
  rows: Int32Array,
  row: number,
  letters: Uint8Array,
): number {
  let at = from
  let asked = 0
  while (at + 1 < to && bytes[at] === SPACE) {
    const letter = bytes[at + 1]!
    const kind = letters[letter]!
    const bit = bitOf(letter)
    if (kind === REFUSED || (asked & bit) !== 0) return -1
    asked |= bit
    at += 2
    if (kind !== NOTHING) {
      at = readToken(bytes, at, to, rows, row, letter, kind)
      if (at < 0) return -1
    }
  }
  rows[row + ASKED_FROM] = from
  rows[row + ASKED_TO] = at
  rows[row + ASKED] = asked
  return at
}

function readToken(
  bytes: Uint8Array,
  from: number,
  to: number,
  rows: Int32Array,
  row: number,
  letter: number,
  kind: number,
): number {
  if (kind === NUMBER) {
    return readDigits(bytes, from, to, rows, row + (letter === LETTER_T ? SECONDS : FLAGS))
  }
  if (kind === MODE) return from < to && bytes[from] === LETTER_S ? from + 1 : -1
  let at = from
  while (at < to && bytes[at]! > SPACE) at++
  return at - from > MOST_OPAQUE_BYTES ? -1 : at
}
