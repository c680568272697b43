/** What watchers of connections get, in memcached's form: a line when one comes, one when it goes. */
import type { ConnectionBoard } from './connection-board.ts'

/** Why a connection was closed, in memcached's words. */
export type CloseReason = 'normal' | 'idle_timeout'

let lines = 0

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
