/**
 * Short reads of one turn of the event loop, one behind the other, until they are executed together
 * at its end: by then it is known what all of them are going to look up, so that the cache misses
 * of different connections overlap. As many connections are foreseen at a time as fit.
 */
import type { Foresight, ProtocolConnection } from '../protocols/protocol.ts'

/** Longer reads are pipelines, which have their own keys to look ahead at. */
export const MOST_GATHERED_BYTES = 4096
const GATHERED_BYTES = 64 * 1024
/** Shorter reads are copied word by word; the last word may reach so far behind the read. */
const MOST_BY_WORDS = 128
const OVERHANG = 3
/** Only sources this large are the same for all reads, and worth a view. */
const LEAST_VIEWED_BYTES = 64 * 1024

const NOTHING = Buffer.alloc(0)

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

interface Sender {
  readonly served: { readonly protocol: ProtocolConnection }
}

export class Gathered<Client extends Sender> {
  readonly #bytes = Buffer.allocUnsafeSlow(GATHERED_BYTES + OVERHANG)
  readonly #words = viewOf(this.#bytes)
  /** What was read into last, where it is large. */
  #viewed: Buffer = NOTHING
  #view = viewOf(NOTHING)
  #filled = 0
  /**
   * Whose they are, and where those of each end. The arrays keep their length: setting it is a call
   * into the runtime, and they would grow anew in each turn.
   */
  readonly #senders: (Client | undefined)[] = []
  readonly #ends: number[] = []
  #count = 0
  /** Of those that were foreseen: one of each protocol. */
  readonly #foresights: Foresight[] = []
  /** What was gathered is being executed. */
  isFeeding = false

  get isEmpty(): boolean {
    return this.#count === 0
  }

  hasRoom(length: number): boolean {
    return this.#filled + length <= GATHERED_BYTES
  }

  /** Adds what was read; there is room. */
  add(client: Client, source: Buffer, length: number): void {
    if (source !== this.#viewed && source.length >= LEAST_VIEWED_BYTES) this.#look(source)
    if (length <= MOST_BY_WORDS && source === this.#viewed) {
      const words = this.#words
      const view = this.#view
      let at = this.#filled
      for (let i = 0; i < length; i += 4, at += 4) words.setInt32(at, view.getInt32(i, true), true)
    } else source.copy(this.#bytes, this.#filled, 0, length)
    this.#filled += length
    const index = this.#count++
    this.#senders[index] = client
    this.#ends[index] = this.#filled
  }

  #look(source: Buffer): void {
    this.#viewed = source
    this.#view = viewOf(source)
  }

  /** Hands all of it on in the order in which it was read, after it was looked ahead at. */
  feed(take: (client: Client, source: Buffer, from: number, to: number) => void): void {
    const senders = this.#senders
    const count = this.#count
    if (count === 0 || this.isFeeding) return
    this.isFeeding = true
    const ends = this.#ends
    const bytes = this.#bytes
    let foreseen = 0
    for (let i = 0, from = 0; i < count; from = ends[i++]!) {
      if (i === foreseen) foreseen = this.#foresee(i, from)
      const sender = senders[i]!
      senders[i] = undefined
      take(sender, bytes, from, ends[i]!)
    }
    this.#forget()
    this.#count = this.#filled = 0
    this.isFeeding = false
  }

  /** Foresees what connections from the `first` on are going to do; returns the first left out. */
  #foresee(first: number, begin: number): number {
    this.#forget()
    const senders = this.#senders
    const ends = this.#ends
    let hasRoom = true
    let i = first
    for (let from = begin; i < this.#count && hasRoom; from = ends[i++]!) {
      const { foresight } = senders[i]!.served.protocol
      if (foresight === undefined) continue
      if (!this.#foresights.includes(foresight)) {
        foresight.forget()
        this.#foresights.push(foresight)
      }
      hasRoom = foresight.foresee(this.#bytes, from, ends[i]!)
    }
    return i
  }

  #forget(): void {
    const foresights = this.#foresights
    for (let one = foresights.pop(); one !== undefined; one = foresights.pop()) one.forget()
  }
}
