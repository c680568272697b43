/**
 * Messages from one worker to others, of which only so many bytes may be on their way: a worker may
 * be blocked for a while, and so may the thread that passes them on.
 *
 * Both ends count bytes in shared memory, each its own, so what is between them is known. A message
 * that finds no room is not sent, and counted as lost where its worker will see it with the next
 * one: all who listen there are cut then, as nobody knows what they have missed. A publisher waits
 * for a while before it comes to that (commands/pubsub.ts).
 */
import { COUNT, FLOW, type RedisBoard } from './board.ts'
import type { RedisHost } from './host.ts'

/** Bytes from one worker on their way to another; one message may be larger. */
export const MOST_ON_THEIR_WAY: number = 32 * 1024 * 1024
/** About what a message costs beside its bytes. */
const COST_BYTES = 200

/** What cannot be done without, what can be asked for again, what nobody misses. */
export type Weight = 'vital' | 'news' | 'light'

interface Envelope {
  readonly from: number
  /** Bytes that were sent until then, by worker. */
  readonly ends: Readonly<Record<number, number>>
  readonly body: unknown
}

export class Outbox {
  readonly #host: RedisHost
  readonly #board: RedisBoard
  readonly #worker: number
  /** By sender, what is known to be lost. */
  readonly #lost: number[]
  readonly #lostNews: number[]
  /** By worker to which a message was dropped, what it had heard by then. */
  readonly #gaveUp = new Map<number, number>()

  constructor(host: RedisHost) {
    const { board, worker } = host
    this.#host = host
    this.#board = board
    this.#worker = worker
    const senders = Array.from({ length: board.rows }, (_, from) => from)
    for (const other of senders) {
      // Messages to the worker that was here before are gone, those from it perhaps.
      board.setFlow(FLOW.heard, other, worker, board.flow(FLOW.sent, other, worker))
      board.setFlow(FLOW.sent, worker, other, board.flow(FLOW.heard, worker, other))
    }
    this.#lost = senders.map((from) => board.flow(FLOW.lost, from, worker))
    this.#lostNews = senders.map((from) => board.flow(FLOW.lostNews, from, worker))
  }

  /**
   * Whether a message of so many bytes would be sent to all of these, but for those that have lost
   * one and heard nothing since: for them nobody has to wait.
   */
  hasRoom(workers: readonly number[], bytes: number): boolean {
    return workers.every((to) => {
      const heard = this.#board.flow(FLOW.heard, this.#worker, to)
      return this.#gaveUp.get(to) === heard || this.#hasRoom(to, bytes + COST_BYTES)
    })
  }

  /** @returns those to which it was not sent */
  tell(workers: readonly number[], body: unknown, bytes: number, weight: Weight): number[] {
    const size = bytes + COST_BYTES
    const ends: Record<number, number> = {}
    const dropped: number[] = []
    for (const to of workers) {
      if (!this.#hasRoom(to, size)) {
        dropped.push(to)
        continue
      }
      ends[to] = this.#board.flow(FLOW.sent, this.#worker, to) + size
      this.#board.setFlow(FLOW.sent, this.#worker, to, ends[to])
    }
    if (dropped.length < workers.length) {
      const reached = workers.filter((to) => ends[to] !== undefined)
      this.#host.tell(reached, { from: this.#worker, ends, body } satisfies Envelope)
    }
    for (const to of dropped) this.#drop(to, weight)
    return dropped
  }

  /**
   * Opens what has come.
   * @returns also what was lost before it
   */
  hear(message: unknown): { body: unknown; hasLost: boolean; hasLostNews: boolean } {
    const { from, ends, body } = message as Envelope
    const to = this.#worker
    this.#board.setFlow(FLOW.heard, from, to, ends[to]!)
    const lost = this.#board.flow(FLOW.lost, from, to)
    const lostNews = this.#board.flow(FLOW.lostNews, from, to)
    const hasLost = lost !== this.#lost[from]
    const hasLostNews = lostNews !== this.#lostNews[from]
    this.#lost[from] = lost
    this.#lostNews[from] = lostNews
    return { body, hasLost, hasLostNews }
  }

  #hasRoom(to: number, size: number): boolean {
    const sent = this.#board.flow(FLOW.sent, this.#worker, to)
    const onTheirWay = sent - this.#board.flow(FLOW.heard, this.#worker, to)
    return onTheirWay <= 0 || onTheirWay + size <= MOST_ON_THEIR_WAY
  }

  #drop(to: number, weight: Weight): void {
    this.#board.add(COUNT.dropped, 1)
    if (weight === 'light') return
    if (weight === 'vital') this.#gaveUp.set(to, this.#board.flow(FLOW.heard, this.#worker, to))
    const flow = weight === 'vital' ? FLOW.lost : FLOW.lostNews
    this.#board.setFlow(flow, this.#worker, to, this.#board.flow(flow, this.#worker, to) + 1)
  }
}
