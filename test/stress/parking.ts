/**
 * A thread that is suspended, as far as a test can do that: it parks itself at a chosen access to
 * shared memory, in the midst of an operation, until it is let go. The accesses of a twin
 * (twin.ts) call `heddlePark` of their thread.
 */

/** Words of the memory that the parked thread and the runner share. */
const PARKED = 0
const RELEASED = 1
export const PARKING_BYTES = 8

/** Accesses that change nothing: what others see of a thread before and after one is the same. */
const READS = /^(peek|load|openReads|closeReads|copyOut|decode|view)/

/** The side of the thread that is parked. */
export class ParkingPlace {
  readonly #words: Int32Array
  /** Steps so far, and the one at which to park. */
  #count = 0
  #target = 0
  /** The kind of access at which it was parked last. */
  access = ''

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  /**
   * Calls `operation` and parks before its step number `step`; whether it came that far.
   * @param isReader each access counts as a step, else only those that write
   */
  parkIn(operation: () => void, step: number, isReader: boolean): boolean {
    this.#count = 0
    this.#target = step
    this.access = ''
    const place = globalThis as { heddlePark?: ((access: string) => void) | undefined }
    place.heddlePark = (access) => {
      if (!isReader && READS.test(access)) return
      if (++this.#count === this.#target) this.#park(access)
    }
    try {
      operation()
    } finally {
      place.heddlePark = undefined
    }
    return this.access !== ''
  }

  #park(access: string): void {
    this.access = access
    Atomics.store(this.#words, PARKED, 1)
    Atomics.notify(this.#words, PARKED)
    Atomics.wait(this.#words, RELEASED, 0)
    Atomics.store(this.#words, RELEASED, 0)
  }
}

/** The runner's side: resolves when the thread is parked. */
export async function parked(memory: SharedArrayBuffer): Promise<void> {
  const words = new Int32Array(memory)
  await Atomics.waitAsync(words, PARKED, 0).value
}

export function release(memory: SharedArrayBuffer): void {
  const words = new Int32Array(memory)
  Atomics.store(words, PARKED, 0)
  Atomics.store(words, RELEASED, 1)
  Atomics.notify(words, RELEASED)
}
