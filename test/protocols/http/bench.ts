/**
 * HTTP connections in a test, without sockets and threads: an engine of its own, a server that only
 * remembers, and a client that feeds bytes and collects what is answered.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { RawAccess } from '../../../src/engine/raw-access.ts'
import type { Engine, EngineOptions } from '../../../src/index.ts'
import { CommandClock } from '../../../src/observe/command-clock.ts'
import { ObservationBoard } from '../../../src/observe/observation-board.ts'
import { HttpConnection } from '../../../src/protocols/http/connection.ts'
import { type Gate, OPEN_GATE } from '../../../src/protocols/http/gate.ts'
import type { HttpHost } from '../../../src/protocols/http/host.ts'
import { openHttp } from '../../../src/protocols/http/open.ts'
import type { HttpWorker } from '../../../src/protocols/http/worker.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import type { ServerTotals } from '../../../src/protocols/redis/host.ts'

class FakeHost implements HttpHost {
  readonly version = '0.1.0'
  readonly pid = 4242
  readonly worker = 0
  readonly workers = 1
  readonly startedAt: number = 1_800_000_000_000
  readonly settings = {
    hostNames: [],
    isFlushEnabled: true,
    headSeconds: 10,
    requestSeconds: 60,
  }
  gate: Gate = OPEN_GATE
  readonly clock = new CommandClock(ObservationBoard.create(1), 1)
  timedOut = 0
  /** Connections that asked to be fed. */
  readonly due = new Set<number>()

  observe(): never {
    throw new Error('nothing is observed here')
  }
  totals(): ServerTotals {
    throw new Error('nothing is counted here')
  }
  slowCommands(): undefined {}
  clients(): readonly never[] {
    return []
  }
  isAccepting(): boolean {
    return true
  }
  requestTimedOut(): void {
    this.timedOut++
  }
  addressOf(): string {
    return '127.0.0.1'
  }
  serveSoon(slot: number): void {
    this.due.add(slot)
  }
}

export class HttpBench {
  readonly host = new FakeHost()
  readonly raw: RawAccess
  readonly worker: HttpWorker
  #connections = 0

  /** @param make an engine for the test, which closes it */
  constructor(make: (options: EngineOptions) => Engine, options: EngineOptions = {}) {
    this.raw = new RawAccess(make(options))
    this.worker = openHttp(this.raw, this.host)
  }

  connect(softLimit?: number): InProcessClient {
    const slot = ++this.#connections
    return new InProcessClient(new HttpConnection(this.worker, slot), this.host, softLimit)
  }
}

const NOTHING = new Uint8Array(0)
/** Turns of the event loop after which a connection that still asks to be fed never stops. */
const MOST_TURNS = 10_000

/** What a server does for one connection: it keeps aside what is not taken, and feeds it again. */
export class InProcessClient {
  readonly connection: HttpConnection
  readonly #host: FakeHost
  readonly #out: ReplyBuffer
  #rest: Buffer = Buffer.alloc(0)
  #heard: Buffer[] = []
  #isOver = false

  constructor(connection: HttpConnection, host: FakeHost, softLimit?: number) {
    this.connection = connection
    this.#host = host
    this.#out = new ReplyBuffer(softLimit)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes that the connection has not taken yet. */
  get keptBytes(): number {
    return this.#rest.length
  }

  send(bytes: Uint8Array | string): this {
    const added = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    const isKept = this.#rest.length > 0 || this.connection.hasMore
    this.#rest = Buffer.concat([this.#rest, added])
    if (!isKept) this.#feed()
    return this
  }

  /** Goes on until nothing is to be done. @returns what was answered since */
  async settle(): Promise<string> {
    for (let quiet = 0, turns = 0; quiet < 3; turns++) {
      if (turns > MOST_TURNS) throw new Error('the connection asks to be fed for ever')
      await turn()
      quiet = this.step() ? 0 : quiet + 1
    }
    const heard = Buffer.concat(this.#heard).toString('latin1')
    this.#heard = []
    return heard
  }

  /** One opportunity to be fed. @returns whether it was taken */
  step(): boolean {
    const { connection } = this
    const isDue = this.#host.due.delete(connection.slot)
    if (this.#isOver) return false
    const wants = this.#rest.length > 0 || connection.hasMore
    if (!isDue && (!wants || connection.isPaused)) return false
    this.#feed()
    return true
  }

  close(): void {
    if (!this.#isOver) this.connection.dispose()
    this.#isOver = true
  }

  #feed(): void {
    if (this.#isOver) return
    const from = this.#rest.length === 0 ? NOTHING : this.#rest
    const end = this.connection.feed(from, 0, from.length, this.#out)
    if (this.#out.length > 0) {
      this.#heard.push(Buffer.from(this.#out.bytes.subarray(0, this.#out.length)))
      this.#out.clear()
    }
    this.#rest = this.#rest.subarray(end)
    if (this.connection.isClosing) this.close()
  }
}
