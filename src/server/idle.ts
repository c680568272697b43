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
import type { Protocol } from './listen.ts'
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

/** What a client hears that has not said who it is in time. */
const TOO_LATE: Readonly<Record<Protocol, string>> = {
  memcached: 'CLIENT_ERROR authentication timed out\r\n',
  redis: '-NOAUTH Authentication timed out.\r\n',
  http: '',
}

/** Seconds of each kind of patience; 0: endless. */
export interface Patience {
  readonly idle: number
  /** With a client that has replies waiting and takes none. */
  readonly stall: number
  /** With a client that has not said who it is; endless where there are no users. */
  readonly auth: number
}

/** @param hasUsers clients have to say who they are */
export function patienceOf(
  { idleTimeout, limits }: ResolvedServeOptions,
  hasUsers: boolean,
): Patience {
  const auth = hasUsers ? limits.authTimeout : 0
  return { idle: idleTimeout, stall: limits.stallTimeout, auth }
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
  } else if (patience.auth > 0 && !board.isKnown(slot) && board.ageOf(slot) > patience.auth) {
    counters.kickedUnknown()
    const what = `has not said who it is for ${patience.auth} s`
    notices.note('unauthenticated', `a connection was closed: ${board.addressOf(slot)} ${what}`)
    client.closeReason = 'auth_timeout'
    const text = Buffer.from(TOO_LATE[board.protocolOf(slot)])
    wire.write(text, 0, text.length)
    wire.end()
    board.know(slot) // told once
  } else if (patience.idle > 0 && !client.isWatching && board.idleSeconds(slot) > patience.idle) {
    counters.kickedIdle()
    client.closeReason = 'idle_timeout'
    wire.destroy()
  }
}
