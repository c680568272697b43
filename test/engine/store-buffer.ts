/**
 * The store buffer of an x64 processor, for `vi.mock(import('../../src/memory/atomics.ts'), late)`:
 * a thread reads on while its plain stores wait there, in their order, until its next sequentially
 * consistent write. Two rows in one thread: the first row's stores are made at once, since it sees
 * them itself, and taken back for as long as others act.
 */
import type * as Seam from '../../src/memory/atomics.ts'

type Words = Int32Array | Uint8Array | Float64Array
/** A store that waits: what memory held without it, and what it holds with it. */
interface Late {
  readonly words: Words
  readonly at: number
  before: Words
  readonly after: Words
}

const waiting: Late[] = []
let isOn = false
let accesses = 0
let interruptAt = Infinity
let act: (() => void) | undefined

/**
 * Runs a call of the first row with late stores. Before its access of this number the others act,
 * and see only the oldest `visible` of the stores that wait.
 * @returns what the call returned, and whether it had so many accesses
 */
export function runLate<T>(
  call: () => T,
  number: number,
  others: () => void,
  visible: (waiting: number) => number = () => 0,
): { result: T; isReached: boolean } {
  accesses = 0
  interruptAt = number
  act = () => hidden(visible(waiting.length), others)
  isOn = true
  try {
    return { result: call(), isReached: accesses > number }
  } finally {
    isOn = false
    waiting.length = 0
  }
}

function hidden(visible: number, others: () => void): void {
  for (const late of waiting.slice(visible).reverse()) late.words.set(late.before, late.at)
  isOn = false
  try {
    others()
  } finally {
    isOn = true
    for (const late of waiting.slice(visible)) {
      late.before = late.words.slice(late.at, late.at + late.after.length)
      late.words.set(late.after, late.at)
    }
  }
}

function step(): void {
  if (isOn && accesses++ === interruptAt) act!()
}

/** A plain store of `count` elements. */
function wait(words: Words, at: number, count: number, write: () => void): void {
  step()
  if (!isOn) {
    write()
    return
  }
  const before = words.slice(at, at + count)
  write()
  waiting.push({ words, at, before, after: words.slice(at, at + count) })
}

/** A write that empties the buffer. */
function drains<Write extends (...given: never[]) => unknown>(write: Write): Write {
  return ((...given) => {
    step()
    if (isOn) waiting.length = 0
    return write(...given)
  }) as Write
}

function reads<Read extends (...given: never[]) => unknown>(read: Read): Read {
  return ((...given) => {
    step()
    return read(...given)
  }) as Read
}

/** The factory for `vi.mock`: the seam as on x64. */
export async function late(original: () => Promise<typeof Seam>): Promise<typeof Seam> {
  const seam = await original()
  const { poke, pokeByte, pokeDouble, copyIn, copyWordsIn } = seam
  return {
    ...seam,
    poke: (words, at, value) => wait(words, at, 1, () => poke(words, at, value)),
    closeWrites: (words, at, value) => wait(words, at, 1, () => poke(words, at, value)),
    pokeByte: (bytes, at, value) => wait(bytes, at, 1, () => pokeByte(bytes, at, value)),
    pokeDouble: (doubles, at, value) => wait(doubles, at, 1, () => pokeDouble(doubles, at, value)),
    copyIn: (shared, at, source, from, bytes) =>
      wait(shared, at, bytes, () => copyIn(shared, at, source, from, bytes)),
    copyWordsIn: (words, at, source, from, bytes) =>
      wait(words, at, (bytes + 3) >>> 2, () => copyWordsIn(words, at, source, from, bytes)),
    peek: reads(seam.peek),
    peekByte: reads(seam.peekByte),
    peekDouble: reads(seam.peekDouble),
    load: reads(seam.load),
    openReads: reads(seam.peek),
    closeReads: reads(seam.load),
    closeOperation: () => {},
    store: drains(seam.store),
    add: drains(seam.add),
    compareExchange: drains(seam.compareExchange),
    compareExchangePair: drains(seam.compareExchangePair),
  }
}
