/** The counters that the server itself keeps, in this thread's row of the counter board. */
import { COUNT, type CounterBoard } from '../protocols/memcached/counters.ts'

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

  kickedIdle(): void {
    this.#board.add(COUNT.idle_kicks, 1)
  }

  logged(isDropped: boolean): void {
    this.#board.add(isDropped ? COUNT.log_watcher_skipped : COUNT.log_watcher_sent, 1)
  }
}
