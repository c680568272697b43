/**
 * Publishers count, and every subscriber must get every number of every publisher, in order, unless
 * its connection is closed. One subscriber does not read at all: it is to be cut, and nobody else.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { RespSocket } from './resp-socket.ts'

export interface SubscribersOrder {
  readonly port: number
  readonly seconds: number
  readonly publishers: number
  readonly subscribers: number
  /** Bytes of a message. */
  readonly bytes: number
  readonly hasSlow: boolean
}

export interface SubscribersResult {
  published: number
  received: number
  /** Subscribers whose connection was closed. */
  closed: number
  wasSlowCut: boolean
  problems: string[]
}

const CHANNEL = 'numbers'
const PIPELINED = 16
/** Everything is to have arrived so long after the last was published. */
const PATIENCE_MS = 15_000
const MOST_PROBLEMS = 10

interface Subscriber {
  readonly socket: RespSocket
  /** By publisher, the number that must come next. */
  readonly next: number[]
}

export class Subscribers {
  readonly result: SubscribersResult = {
    ...{ published: 0, received: 0, closed: 0, wasSlowCut: false, problems: [] },
  }
  readonly #order: SubscribersOrder

  constructor(order: SubscribersOrder) {
    this.#order = order
  }

  async run(): Promise<SubscribersResult> {
    const { seconds, hasSlow } = this.#order
    const all = Array.from({ length: this.#order.subscribers }, (_, n) => this.#subscribe(n))
    const subscribers = await Promise.all(all)
    const slow = hasSlow ? await this.#openSlow() : undefined
    const until = performance.now() + seconds * 1000
    const publishers = Array.from({ length: this.#order.publishers }, (_, n) => n)
    const counts = await Promise.all(publishers.map((n) => this.#publish(n, until)))
    await this.#arrive(subscribers, counts)
    for (const { socket } of subscribers) {
      socket.onClose = () => {}
      socket.end()
    }
    if (slow !== undefined) {
      slow.socket.resume()
      await sleep(500)
      this.result.wasSlowCut = slow.isClosed
      slow.end()
    }
    return this.result
  }

  /** Every second one by a pattern, every third one in RESP3. */
  async #subscribe(index: number): Promise<Subscriber> {
    const socket = await RespSocket.open(this.#order.port)
    if (index % 3 === 0) await socket.ask(['HELLO', '3'])
    const next = Array.from({ length: this.#order.publishers }, () => 0)
    const subscriber = { socket, next }
    const isConfirmed = new Promise<void>((resolve) => {
      socket.onPush = (words) => {
        if (words[0] === 'message' || words[0] === 'pmessage') this.#take(subscriber, words)
        else resolve()
      }
    })
    const [word, name] = index % 2 === 0 ? ['SUBSCRIBE', CHANNEL] : ['PSUBSCRIBE', 'num*']
    socket.socket.write(`${word} ${name}\r\n`)
    await isConfirmed
    socket.onClose = () => this.result.closed++
    return subscriber
  }

  async #openSlow(): Promise<RespSocket> {
    const slow = await RespSocket.open(this.#order.port)
    const isConfirmed = new Promise<void>((resolve) => {
      slow.onPush = () => resolve()
    })
    slow.socket.write(`SUBSCRIBE ${CHANNEL}\r\n`)
    await isConfirmed
    slow.onPush = () => {}
    slow.socket.pause()
    return slow
  }

  #take({ next }: Subscriber, words: readonly unknown[]): void {
    this.result.received++
    const [from, number] = String(words.at(-1)).split(' ').map(Number) as [number, number]
    if (number !== next[from]) {
      this.#problem(`${String(words[0])}: ${number} of publisher ${from} came for ${next[from]}`)
    }
    next[from] = number + 1
  }

  /** @returns how many were published */
  async #publish(publisher: number, until: number): Promise<number> {
    const socket = await RespSocket.open(this.#order.port)
    const filler = 'x'.repeat(this.#order.bytes)
    let count = 0
    while (performance.now() < until && this.result.problems.length === 0) {
      const asked = Array.from({ length: PIPELINED }, () => {
        return socket.ask(['PUBLISH', CHANNEL, `${publisher} ${count++} ${filler}`])
      })
      const replies = await Promise.all(asked)
      if (replies.some((reply) => typeof reply !== 'number')) {
        this.#problem(`PUBLISH: ${String(replies.find((reply) => typeof reply !== 'number'))}`)
      }
      this.result.published += PIPELINED
    }
    socket.end()
    return count
  }

  async #arrive(subscribers: readonly Subscriber[], counts: readonly number[]): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    const missing = (): Subscriber[] =>
      subscribers.filter(({ socket, next }) => {
        return !socket.isClosed && next.some((number, from) => number !== counts[from])
      })
    while (missing().length > 0 && performance.now() < until) await sleep(20)
    for (const { next } of missing())
      this.#problem(`got ${next.join()}, not all of ${counts.join()}`)
  }

  #problem(text: string): void {
    if (this.result.problems.length < MOST_PROBLEMS) this.result.problems.push(text)
  }
}
