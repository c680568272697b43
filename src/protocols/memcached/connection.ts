/**
 * One client's connection: finds the commands in what arrives and has them executed. Its first byte
 * says which of the two protocols it speaks: no text command begins with that of a binary request.
 *
 * A command that lies whole in what was handed over is executed where it lies; of one that arrives
 * in pieces, line and value are collected in one private buffer and it is read again from its
 * beginning once it is whole. So how the bytes were split changes no reply. The buffer grows with
 * what arrived, never with what was announced.
 */
import type { RawAccess } from '../../engine/raw-access.ts'
import { PROTOCOLS } from '../../observe/observation-board.ts'
import { TLS_HANDSHAKE } from '../protocol.ts'
import type { Foreign, Foresight, ProtocolConnection } from '../protocol.ts'
import type { ReplyBuffer } from '../reply-buffer.ts'
import { authenticateLine, authentication, UNFINISHED } from './authenticate.ts'
import { executeFrame } from './binary-commands.ts'
import { frame, REQUEST_MAGIC } from './binary-frame.ts'
import { ClientSession, NO_SERIES } from './client-session.ts'
import { commandOf, type Command } from './commands.ts'
import { COUNT } from './counters.ts'
import type { ServerFacts } from './host.ts'
import { line } from './line.ts'
import { refuseLine } from './permissions.ts'
import { type Pipeline, pipelineOf } from './pipeline.ts'
import { executePlain, isPlain } from './plain.ts'
import { NO_VALUE, parsed, SKIP_VALUE } from './store.ts'

/** Longer lines end the connection, but for retrievals, whose keys take as much as they take. */
const LONGEST_LINE_BYTES = 2048
const LONGEST_RETRIEVAL_BYTES = 1 << 20
const FIRST_BYTES = 256
const NEWLINE = 10
const RETURN = 13
const NOTHING = new Uint8Array(0)
const copyRange = Buffer.prototype.copy

export class MemcachedConnection implements ProtocolConnection {
  readonly #session: ClientSession
  readonly #pipeline: Pipeline
  /** The beginning of an unfinished command. */
  #kept: Uint8Array = NOTHING
  #keptBytes = 0
  /** Of the whole unfinished command; 0 while its line is unfinished. */
  #wantedBytes = 0
  /** Bytes of a refused value that are still to come. */
  #skipBytes = 0
  #isFresh = true
  #isBinary = false

  /** @param id the server's number for this connection */
  constructor(raw: RawAccess, facts: ServerFacts, id: number) {
    this.#session = new ClientSession(raw, facts, id)
    this.#pipeline = pipelineOf(raw)
  }

