/**
 * What the server's classes need around them, without a network: sockets that keep what is written
 * to them, a protocol that is easy to get wrong, and a link with small rings.
 */
import { soon } from '#words'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { ProtocolConnection } from '../../../src/protocols/protocol.ts'
import type { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { createLink, HUB_BELL, type LinkMemory } from '../../../src/server/link.ts'
import { Ring } from '../../../src/server/ring.ts'
import type { ServerCounters } from '../../../src/server/server-counters.ts'

/** The acceptor's side of a connection; its callbacks come from the explored event loop. */
export class FakeSocket extends EventEmitter {
  /** What the client got. */
  taken = ''
  destroyed = false
  /** Its owner was told that it is gone. */
  isClosed = false
  readonly writableLength = 0
  isPaused = true

  get asSocket(): Socket {
    return this as unknown as Socket
  }
  /** The client sends. */
  sends(text: string): void {
    if (!this.destroyed) this.emit('data', Buffer.from(text))
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  write(bytes: Buffer, done: (error?: Error) => void): void {
    this.taken += bytes.toString('latin1')
    soon(() => done())
  }
  end(): void {
    soon(() => this.destroy())
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    soon(() => {
      this.isClosed = true
      this.emit('close')
    })
  }
}

/**
 * Commands are two letters, of which the first names the client; the reply is both of them, and
 * says who got it wrong. `!` ends the connection.
 */
export class Pairs implements ProtocolConnection {
  readonly hasMore = false
  isClosing = false
  readonly #replyBytes: number
  readonly #executed: (command: string) => void
  readonly #left: () => void
  #kept = ''

  /** @param executed told of each command, @param left when the connection is over */
  constructor(replyBytes: number, executed: (command: string) => void, left: () => void) {
    this.#replyBytes = replyBytes
    this.#executed = executed
    this.#left = left
  }

  get pendingBytes(): number {
    return this.#kept.length
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    for (let at = from; at < to; at++) {
      this.#kept += String.fromCharCode(source[at]!)
      if (this.#kept.length < 2) continue
      this.#executed(this.#kept)
      out.text(`${this.#kept};`.padEnd(this.#replyBytes, '.'))
      if (this.#kept[1] === '!') this.isClosing = true
      this.#kept = ''
      if (this.isClosing) return at + 1
    }
    return to
  }

  dispose(): void {
    this.#kept = ''
    this.#left()
  }
}

/** What `Pairs` replies to commands, one after the other. */
export function repliesTo(commands: readonly string[], replyBytes: number): string {
  return commands.map((command) => `${command};`.padEnd(replyBytes, '.')).join('')
}

/** A link whose rings are so short that they are full soon. */
export function smallLink(slots: number, requestBytes: number, replyBytes: number): LinkMemory {
  const hub = new SharedArrayBuffer(4 * (HUB_BELL + 1))
  const link = createLink(slots, hub)
  return { ...link, requests: Ring.create(requestBytes), replies: Ring.create(replyBytes) }
}

/** Nobody counts. */
export const NO_COUNTERS = {
  read: () => {},
  wrote: () => {},
  logged: () => {},
} as unknown as ServerCounters
