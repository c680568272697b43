/**
 * One access to one word of a program's shared memory, as all functions of the seam (atomics.ts)
 * are made of: asked of the machine, done, and told to it.
 */
import { machine, OFF } from './machine.ts'
import { PEEK, POKE } from './trace.ts'

/** The number of an element's first word; -1: private memory, or outside of the view. */
export function wordOf(
  view: Int32Array | Float64Array | BigInt64Array,
  at: number,
  span: number,
): number {
  if (machine.mode === OFF) return -1
  const base = machine.words.baseOf(view)
  return base < 0 || at < 0 || at >= view.length ? -1 : base + at * span
}

export function read(kind: number, word: number): number {
  if (!machine.begin(kind, word, 1)) return machine.answer
  const value = machine.isStale ? machine.stale!.value(word) : machine.words.get(word)
  machine.end(kind, word, 1, false, value)
  return value
}

export function write(kind: number, word: number, value: number): void {
  if (!machine.begin(kind, word, 1)) {
    machine.mustBe(value | 0)
    return
  }
  machine.words.log(word)
  machine.words.set(word, value)
  machine.end(kind, word, 1, true, value | 0)
}

/** Bytes from `place` on of the buffer whose first word has the number `base`. */
export function copyBytes(
  base: number,
  place: number,
  target: Uint8Array,
  to: number,
  bytes: number,
) {
  let value = 0
  for (let done = 0; done < bytes; done++, place++) {
    if (done === 0 || (place & 3) === 0) value = read(PEEK, base + (place >>> 2))
    target[to + done] = value >>> ((place & 3) << 3)
  }
}

/** Writes `count` bytes of one word, from its byte `first` on. */
export function writeBytes(
  word: number,
  first: number,
  count: number,
  source: ArrayLike<number>,
  from: number,
): void {
  let mask = 0
  let value = 0
  for (let n = 0; n < count; n++) {
    mask |= 255 << ((first + n) << 3)
    value |= (source[from + n]! & 255) << ((first + n) << 3)
  }
  if (!machine.begin(POKE, word, 1)) {
    machine.mustBe(value)
    return
  }
  machine.words.log(word)
  machine.words.set(word, (machine.words.get(word) & ~mask) | value)
  machine.end(POKE, word, 1, true, value)
}
