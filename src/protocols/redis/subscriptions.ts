/**
 * Who listens to what: the subscriptions of one worker's clients, and how many the other workers
 * have of each, which they tell when it changes. A message goes to the clients here at once, and to
 * all workers if any other has a subscriber at all: whoever has confirmed a subscription has said
 * so in shared memory before, so nothing that is published afterwards is missed.
 *
 * The numbers that PUBLISH and PUBSUB answer are those of the moment for this worker, and a moment
 * old for others.
 */
import { GAUGE, type RedisBoard } from './board.ts'
import type { Listener } from './listener.ts'
import type { Outbox } from './outbox.ts'
import { matchesGlob } from './values/glob.ts'

/** Channels, patterns, and channels of the sharded kind. */
export const CHANNEL = 0
export const PATTERN = 1
export const SHARD = 2
export type Kind = typeof CHANNEL | typeof PATTERN | typeof SHARD
const KINDS: readonly Kind[] = [CHANNEL, PATTERN, SHARD]

export type SubscriptionMessage =
  | { readonly kind: 'subscribers'; from: number; of: Kind; name: string; count: number }
  | { readonly kind: 'whoSubscribes'; from: number; isNew: boolean }
  /** All that it has follows: what was said before counts no more. */
  | { readonly kind: 'introduces'; from: number }
  | { readonly kind: 'publish'; from: number; of: Kind; channel: string; bytes: Uint8Array }

/** Of the names that one client listens to, and about what each costs beside its bytes. */
const MOST_BYTES = 1 << 24
const COST_BYTES = 100

export class Subscriptions {
  /** By kind and name (a character per byte). */
  readonly #here = KINDS.map(() => new Map<string, Set<Listener>>())
  /** By kind and name: subscribers of each worker. */
  readonly #elsewhere = KINDS.map(() => new Map<string, Map<number, number>>())
  readonly #worker: number
  readonly #board: RedisBoard
  readonly #outbox: Outbox
  readonly #others: readonly number[]

  /** @param worker the number of this one */
  constructor(worker: number, board: RedisBoard, outbox: Outbox) {
    this.#worker = worker
    this.#board = board
    this.#outbox = outbox
    const all = Array.from({ length: board.rows }, (_, other) => other)
    this.#others = all.filter((other) => other !== worker)
    this.ask(true)
  }

