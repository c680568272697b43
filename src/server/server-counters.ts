/** The counters that the server itself keeps, in this thread's row of the counter board. */
import { COUNT, type CounterBoard } from '../protocols/memcached/counters.ts'
import type { HandshakeFailure } from './tls-doors.ts'

const HANDSHAKE_COUNTS: Readonly<Record<'done' | HandshakeFailure, number>> = {
  done: COUNT.tls_handshakes,
  failed: COUNT.tls_handshake_failures,
  'timed out': COUNT.tls_handshake_timeouts,
  'too many': COUNT.tls_handshakes_refused,
}

export class ServerCounters {
  readonly #board: CounterBoard

  constructor(board: CounterBoard) {
    this.#board = board
  }

  read(bytes: number): void {
    this.#board.add(COUNT.bytes_read, bytes)
  }

  wrote(bytes: number): void {
    this.#board.add(COUNT.bytes_written, bytes)
  }

  opened(): void {
    this.#board.add(COUNT.total_connections, 1)
  }

  rejected(): void {
    this.#board.add(COUNT.rejected_connections, 1)
  }

  /** For want of room for its address: counted as rejected, too. */
  rejectedOfAddress(): void {
    this.#board.add(COUNT.rejected_per_address, 1)
  }

  handshake(outcome: 'done' | HandshakeFailure): void {
    this.#board.add(HANDSHAKE_COUNTS[outcome], 1)
  }

  /** A client is not read: too much of it waits to be executed. */
  pausedInput(): void {
    this.#board.add(COUNT.input_pauses, 1)
  }

  /** A client's requests wait, since it does not read its replies. */
  pausedOutput(): void {
    this.#board.add(COUNT.output_pauses, 1)
  }

  kickedStalled(): void {
    this.#board.add(COUNT.stall_kicks, 1)
  }

  kickedUnknown(): void {
    this.#board.add(COUNT.auth_timeouts, 1)
  }

  kickedIdle(): void {
    this.#board.add(COUNT.idle_kicks, 1)
  }

  logged(isDropped: boolean): void {
    this.#board.add(isDropped ? COUNT.log_watcher_skipped : COUNT.log_watcher_sent, 1)
  }
}
