/**
 * Short reads of one turn of the event loop, one behind the other, until they are executed together
 * at its end: by then it is known what all of them are going to look up, so that the cache misses
 * of different connections overlap.
 */
import type { ProtocolConnection } from '../protocols/protocol.ts'

/** Longer reads are pipelines, which have their own keys to look ahead at. */
export const MOST_GATHERED_BYTES = 4096
const GATHERED_BYTES = 64 * 1024

interface Sender {
  readonly served: { readonly protocol: ProtocolConnection }
}

export class Gathered<Client extends Sender> {
  readonly #bytes = Buffer.allocUnsafeSlow(GATHERED_BYTES)
  #filled = 0
  /** Whose they are, and where those of each end. */
  readonly #senders: Client[] = []
  readonly #ends: number[] = []
  /** What was gathered is being executed. */
  isFeeding = false

  get isEmpty(): boolean {
    return this.#senders.length === 0
  }

  hasRoom(length: number): boolean {
    return this.#filled + length <= GATHERED_BYTES
  }

  /** Adds what was read; there is room. */
  add(client: Client, source: Buffer, length: number): void {
    source.copy(this.#bytes, this.#filled, 0, length)
    this.#filled += length
    this.#senders.push(client)
    this.#ends.push(this.#filled)
  }

  /** Hands all of it on in the order in which it was read, after it was looked ahead at. */
  feed(take: (client: Client, source: Buffer, from: number, to: number) => void): void {
    const senders = this.#senders
    if (senders.length === 0 || this.isFeeding) return
    this.isFeeding = true
    const ends = this.#ends
    const bytes = this.#bytes
    this.#forget()
    for (let i = 0, from = 0; i < senders.length; from = ends[i++]!) {
      senders[i]!.served.protocol.foresight?.foresee(bytes, from, ends[i]!)
    }
    for (let i = 0, from = 0; i < senders.length; from = ends[i++]!) {
      take(senders[i]!, bytes, from, ends[i]!)
    }
    this.#forget()
    senders.length = ends.length = 0
    this.#filled = 0
    this.isFeeding = false
  }

  #forget(): void {
    const senders = this.#senders
    for (let i = 0; i < senders.length; i++) senders[i]!.served.protocol.foresight?.forget()
  }
}
