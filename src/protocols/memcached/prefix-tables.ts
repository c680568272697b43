/**
 * What `stats detail` counts: per prefix of the keys (the part before the first colon) the gets,
 * hits, sets and deletes. One table per worker in the counter board; its worker alone writes it,
 * and a dump adds the tables up. A table holds so many prefixes and counts no further ones.
 *
 * `stats reset` begins a new era: tables of an earlier one count as empty, and are emptied by
 * their own workers.
 */
const SLOTS = 128
const NAME_BYTES = 256
/** gets, hits, sets, deletes, length of the name; then the name. */
const COUNTS = 4
const NAME_AT = 8
const SLOT_DOUBLES = NAME_AT + NAME_BYTES / 8
const HEADER_DOUBLES = 8
const ERA = 0
const USED = 1

export const PREFIX_TABLE_DOUBLES: number = HEADER_DOUBLES + SLOTS * SLOT_DOUBLES

export class PrefixTables {
  readonly #doubles: Float64Array
  readonly #bytes: Uint8Array
  readonly #at: number
  readonly #slots = new Map<string, number>()

  /** @param doubles the tables of all workers; `row` is this worker's */
  constructor(doubles: Float64Array, row: number) {
    this.#doubles = doubles
    this.#bytes = new Uint8Array(doubles.buffer, doubles.byteOffset, doubles.byteLength)
    this.#at = row * PREFIX_TABLE_DOUBLES
  }

  /** Adds one to a count (0 to 3) of a prefix. */
  count(prefix: string, what: number, era: number): void {
    const doubles = this.#doubles
    if (doubles[this.#at + ERA] !== era || this.#slots.size === 0) this.#empty(era)
    let slot = this.#slots.get(prefix)
    if (slot === undefined) {
      if (this.#slots.size === SLOTS || prefix.length > NAME_BYTES) return
      slot = this.#slots.size
      const at = this.#at + HEADER_DOUBLES + slot * SLOT_DOUBLES
      doubles.fill(0, at, at + COUNTS)
      doubles[at + COUNTS] = prefix.length
      for (let i = 0; i < prefix.length; i++) {
        this.#bytes[(at + NAME_AT) * 8 + i] = prefix.charCodeAt(i)
      }
      this.#slots.set(prefix, slot)
      doubles[this.#at + USED] = this.#slots.size
    }
    doubles[this.#at + HEADER_DOUBLES + slot * SLOT_DOUBLES + what]! += 1
  }

  /** The sums over all workers: gets, hits, sets, deletes of each prefix. */
  sums(era: number): Map<string, number[]> {
    const sums = new Map<string, number[]>()
    const doubles = this.#doubles
    for (let table = 0; table < doubles.length; table += PREFIX_TABLE_DOUBLES) {
      if (doubles[table + ERA] !== era) continue
      for (let slot = 0; slot < doubles[table + USED]!; slot++) {
        const at = table + HEADER_DOUBLES + slot * SLOT_DOUBLES
        const nameAt = (at + NAME_AT) * 8
        const name = this.#bytes.subarray(nameAt, nameAt + doubles[at + COUNTS]!)
        const prefix = Buffer.from(name).toString('latin1')
        const sum = sums.get(prefix) ?? [0, 0, 0, 0]
        for (let i = 0; i < COUNTS; i++) sum[i]! += doubles[at + i]!
        sums.set(prefix, sum)
      }
    }
    return sums
  }

  #empty(era: number): void {
    this.#slots.clear()
    this.#doubles[this.#at + USED] = 0
    this.#doubles[this.#at + ERA] = era
  }
}