  /**
   * What the others have is not known, or no longer.
   * @param isNew nothing is subscribed here, whatever was before
   */
  ask(isNew: boolean): void {
    const message = { kind: 'whoSubscribes', from: this.#worker, isNew }
    this.#outbox.tell(this.#others, message, 0, 'news')
  }

  /** @returns false when that is more than a client may listen to */
  add(client: Listener, kind: Kind, name: string): boolean {
    const mine = client.subscriptions[kind]!
    if (mine.has(name)) return true
    if (client.subscribedBytes + name.length + COST_BYTES > MOST_BYTES) return false
    client.subscribedBytes += name.length + COST_BYTES
    mine.add(name)
    this.#board.gauge(GAUGE.subscriptions, 1)
    const byName = this.#here[kind]!
    const clients = byName.get(name) ?? new Set()
    byName.set(name, clients.add(client))
    this.#announce(kind, name)
    return true
  }

  remove(client: Listener, kind: Kind, name: string): void {
    if (!client.subscriptions[kind]!.delete(name)) return
    client.subscribedBytes -= name.length + COST_BYTES
    this.#board.gauge(GAUGE.subscriptions, -1)
    const clients = this.#here[kind]!.get(name)
    clients?.delete(client)
    if (clients?.size === 0) this.#here[kind]!.delete(name)
    this.#announce(kind, name)
  }

  removeAll(client: Listener): void {
    for (const kind of KINDS) {
      for (const name of [...client.subscriptions[kind]!]) this.remove(client, kind, name)
    }
  }

  /** Whether a message would reach all workers that have subscribers. */
  hasRoom(bytes: number): boolean {
    return this.#outbox.hasRoom(this.#listening(), bytes)
  }

  #listening(): number[] {
    const workers = this.#board.workersWith(GAUGE.subscriptions)
    return workers.filter((worker) => worker !== this.#worker)
  }

  /** @returns how many get the message */
  publish(kind: Kind, channel: string, bytes: Uint8Array): number {
    const here = this.#deliver(kind, channel, bytes)
    const workers = this.#listening()
    if (workers.length === 0) return here
    const message = { kind: 'publish', from: this.#worker, of: kind, channel, bytes: bytes.slice() }
    this.#outbox.tell(workers, message, channel.length + bytes.length, 'vital')
    let elsewhere = this.#countElsewhere(kind, channel)
    if (kind !== CHANNEL) return here + elsewhere
    const name = Buffer.from(channel, 'latin1')
    for (const pattern of this.#elsewhere[PATTERN]!.keys()) {
      if (matchesGlob(Buffer.from(pattern, 'latin1'), name)) {
        elsewhere += this.#countElsewhere(PATTERN, pattern)
      }
    }
    return here + elsewhere
  }

  /** Publishes to the clients of this worker alone. */
  deliver(channel: string, bytes: Uint8Array): void {
    this.#deliver(CHANNEL, channel, bytes)
  }

  hear(message: SubscriptionMessage): void {
    if (message.kind === 'publish') this.#deliver(message.of, message.channel, message.bytes)
    else if (message.kind === 'subscribers') this.#note(message)
    else if (message.kind === 'introduces') this.#forget(message.from)
    else {
      if (message.isNew) this.#forget(message.from)
      this.#introduce(message.from)
    }
  }

  /** Subscribers of a name, of all workers. */
  countOf(kind: Kind, name: string): number {
    return (this.#here[kind]!.get(name)?.size ?? 0) + this.#countElsewhere(kind, name)
  }

  /** Names that somebody has subscribed to. */
  names(kind: Kind): string[] {
    return [...new Set([...this.#here[kind]!.keys(), ...this.#elsewhere[kind]!.keys()])]
  }

  #deliver(kind: Kind, channel: string, bytes: Uint8Array): number {
    let count = 0
    for (const client of this.#here[kind]!.get(channel) ?? []) {
      const head = [kind === SHARD ? 'smessage' : 'message', channel]
      client.push(head, bytes)
      count++
    }
    if (kind !== CHANNEL || this.#here[PATTERN]!.size === 0) return count
    const name = Buffer.from(channel, 'latin1')
    for (const [pattern, clients] of this.#here[PATTERN]!) {
      if (!matchesGlob(Buffer.from(pattern, 'latin1'), name)) continue
      for (const client of clients) {
        client.push(['pmessage', pattern, channel], bytes)
        count++
      }
    }
    return count
  }

  #countElsewhere(kind: Kind, name: string): number {
    let sum = 0
    for (const count of this.#elsewhere[kind]!.get(name)?.values() ?? []) sum += count
    return sum
  }

  #announce(kind: Kind, name: string, to: readonly number[] = this.#others): void {
    const count = this.#here[kind]!.get(name)?.size ?? 0
    const message = { kind: 'subscribers', from: this.#worker, of: kind, name, count }
    this.#outbox.tell(to, message, name.length, 'news')
  }

  #note({ from, of, name, count }: Extract<SubscriptionMessage, { kind: 'subscribers' }>): void {
    const byName = this.#elsewhere[of]!
    const byWorker = byName.get(name) ?? new Map<number, number>()
    if (count > 0) byName.set(name, byWorker.set(from, count))
    else if (byWorker.delete(from) && byWorker.size === 0) byName.delete(name)
  }

  #forget(from: number): void {
    for (const kind of KINDS) {
      for (const name of [...this.#elsewhere[kind]!.keys()]) {
        this.#note({ kind: 'subscribers', from, of: kind, name, count: 0 })
      }
    }
  }

  #introduce(to: number): void {
    this.#outbox.tell([to], { kind: 'introduces', from: this.#worker }, 0, 'news')
    for (const kind of KINDS) {
      for (const name of this.#here[kind]!.keys()) this.#announce(kind, name, [to])
    }
  }
}
