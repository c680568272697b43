/**
 * Redis' glob patterns over bytes: `*`, `?`, `[a-c^]`, `\` before what is meant literally. One
 * place to go back to, the last star, is enough: a star before it can match nothing better.
 */

const STAR = 42
const QUESTION = 63
const OPEN = 91
const CLOSE = 93
const CARET = 94
const BACKSLASH = 92
const DASH = 45

/** Whether text as a whole matches a pattern. */
export function matchesGlob(pattern: Uint8Array, text: Uint8Array, ignoresCase = false): boolean {
  if (text.length === 0) return pattern.length === 0
  let at = 0
  let i = 0
  let starAt = -1
  let starText = 0
  while (i < text.length) {
    if (at < pattern.length && pattern[at] === STAR) {
      while (pattern[at] === STAR) at++
      if (at === pattern.length) return true
      starAt = at
      starText = i
      continue
    }
    const next = at < pattern.length ? matchOne(pattern, at, text[i]!, ignoresCase) : -1
    if (next >= 0) {
      at = next
      i++
    } else if (starAt >= 0) {
      at = starAt
      i = ++starText
    } else return false
  }
  while (pattern[at] === STAR) at++
  return at === pattern.length
}

/** Where the pattern goes on after one byte of text was matched; -1 when it was not. */
function matchOne(pattern: Uint8Array, at: number, byte: number, ignoresCase: boolean): number {
  const kind = pattern[at]!
  if (kind === QUESTION) return at + 1
  if (kind === OPEN) return matchSet(pattern, at + 1, byte, ignoresCase)
  const literalAt = kind === BACKSLASH && at + 1 < pattern.length ? at + 1 : at
  return isSame(pattern[literalAt]!, byte, ignoresCase) ? literalAt + 1 : -1
}

function matchSet(pattern: Uint8Array, from: number, byte: number, ignoresCase: boolean): number {
  let at = from
  const isInverted = pattern[at] === CARET
  if (isInverted) at++
  let matches = false
  for (; at < pattern.length && pattern[at] !== CLOSE; at++) {
    const left = pattern.length - at
    if (left >= 2 && pattern[at] === BACKSLASH) {
      at++
      if (pattern[at] === byte) matches = true
    } else if (left >= 3 && pattern[at + 1] === DASH) {
      if (isWithin(pattern[at]!, pattern[at + 2]!, byte, ignoresCase)) matches = true
      at += 2
    } else if (isSame(pattern[at]!, byte, ignoresCase)) matches = true
  }
  if (matches === isInverted) return -1
  return at < pattern.length ? at + 1 : at
}

function isWithin(one: number, other: number, byte: number, ignoresCase: boolean): boolean {
  let low = Math.min(one, other)
  let high = Math.max(one, other)
  let wanted = byte
  if (ignoresCase) {
    low = lowered(low)
    high = lowered(high)
    wanted = lowered(wanted)
  }
  return wanted >= low && wanted <= high
}

function isSame(a: number, b: number, ignoresCase: boolean): boolean {
  return a === b || (ignoresCase && lowered(a) === lowered(b))
}

function lowered(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte
}
