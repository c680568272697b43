/**
 * The server's seam to shared words, beside the engine's '#atomics': what threads use to hand work
 * to each other, and to sleep until there is some. Only threads that the server started itself may
 * block (`restWhile`); an application's thread waits by promise (`whenRung`).
 */

/** Sequentially consistent load of one word. */
export function load(words: Int32Array, at: number): number {
  return Atomics.load(words, at)
}

/** Sequentially consistent store of one word: publishes all plain stores before it. */
export function store(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value)
}

/** Adds to a word; returns the value before. */
export function add(words: Int32Array, at: number, delta: number): number {
  return Atomics.add(words, at, delta)
}

/** Puts `fresh` where `seen` is. @returns whether it did */
export function swap(words: Int32Array, at: number, seen: number, fresh: number): boolean {
  return Atomics.compareExchange(words, at, seen, fresh) === seen
}

/** Plain load of one word. */
export function peek(words: Int32Array, at: number): number {
  return words[at]!
}

/** Plain store of one word. */
export function poke(words: Int32Array, at: number, value: number): void {
  words[at] = value
}

/** Below this a loop is faster than a call into the runtime. */
const SHORT_COPY = 24

/** Plain copy of private bytes `source[from..to)` into shared ones. */
export function copyIn(shared: Buffer, at: number, source: Buffer, from: number, to: number): void {
  if (to - from <= SHORT_COPY) for (let i = from; i < to; i++) shared[at + i - from] = source[i]!
  else source.copy(shared, at, from, to)
}

/** Shared bytes `from` to `to`, for others to read by themselves: nothing else of the buffer. */
export function peekBuffer(buffer: Buffer, from: number, to: number): Buffer {
  return buffer
}

/** Calls back at the next turn of the event loop. */
export function soon(callback: () => void): void {
  setImmediate(callback)
}

/** Wakes whoever sleeps on the word. */
export function ring(words: Int32Array, at: number): void {
  Atomics.notify(words, at)
}

/** Blocks this thread while the word is `seen`, for so many milliseconds at most. */
export function restWhile(words: Int32Array, at: number, seen: number, ms: number): void {
  Atomics.wait(words, at, seen, ms)
}

/** Calls back once the word was rung; at the next turn of the event loop if it is not `seen`. */
export function whenRung(words: Int32Array, at: number, seen: number, wake: () => void): void {
  const outcome = Atomics.waitAsync(words, at, seen)
  if (outcome.async) outcome.value.then(wake)
  else setImmediate(wake)
}
