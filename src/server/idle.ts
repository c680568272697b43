/**
 * Timeouts of connections, for whoever owns sockets. A client is idle that neither sends anything
 * nor takes any of its replies; one that watches never is. It is stalled while replies wait for it
 * and it takes none.
 *
 * Idle time passes while the accepting thread runs, a second per tick: neither a late tick nor the
 * system's clock makes clients idle. A tick may come before the sockets that are ready are read, so
 * the check comes after them, within the same turn of the event loop.
 */
import type { ConnectionBoard } from './connection-board.ts'
import type { CloseReason } from './connection-lines.ts'
import type { Notices } from './notices.ts'
import type { ResolvedServeOptions } from './options.ts'
import type { ServerCounters } from './server-counters.ts'
import type { Wire } from './wire.ts'

interface Client {
  readonly slot: number
  readonly wire: Wire
  readonly isWatching: boolean
  closeReason: CloseReason
}

/** Seconds of each kind of patience; 0: endless. */
export interface Patience {
  readonly idle: number
  /** With a client that has replies waiting and takes none. */
  readonly stall: number
  /** With a client that has not said who it is. */
  readonly auth: number
}

export function patienceOf({ idleTimeout, limits }: ResolvedServeOptions): Patience {
  return { idle: idleTimeout, stall: limits.stallTimeout, auth: limits.authTimeout }
}

/** Whom a kick is counted and told by. */
export interface KickWatch {
  readonly board: ConnectionBoard
  readonly counters: ServerCounters
  readonly notices: Notices
}

/** Closes the clients with which patience is over. @param clients asked for when it is time */
export function kickIdleSoon(
  clients: () => Iterable<Client>,
  patience: Patience,
  watch: KickWatch,
): void {
  setImmediate(() => {
    for (const client of clients()) kickIfDue(client, patience, watch)
  })
}

function kickIfDue(client: Client, patience: Patience, watch: KickWatch): void {
  const { board, counters, notices } = watch
  const { slot, wire } = client
  if (wire.noteProgress()) board.touch(slot)
  if (patience.stall > 0 && wire.stalledTicks > patience.stall) {
    counters.kickedStalled()
    const what = `${wire.unwritten} bytes of replies not taken for ${patience.stall} s`
    notices.note('stalled', `a connection was closed: ${board.addressOf(slot)}, ${what}`)
    client.closeReason = 'stalled'
    wire.destroy()
  } else if (patience.idle > 0 && !client.isWatching && board.idleSeconds(slot) > patience.idle) {
    counters.kickedIdle()
    client.closeReason = 'idle_timeout'
    wire.destroy()
  }
}
