/** The server as the HTTP protocol sees it from one worker: what `HttpHost` asks. */
import type { CommandClock } from '../observe/command-clock.ts'
import type { Snapshot } from '../observe/snapshot.ts'
import { type Gate, OPEN_GATE } from '../protocols/http/gate.ts'
import { COUNT } from '../protocols/memcached/counters.ts'
import type { ClientFacts, HttpHost, HttpSettings } from '../protocols/http/host.ts'
import type { ServerTotals } from '../protocols/redis/host.ts'
import type { SlowCommand } from '../protocols/redis/worker.ts'
import type { WorkerSpec } from './messages.ts'
import type { ResolvedServeOptions } from './options.ts'
import type { WorkerFacts } from './worker-facts.ts'

/** What a worker of a server with an HTTP port is started with beside the rest. */
export interface HttpSpec {
  readonly settings: HttpSettings
}

export function httpSpecOf(options: ResolvedServeOptions): HttpSpec | undefined {
  const isSpoken = ({ protocol }: { protocol: string }) => protocol === 'http'
  if (options.httpPorts.length === 0 && !options.tls?.ports.some(isSpoken)) return undefined
  const { hostNames, flush, limits } = options
  const { httpHeadTimeout: headSeconds, httpRequestTimeout: requestSeconds } = limits
  return { settings: { hostNames, isFlushEnabled: flush, headSeconds, requestSeconds } }
}

export class HttpFacts implements HttpHost {
  readonly version: string
  readonly pid: number
  readonly worker: number
  readonly workers: number
  readonly startedAt: number
  readonly settings: HttpSettings
  readonly gate: Gate
  readonly clock: CommandClock
  /** Told by who makes the protocol, who has the engine. */
  observe: () => Snapshot = () => {
    throw new Error('nobody observes yet')
  }
  /** Told by the worker: who executes a connection is asked to do so. */
  onServe: (slot: number) => void = () => {}
  /** Told by the protocol: something waits for the event loop of this thread. */
  needsTurn: () => boolean = () => false
  /** Told by who makes the protocols: the slow commands of Redis, the latest first. */
  slow: () => readonly { readonly command: SlowCommand }[] | undefined = () => undefined
  readonly #facts: WorkerFacts

  constructor(spec: WorkerSpec, http: HttpSpec, facts: WorkerFacts) {
    this.version = facts.version
    this.pid = facts.pid
    this.worker = spec.index
    this.workers = spec.settings.workers
    this.startedAt = facts.startedAt
    this.settings = http.settings
    this.clock = facts.clock
    this.#facts = facts
    this.gate = facts.auth?.gate ?? OPEN_GATE
  }

  totals(): ServerTotals {
    return this.#facts.totals()
  }

  slowCommands(most: number): readonly SlowCommand[] | undefined {
    return this.slow()
      ?.slice(0, most)
      .map(({ command }) => command)
  }

  clients(most: number): readonly ClientFacts[] {
    const { connectionBoard: board } = this.#facts
    const found: ClientFacts[] = []
    for (let slot = 0; slot < board.slots && found.length < most; slot++) {
      if (!board.isOpen(slot)) continue
      found.push({
        id: board.idOf(slot),
        address: board.addressOf(slot).replace(/^tcp6?:/, ''),
        protocol: board.protocolOf(slot),
        worker: board.ownerOf(slot),
        ageSeconds: board.ageOf(slot),
        idleSeconds: board.idleSeconds(slot),
      })
    }
    return found
  }

  isAccepting(): boolean {
    return this.#facts.isAccepting()
  }

  requestTimedOut(): void {
    this.#facts.board.add(COUNT.http_timeouts, 1)
  }

  addressOf(slot: number): string {
    const address = this.#facts.connectionBoard.addressOf(slot)
    return /^tcp6?:\[?(.*?)\]?:[0-9]+$/.exec(address)?.[1] ?? address
  }

  serveSoon(slot: number): void {
    this.onServe(slot)
  }
}
