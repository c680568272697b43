/**
 * The load of one thread: its connections, and the two ways to drive them.
 *
 * Closed loop: every connection has `depth` requests under way, and a reply lets the next one go.
 * A slow server is asked less, so its latency flatters it.
 *
 * Open loop: request n is due at begin + n * interval on connection n modulo connections, whatever
 * the server does. A request that finds its connection full waits, and its latency counts from
 * when it was due, so a stall is charged to all that it held up (no coordinated omission). The
 * thread polls its event loop, since timers are a millisecond late; `lag` tells how late it was
 * itself.
 */
import { Connection } from './connection.ts'
import type { Driver } from './connection.ts'
import type { ClientOrder, Drive, Driven } from './drive.ts'
import { Recording } from './recording.ts'
import { GET, SET, SET_EXPIRING, idOf, isSet, packRequest, verbOf } from './request-plan.ts'
import { Tally } from './tally.ts'
import { SMALLEST_VALUE, sizeTable } from './workload.ts'
import { LONGEST_LINE, MISS, OVERHEAD_BYTES } from './wire-protocol.ts'
import type { WireProtocol } from './wire-protocol.ts'

const LEAST_BATCH_BYTES = 1 << 18
/** How long an open loop may work off what was due when its time is over. */
const DRAIN_MS = 1_000
const GRACE_MS = 10_000
/** From the loss of a connection, or an attempt that failed, to the next attempt. */
const REOPEN_MS = 20
const GENERATIONS = 10

export class LoadClient implements Driver {
  readonly protocol: WireProtocol
  readonly mostReplyBytes: number
  #mostRequestBytes: number
  #batchBytes: number
  #order: ClientOrder
  #connections: Connection[]
  #sizes: Uint32Array
  #batch: Buffer
  #generation = 0
  // The run that is under way.
  #drive: Drive | undefined
  #isSending = false
  #planAt = 0
  #started = 0
  #dueCount = 0
  #outstanding = 0
  #endAt = 0
  #unsent = 0
  #tally = new Tally((id) => this.sizeOf(id))
  #recording = new Recording(0, 0, undefined)
  #stop: Int32Array | undefined
  #lost = 0
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined
  #failure: Error | undefined

  constructor(order: ClientOrder, protocol: WireProtocol) {
    this.protocol = protocol
    this.#order = order
    this.#mostRequestBytes = order.values.high + OVERHEAD_BYTES
    this.mostReplyBytes = this.#mostRequestBytes + LONGEST_LINE
    this.#batchBytes = Math.max(LEAST_BATCH_BYTES, 2 * this.#mostRequestBytes)
    this.#batch = Buffer.allocUnsafeSlow(this.#batchBytes)
    this.#sizes = sizeTable(order.values, order.keys)
    const indices = Array.from({ length: order.connections }, (_, index) => index)
    this.#connections = indices.map((index) => new Connection(index, order.mostDepth, this))
  }

