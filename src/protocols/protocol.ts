/**
 * What every protocol offers a server: a state machine per connection that turns bytes into
 * replies. It knows no sockets and no threads.
 */
import type { ReplyBuffer } from './reply-buffer.ts'

/** What a client may speak that has come to the wrong port. */
export type Foreign = 'HTTP' | 'TLS'

/** A TLS handshake begins so. No command of the text protocols does, nor any frame. */
export const TLS_HANDSHAKE = 0x16

/**
 * What requests that arrived together, on whatever connections, are going to look up: known before
 * the first of them is executed, so that their cache misses are waited for together.
 */
export interface Foresight {
  /** Forgets what was foreseen: before the first connection, and after the last was fed. */
  forget(): void
  /**
   * Connections will be fed with these bytes next, in the order of these calls.
   * @returns whether there is room for more
   */
  foresee(source: Uint8Array, from: number, to: number): boolean
}

export interface ProtocolConnection {
  /**
   * Executes the commands in `source[from..to)` in their order and appends their replies to `out`.
   * What is left of an unfinished command is copied and kept (bounded by the longest line and the
   * largest item). Nothing of `source` is used after the call returns.
   * @returns how far it came: less than `to` only when `out.isFull` or `hasMore` (call again with
   * the rest, or with an empty range while `hasMore`), when `isPaused`, or when `isClosing`
   */
  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number
  /**
   * A command is half answered, since `out` was full or since it takes long and others should come
   * first: feed again before anything else of this connection is read.
   */
  readonly hasMore: boolean
  /** The connection ends once what was replied is written. */
  readonly isClosing: boolean
  /** It executes nothing until it asks the server to feed it: what arrives meanwhile is kept. */
  readonly isPaused?: boolean
  /** It is not as it was when it was opened: no other worker could go on with it. */
  readonly hasState?: boolean
  /** False: its client has not said who it is yet, and has to. Undefined: it need not. */
  readonly isAuthenticated?: boolean
  /** The same for all connections of a worker. Undefined: nothing can be foreseen. */
  readonly foresight?: Foresight
  /** Bytes of an unfinished command that are kept, or to be passed over; 0 between commands. */
  readonly pendingBytes: number
  /** Series in which the time of its batches is noted; see src/observe. Undefined: nowhere. */
  readonly batches?: number
  /** The connection is gone: forget whatever refers to it. */
  dispose(): void
}
