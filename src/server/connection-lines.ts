/** What watchers of connections get, in memcached's form: a line when one comes or goes. */
import { type CounterBoard, SETTING } from '../protocols/memcached/counters.ts'
import { WATCH_CONNECTIONS } from '../protocols/memcached/host.ts'
import type { ConnectionBoard } from './connection-board.ts'
import { rankOf } from './log-events.ts'

/** Why a connection was closed: the first three are memcached's words. */
export type CloseReason = 'normal' | 'error' | 'idle_timeout' | 'stalled' | 'auth_timeout' | 'tls'

/** `verbosity` from which connections are logged, as memcached does. */
const TELLS_CONNECTIONS = 2

let lines = 0

/** Whether anybody wants to hear of connections. */
export function wantsConnectionLines(board: ConnectionBoard, counters: CounterBoard): boolean {
  if (board.watchedKinds & WATCH_CONNECTIONS) return true
  if (counters.setting(SETTING.logRank) >= rankOf('debug')) return true
  return counters.setting(SETTING.verbosity) >= TELLS_CONNECTIONS
}

export function openedLine(board: ConnectionBoard, slot: number): string {
  return `${head('conn_new')} ${place(board, slot)} cfd=${slot}\n`
}

export function closedLine(board: ConnectionBoard, slot: number, reason: CloseReason): string {
  return `${head('conn_close')} ${place(board, slot)} reason=${reason} cfd=${slot}\n`
}

function head(type: string): string {
  const now = Date.now()
  const seconds = Math.floor(now / 1000)
  return `ts=${seconds}.${(now - seconds * 1000) * 1000} gid=${++lines} type=${type}`
}

/** The board knows `tcp:127.0.0.1:53210` or `unix:/path`. */
function place(board: ConnectionBoard, slot: number): string {
  const address = board.addressOf(slot)
  if (address.startsWith('unix:')) return 'rip=unix rport=0 transport=local'
  const [, ip = 'unknown', port = '0'] = /^tcp6?:\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
  return `rip=${ip} rport=${port} transport=tcp`
}