  get batches(): number {
    return PROTOCOLS[this.#isBinary ? 'memcached-binary' : 'memcached'].first
  }

  get foresight(): Foresight {
    return this.#pipeline
  }

  get hasMore(): boolean {
    return this.#session.more !== undefined
  }

  get isClosing(): boolean {
    return this.#session.isClosing
  }

  get isPaused(): boolean {
    return this.#session.isPaused
  }

  get isAuthenticated(): boolean {
    return this.#session.login?.isAuthenticated !== false
  }

  /** No other worker knows who the client is. */
  get hasState(): boolean {
    return this.#session.login?.isAuthenticated === true
  }

  /** What is kept of a command, or is still to be swallowed of a refused value. */
  get pendingBytes(): number {
    return this.#keptBytes + this.#skipBytes
  }

  /** It gets log lines, and its commands are no longer read. */
  get isWatcher(): boolean {
    return this.#session.isWatcher
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    const session = this.#session
    session.begin(out)
    const pipeline = this.#pipeline
    let plain = !this.#isFresh && isPlain(session)
    let at = from
    while (!session.isClosing && !session.isPaused && !out.isFull) {
      if (session.more !== undefined) {
        if (!session.more.step(session)) break
        session.more = undefined
        continue
      }
      if (at >= to) break
      if (session.isWatcher) at = to
      else if (this.#skipBytes > 0) at = this.#skip(at, to)
      else if (this.#keptBytes > 0) at = this.#collect(source, at, to)
      else if (plain && pipeline.findAt(source, at, to, this.#isBinary)) {
        at = executePlain(session, pipeline, source, at, to, this.#isBinary)
        continue
      } else at = this.#executeAt(source, at, to)
      plain = isPlain(session)
    }
    pipeline.leave()
    session.end()
    return at
  }

  dispose(): void {
    const session = this.#session
    if (session.isWatcher) session.facts.watch(session.id, 0)
    session.login?.dispose()
    session.more = undefined
    session.isClosing = true
    this.#skipBytes = 0
    this.#forget()
  }

  #forget(): void {
    this.#kept = NOTHING
    this.#keptBytes = this.#wantedBytes = 0
  }

  #skip(at: number, to: number): number {
    const skipped = Math.min(this.#skipBytes, to - at)
    this.#skipBytes -= skipped
    return at + skipped
  }

  /** Executes the command at `at`, or keeps what is there of it. */
  #executeAt(source: Uint8Array, at: number, to: number): number {
    if (this.#isFresh) {
      this.#isFresh = false
      this.#isBinary = source[at] === REQUEST_MAGIC
      if (source[at] === TLS_HANDSHAKE) return this.#turnAway('TLS', to)
    }
    const next = this.#execute(source, at, to)
    if (next !== UNFINISHED) return next
    this.#keep(source, at, to)
    this.#refuseLongLine()
    return to
  }

  /** Takes more of an unfinished command, and executes it when it is whole. */
  #collect(source: Uint8Array, at: number, to: number): number {
    let end = to
    if (this.#wantedBytes > 0) end = Math.min(to, at + this.#wantedBytes - this.#keptBytes)
    else {
      const newline = source.subarray(at, to).indexOf(NEWLINE)
      if (newline >= 0) end = at + newline + 1
    }
    const isLineEnd = this.#wantedBytes === 0 && end > at && source[end - 1] === NEWLINE
    this.#keep(source, at, end)
    if (this.#wantedBytes === 0 ? !isLineEnd : this.#keptBytes < this.#wantedBytes) {
      if (this.#wantedBytes === 0) this.#refuseLongLine()
      return end
    }
    const kept = this.#kept
    const next = this.#execute(kept, 0, this.#keptBytes)
    if (next !== UNFINISHED) this.#forget()
    return end
  }

  #keep(source: Uint8Array, from: number, to: number): void {
    const needed = this.#keptBytes + to - from
    if (needed > this.#kept.length) {
      const most = this.#wantedBytes > 0 ? this.#wantedBytes : Number.MAX_SAFE_INTEGER
      const room = Math.max(needed, Math.min(most, 2 * this.#kept.length, most))
      const grown = new Uint8Array(Math.max(room, Math.min(most, FIRST_BYTES)))
      grown.set(this.#kept.subarray(0, this.#keptBytes))
      this.#kept = grown
    }
    copyRange.call(source as Buffer, this.#kept, this.#keptBytes, from, to)
    this.#keptBytes = needed
  }

  /** Ends the connection when the unfinished line is longer than any may be. */
  #refuseLongLine(): void {
    if (this.#wantedBytes > 0 || this.#keptBytes <= LONGEST_LINE_BYTES) return
    if (mayBeLong(this.#kept, 0, this.#keptBytes)) return
    this.#endForLine()
    this.#forget()
  }

  #turnAway(spoke: Foreign, to: number): number {
    const session = this.#session
    session.facts.turnedAway(session.id, spoke)
    session.isClosing = true
    return to
  }

  #endForLine(): void {
    this.#session.say('CLIENT_ERROR line too long\r\n')
    this.#session.count(COUNT.requests_too_large)
    this.#session.isClosing = true
  }

  /** Executes one command of `bytes[from..to)`; where the next begins, or UNFINISHED. */
  #execute(bytes: Uint8Array, from: number, to: number): number {
    const session = this.#session
    const { clock } = session.facts
    const begunAt = clock.begin()
    session.series = NO_SERIES
    const next = this.#isBinary
      ? this.#executeFrame(bytes, from, to)
      : this.#executeLine(bytes, from, to)
    if (next !== UNFINISHED && session.series !== NO_SERIES) clock.end(session.series, begunAt)
    return next
  }

  #executeFrame(bytes: Uint8Array, from: number, to: number): number {
    const next = executeFrame(this.#session, bytes, from, to)
    if (next === UNFINISHED) this.#wantedBytes = frame.wantedBytes
    return this.#pass(next, to)
  }

  /** What lies beyond what has come is passed over when it comes. */
  #pass(next: number, to: number): number {
    if (next <= to) return next
    this.#skipBytes = next - to
    return to
  }

  #executeLine(bytes: Uint8Array, from: number, to: number): number {
    if (!line.read(bytes, from, to)) return UNFINISHED
    if (line.next - from > LONGEST_LINE_BYTES && !mayBeLong(bytes, from, line.next)) {
      this.#endForLine()
      return to
    }
    const session = this.#session
    session.isQuiet = false
    session.watched = session.facts.watchedKinds()
    const command = commandOf()
    if (command === undefined && line.endsInHttp()) return this.#turnAway('HTTP', to)
    const { login } = session
    if (login?.isAuthenticated === false) {
      const next = authenticateLine(session, login, from, to)
      if (next === UNFINISHED) this.#wantedBytes = authentication.wantedBytes
      return next
    }
    if (command === undefined) {
      session.say('ERROR\r\n')
      return line.next
    }
    session.series = command.series
    const refused = login && refuseLine(session, login, command)
    if (refused !== undefined) return this.#pass(line.next + refused, to)
    if (command.store === undefined) {
      command.execute(session)
      return line.next
    }
    return this.#executeStore(command, command.store, from, to)
  }

  #executeStore(
    command: Command,
    store: NonNullable<Command['store']>,
    from: number,
    to: number,
  ): number {
    const session = this.#session
    const valueAt = line.next
    const length = command.readLength(session)
    if (length === NO_VALUE) return valueAt
    if (length === SKIP_VALUE) return this.#pass(valueAt + parsed.length + 2, to)
    const end = valueAt + length + 2
    if (end > to) {
      this.#wantedBytes = end - from
      return UNFINISHED
    }
    const { bytes } = line
    if (bytes[end - 2] === RETURN && bytes[end - 1] === NEWLINE) store(session, bytes, valueAt)
    else command.refuseValue(session)
    return end
  }
}

/** Enough of a line to see its first word, with spaces in front. */
const LINE_WORD_BYTES = 128
const RETRIEVALS = ['get ', 'gets ', 'gat ', 'gats ']

function mayBeLong(bytes: Uint8Array, from: number, to: number): boolean {
  const head = bytes.subarray(from, Math.min(to, from + LINE_WORD_BYTES))
  const text = Buffer.from(head).toString('latin1').trimStart()
  return to - from <= LONGEST_RETRIEVAL_BYTES && RETRIEVALS.some((word) => text.startsWith(word))
}
