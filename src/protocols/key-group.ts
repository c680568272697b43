/**
 * The keys of one request that has many, looked ahead at together: as for requests that arrived
 * together, their cache misses are waited for at once. One per worker; a request with more keys
 * than fit comes in several groups.
 */
import { LookAhead, MOST_AHEAD } from '../engine/look-ahead.ts'
import type { RawAccess } from '../engine/raw-access.ts'

const NOTHING = new Uint8Array(0)

export class KeyGroup {
  readonly ahead: LookAhead
  readonly #numbers = new Int32Array(MOST_AHEAD)
  #count = 0
  /** Of all of the bytes in which keys lay last: mostly the same as before. */
  #viewed: Uint8Array = NOTHING
  #view: DataView = new DataView(NOTHING.buffer)

  constructor(raw: RawAccess) {
    this.ahead = new LookAhead(raw)
  }

  /** @param bytes in which the keys lie that are added */
  begin(bytes: Uint8Array, space: number): void {
    this.#count = 0
    this.ahead.begin(space)
    if (bytes === this.#viewed) return
    this.#viewed = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isFull(): boolean {
    return this.#count === MOST_AHEAD
  }

  add(from: number, to: number): void {
    this.#numbers[this.#count++] = this.ahead.add(this.#view, from, to)
  }

  /** The number in the look-ahead of the n-th key that was added, -1 when it is too long. */
  numberOf(n: number): number {
    return this.#numbers[n]!
  }

  /** Looks at all that were added. */
  look(): void {
    this.ahead.touch()
  }
}

const groups = new WeakMap<RawAccess, KeyGroup>()

/** The one of a thread's way into an engine. */
export function keyGroupOf(raw: RawAccess): KeyGroup {
  let group = groups.get(raw)
  if (group === undefined) {
    group = new KeyGroup(raw)
    groups.set(raw, group)
  }
  return group
}
