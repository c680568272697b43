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
