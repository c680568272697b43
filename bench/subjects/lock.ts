/**
 * A mutex over one shared word, in the three-state form of Drepper's "Futexes Are Tricky" (mutex
 * 2): free, taken, taken and waited for. It spins a little before it waits, because the section
 * that it guards here lasts less than a microsecond. A thread that dies while it holds the lock
 * stops everybody: that is the point of the comparison, and the reason why nothing in src/ looks
 * like this.
 */
const FREE = 0
const TAKEN = 1
const AWAITED = 2
const SPINS = 100

export function lock(word: Int32Array): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.compareExchange(word, 0, FREE, TAKEN) === FREE) return
  }
  while (Atomics.exchange(word, 0, AWAITED) !== FREE) Atomics.wait(word, 0, AWAITED)
}

export function unlock(word: Int32Array): void {
  if (Atomics.sub(word, 0, 1) === TAKEN) return
  Atomics.store(word, 0, FREE)
  Atomics.notify(word, 0, 1)
}