  async open(): Promise<void> {
    try {
      for (const connection of this.#connections) await connection.open(this.#order.target)
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  async run(drive: Drive): Promise<Driven> {
    if (this.#failure !== undefined) throw this.#failure
    this.#reset(drive)
    const leftMs = Math.max(1, drive.beginAt - performance.now())
    await new Promise((resolve) => setTimeout(resolve, leftMs))
    const utilizationAtStart = performance.eventLoopUtilization()
    const beganAt = drive.everyMs === undefined ? performance.now() : drive.beginAt
    const timers: NodeJS.Timeout[] = []
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject }
        const drainMs = drive.everyMs === undefined ? 0 : DRAIN_MS
        timers.push(setTimeout(() => this.#stopSending(), drive.seconds * 1000 + drainMs))
        timers.push(setTimeout(() => this.#giveUp(), drive.seconds * 1000 + GRACE_MS))
        if (drive.everyMs !== undefined) this.#poll()
        else for (const connection of this.#connections) this.chunkDone(connection, beganAt)
      })
    } finally {
      for (const timer of timers) clearTimeout(timer)
      this.#settle = undefined
      this.#isSending = false
    }
    const { utilization } = performance.eventLoopUtilization(utilizationAtStart)
    return {
      counts: this.#tally.counts,
      recording: this.#recording,
      seconds: (this.#endAt - beganAt) / 1000,
      busy: utilization,
      unsent: this.#unsent,
      lost: this.#lost,
      samples: this.#tally.samples,
    }
  }

  sizeOf(id: number): number {
    if (this.#sizes.length === 0) return this.#order.values.low
    return id < this.#sizes.length ? this.#sizes[id] : SMALLEST_VALUE
  }

  replied(
    connection: Connection,
    request: number,
    intendedAt: number,
    outcome: number,
    now: number,
  ): void {
    this.#outstanding--
    this.#endAt = now
    this.#recording.replied(intendedAt, now)
    const drive = this.#drive as Drive
    this.#tally.count(request, outcome, drive)
    if (outcome === MISS && drive.fillMisses && verbOf(request) === GET) {
      connection.fills[connection.fillCount++] = idOf(request)
    }
  }

  chunkDone(connection: Connection, now: number): void {
    if (this.#stop?.[0] === 1) this.#stopSending()
    this.#pump(connection, now)
    this.#finishIfDone()
  }

  sample(request: number, reply: string): void {
    this.#tally.sample(request, reply)
  }

  failed(connection: Connection, why: string): void {
    if (this.#connections[connection.index] !== connection) return
    if (this.#drive?.reconnects === true && this.#settle !== undefined) {
      this.#lost += connection.outstanding
      this.#outstanding -= connection.outstanding
      setTimeout(() => this.#reopen(connection), REOPEN_MS)
      this.#finishIfDone()
      return
    }
    this.#failure = new Error(`connection ${connection.index}: ${why}`)
    this.#settle?.reject(this.#failure)
  }

  /** What is due meanwhile waits, and the wait counts. */
  #reopen(old: Connection): void {
    const fresh = new Connection(old.index, this.#order.mostDepth, this)
    fresh.open(this.#order.target).then(
      () => {
        fresh.due = old.due
        fresh.ordinal = old.ordinal
        this.#connections[old.index] = fresh
        if (this.#settle !== undefined) this.#pump(fresh, performance.now())
      },
      (error: Error) => {
        if (this.#isSending) setTimeout(() => this.#reopen(old), REOPEN_MS)
        else this.#failure = error
      },
    )
  }

  #reset(drive: Drive): void {
    this.#drive = drive
    this.#isSending = true
    this.#planAt = 0
    this.#started = 0
    this.#dueCount = 0
    this.#unsent = 0
    this.#tally = new Tally((id) => this.sizeOf(id))
    this.#lost = 0
    this.#recording = new Recording(drive.beginAt, drive.seconds, drive.sliceMs)
    this.#stop = drive.stop && new Int32Array(drive.stop)
    for (const connection of this.#connections) {
      connection.due = 0
      connection.ordinal = 0
      connection.fillCount = 0
    }
  }

  /** Open loop: finds what has become due, then lets the event loop look at the sockets. */
  #poll = (): void => {
    const drive = this.#drive as Drive
    if (this.#settle === undefined) return
    if (this.#stop?.[0] === 1) this.#stopSending()
    const now = performance.now()
    const everyMs = drive.everyMs as number
    const { length } = this.#connections
    const first = this.#dueCount
    const planned = Math.floor((now - drive.beginAt) / everyMs) + 1
    const due = Math.max(first, Math.min(drive.requests, planned))
    for (let n = first; n < due; n++) {
      this.#connections[n % length].due++
      this.#recording.noticed(drive.beginAt + n * everyMs, now)
    }
    this.#dueCount = due
    const touched = Math.min(due, first + length)
    for (let n = first; n < touched; n++) this.#pump(this.#connections[n % length], now)
    if (!this.#finishIfDone()) setImmediate(this.#poll)
  }

  /** Sends what this connection may send now, in one write. */
  #pump(connection: Connection, now: number): void {
    if (connection.isOver) return
    const drive = this.#drive as Drive
    let at = 0
    while (connection.outstanding < drive.depth && this.#isSending) {
      if (connection.fillCount > 0) {
        const id = connection.fills[--connection.fillCount]
        at = this.#send(connection, packRequest(SET, id), now, at)
      } else if (drive.everyMs === undefined) {
        if (this.#started >= drive.requests) break
        at = this.#send(connection, this.#nextPlanned(drive), now, at)
      } else {
        if (connection.due === 0) break
        connection.due--
        const n = connection.ordinal++ * this.#connections.length + connection.index
        const intendedAt = drive.beginAt + n * drive.everyMs
        at = this.#send(connection, this.#nextPlanned(drive), intendedAt, at)
      }
    }
    this.#flush(connection, at)
  }

  #nextPlanned(drive: Drive): number {
    this.#started++
    const request = drive.plan[this.#planAt]
    if (++this.#planAt === drive.plan.length) this.#planAt = 0
    return request
  }

  #send(connection: Connection, request: number, intendedAt: number, from: number): number {
    const isFull = from + this.#mostRequestBytes > this.#batchBytes
    const at = isFull ? this.#flush(connection, from) : from
    const id = idOf(request)
    connection.push(request, intendedAt)
    this.#outstanding++
    if (!isSet(request)) return this.protocol.writeGet(this.#batch, at, id)
    this.#generation = (this.#generation + 1) % GENERATIONS
    const expires = verbOf(request) === SET_EXPIRING
    return this.protocol.writeSet(this.#batch, at, id, this.sizeOf(id), this.#generation, expires)
  }

  /** Bytes that the socket could not take at once stay its own; the next batch gets new ones. */
  #flush(connection: Connection, end: number): number {
    if (end === 0) return 0
    if (!connection.write(this.#batch.subarray(0, end))) {
      this.#batch = Buffer.allocUnsafeSlow(this.#batchBytes)
    }
    return 0
  }

  /** The time is over. What an open loop could not send by now has waited at least until now. */
  #stopSending(): void {
    const drive = this.#drive as Drive
    if (drive.everyMs !== undefined && this.#isSending) {
      const now = performance.now()
      for (const connection of this.#connections) this.#countUnsent(drive, connection, now)
    }
    this.#isSending = false
    this.#finishIfDone()
  }

  #countUnsent(drive: Drive, connection: Connection, now: number): void {
    const { length } = this.#connections
    for (; connection.due > 0; connection.due--) {
      const n = connection.ordinal++ * length + connection.index
      this.#recording.replied(drive.beginAt + n * (drive.everyMs as number), now)
      this.#unsent++
    }
  }

  #finishIfDone(): boolean {
    const drive = this.#drive as Drive
    const isDone = this.#outstanding === 0 && (!this.#isSending || this.#started >= drive.requests)
    if (isDone) this.#settle?.resolve()
    return isDone
  }

  #giveUp(): void {
    const what = `${this.#outstanding} replies never came within ${GRACE_MS} ms after the end`
    this.#failure = new Error(what)
    this.#settle?.reject(this.#failure)
  }
}
