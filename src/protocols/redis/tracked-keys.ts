/**
 * Which clients of one worker may have which keys in their own cache: by the key's name, as in
 * Redis, whatever its database. Bounded by the number of keys of all workers, which CONFIG SET
 * changes, and by the bytes of those here; the oldest give way. What clients that are gone have
 * read stays until the key changes or gives way.
 */
import { GAUGE, type RedisBoard, SETTING } from './board.ts'

/** Of the names of keys. */
const MOST_BYTES = 256 * 1024 * 1024
const NOBODY: readonly number[] = []

export class TrackedKeys {
  readonly #board: RedisBoard
  /** The one client that read it, or several. Ids; the oldest key first. */
  readonly #readers = new Map<string, number | Set<number>>()
  #bytes = 0

  constructor(board: RedisBoard) {
    this.#board = board
  }

  add(key: string, id: number): void {
    const known = this.#readers.get(key)
    if (known === id) return
    if (typeof known === 'object') {
      if (known.has(id)) return
      known.add(id)
    } else if (known !== undefined) this.#readers.set(key, new Set([known, id]))
    else {
      this.#readers.set(key, id)
      this.#bytes += key.length
      this.#board.gauge(GAUGE.trackedKeys, 1)
    }
    this.#board.gauge(GAUGE.trackedItems, 1)
  }

  /** Takes a key out; who has read it. */
  take(key: string): Iterable<number> {
    const known = this.#readers.get(key)
    if (known === undefined) return NOBODY
    this.#readers.delete(key)
    this.#bytes -= key.length
    this.#board.gauge(GAUGE.trackedKeys, -1)
    this.#board.gauge(GAUGE.trackedItems, typeof known === 'number' ? -1 : -known.size)
    return typeof known === 'number' ? [known] : known
  }

  /** The oldest key, when there are more than may be. */
  tooMany(): string | undefined {
    const most = this.#board.setting(SETTING.trackingTableMax)
    const isOver = most > 0 && this.#board.totalGauge(GAUGE.trackedKeys) > most
    if (!isOver && this.#bytes <= MOST_BYTES) return undefined
    return this.#readers.keys().next().value
  }

  clear(): void {
    const board = this.#board
    board.gauge(GAUGE.trackedKeys, -board.ownGauge(GAUGE.trackedKeys))
    board.gauge(GAUGE.trackedItems, -board.ownGauge(GAUGE.trackedItems))
    this.#readers.clear()
    this.#bytes = 0
  }
}
