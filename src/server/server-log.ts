/**
 * The log as the accepting thread uses it: what happens to workers and connections, in the words of
 * the log, from the places where the server notices it.
 */
import { type CounterBoard, SETTING } from '../protocols/memcached/counters.ts'
import type { ConnectionBoard } from './connection-board.ts'
import { Log } from './log.ts'
import { type LogEventName, type LogFields, rankNow, rankOf } from './log-events.ts'
import type { ResolvedLog } from './log-options.ts'
import type { NoticeKind } from './notices.ts'
import type { ListeningServer } from './server-thread.ts'

/** From a worker: an event and its fields, beside the kinds that clients watch. */
export const LOG_EVENT_LINES = 1 << 8

const CONNECTION_LINE = /type=conn_(new|close) rip=(\S+) rport=(\S+) (.*)cfd=(\d+)/

export class ServerLog {
  readonly #log: Log
  readonly #rank: () => number
  #isStarted = false
  /** When workers died that have no successor yet, in ms. */
  readonly #diedAt = new Map<number, number>()

  constructor({ level, format }: ResolvedLog, board: CounterBoard) {
    board.set(SETTING.logRank, rankOf(level))
    this.#rank = () => rankNow(level, board.setting(SETTING.verbosity))
    this.#log = new Log(format, this.#rank)
  }

  started({ addresses, redisAddresses, httpAddresses, ...more }: ListeningServer): void {
    const { tlsAddresses, unixSocket, redisSocket, observed } = more
    this.#isStarted = true
    this.#log.tell('server.started', {
      memcached: listOf(addresses),
      redis: listOf(redisAddresses),
      http: listOf(httpAddresses),
      memcachedTls: listOf(tlsAddresses.memcached),
      redisTls: listOf(tlsAddresses.redis),
      httpTls: listOf(tlsAddresses.http),
      ...{ unixSocket, redisSocket },
      ...{ workers: observed.workers, handOff: observed.handOff },
      ...{ pid: process.pid, version: observed.version, node: process.version },
    })
  }

  stopping({ openCount }: ConnectionBoard): void {
    if (this.#isStarted) this.#log.tell('server.stopping', { connections: openCount })
  }

  stopped(): void {
    if (this.#isStarted) this.#log.tell('server.stopped')
  }

  /** Of notices.ts: clients that were turned away, or a certificate. */
  notice(kind: NoticeKind, why: string): void {
    if (kind === 'certificate' || kind === 'users') this.#concern(why)
    else this.#log.tell('client.refused', { kind, why })
  }

  /** What an operator must know: where nothing is logged, it is a warning of the process. */
  #concern(why: string): void {
    if (this.#rank() > 0) this.#log.tell('server.warning', { why })
    else process.emitWarning(why, { code: 'HEDDLE_SERVER', type: 'HeddleWarning' })
  }

  tick(): void {
    this.#log.tick()
  }

  workerDied(worker: number, reason: string | undefined): void {
    this.#diedAt.set(worker, performance.now())
    this.#log.tell('worker.died', { worker, reason })
  }

  /** Also the first of its post, which is no news. */
  workerReady(worker: number): void {
    const diedAt = this.#diedAt.get(worker)
    if (diedAt === undefined) return
    this.#diedAt.delete(worker)
    const afterMs = Math.round(performance.now() - diedAt)
    this.#log.tell('worker.recovered', { worker, afterMs })
  }

  /** Lines of memcached's `watch connevents` (connection-lines.ts). */
  connections(lines: string): void {
    for (const line of lines.split('\n')) {
      const [, what, ip, port, rest = '', slot] = CONNECTION_LINE.exec(line) ?? []
      if (what === undefined) continue
      const address = ip === 'unix' ? ip : `${ip}:${port}`
      if (what === 'new') this.#log.tell('connection.opened', { address, slot: Number(slot) })
      else {
        const reason = /reason=(\S+)/.exec(rest)?.[1]
        this.#log.tell('connection.closed', { address, slot: Number(slot), reason })
      }
    }
  }

  /** Events of workers: a line of JSON each (eventLine). */
  events(lines: string): void {
    for (const line of lines.split('\n')) {
      if (line === '') continue
      const [name, fields] = JSON.parse(line) as [LogEventName, LogFields]
      this.#log.tell(name, fields)
    }
  }
}

function listOf(addresses: readonly string[]): string | undefined {
  return addresses.length === 0 ? undefined : addresses.join(',')
}

/** An event on its way from a worker. */
export function eventLine(name: LogEventName, fields: LogFields): string {
  return JSON.stringify([name, fields])
}
