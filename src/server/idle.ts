/**
 * The idle timeout, for whoever owns sockets. A client is idle that neither sends anything nor
 * takes any of its replies; one that watches never is.
 *
 * Idle time passes while the accepting thread runs, a second per tick: neither a late tick nor the
 * system's clock makes clients idle. A tick may come before the sockets that are ready are read, so
 * the check comes after them, within the same turn of the event loop.
 */
import type { ConnectionBoard } from './connection-board.ts'
import type { CloseReason } from './connection-lines.ts'
import type { ServerCounters } from './server-counters.ts'
import type { Wire } from './wire.ts'

interface Client {
  readonly slot: number
  readonly wire: Wire
  readonly isWatching: boolean
  closeReason: CloseReason
}

/** Closes the clients that were idle for longer. @param clients asked for when it is time */
export function kickIdleSoon(
  clients: () => Iterable<Client>,
  seconds: number,
  board: ConnectionBoard,
  counters: ServerCounters,
): void {
  setImmediate(() => {
    for (const client of clients()) {
      if (client.wire.noteProgress()) board.touch(client.slot)
      if (client.isWatching || board.idleSeconds(client.slot) <= seconds) continue
      counters.kickedIdle()
      client.closeReason = 'idle_timeout'
      client.wire.destroy()
    }
  })
}
