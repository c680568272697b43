/**
 * What the commands of one connection share: the engine, the database that was selected, the reply
 * of the moment, and what remains of a command whose answer did not fit.
 *
 * Databases are namespaces of the engine. Database 0 is the default one, so that Redis, memcached
 * and the embedding program share its keys.
 */
import type { Login } from '../../auth/login.ts'
import { TAG_BYTES } from '../../engine/codec.ts'
import type { KeyAccess } from '../../engine/key-access.ts'
import {
  CLOSED_GATE,
  type Draft,
  FULL,
  MARK_BITS,
  type Outcome,
  TOO_LARGE,
} from '../../engine/raw-access.ts'
import type { ReplyBuffer } from '../reply-buffer.ts'
import type { Foreign } from '../protocol.ts'
import type { Args } from './args.ts'
import { COUNT, NAME, RECORD, USER } from './board.ts'
import type { Command } from './command-table.ts'
import { DATABASES } from './databases.ts'
import { CONTENDED_REPLY, GATE_CLOSED, KEY_TOO_LONG, OUT_OF_MEMORY, tooLarge } from './errors.ts'
import type { RedisHost } from './host.ts'
import type { Listener, Tracker } from './listener.ts'
import { Pushes } from './pushes.ts'
import { NO_REPLIES, Reply } from './reply.ts'
import type { Transaction, Watched } from './transaction.ts'
import type { RedisWorker } from './worker.ts'

/** What remains of a command; each call writes until `reply.out` is full. */
export interface Continuation {
  /** @returns whether the command is answered */
  step(client: RedisClient): boolean
}

const END_OF_LINE = Buffer.from('\r\n')
/** Of CLIENT REPLY SKIP: nothing is skipped, the reply to the next command, that to this one. */
export const NO_SKIP = 0
export const SKIP_NEXT = 1
export const SKIP_THIS = 2

type Execute = (client: RedisClient, command: Command, args: Args) => void

export class RedisClient implements Listener {
  readonly worker: RedisWorker
  /** The keys, as all see them or as a transaction does. */
  raw: KeyAccess
  readonly host: RedisHost
  /** The server's number for this connection. */
  readonly slot: number
  readonly reply: Reply = new Reply()
  readonly maxItemBytes: number
  /** What clients know the connection by: never the same twice. */
  readonly id: number
  /** What it was given by CLIENT SETNAME. */
  name = ''
  /** Who it is; undefined where there are no users. */
  readonly login: Login | undefined
  database = 0
  /** The namespace of that database. */
  space = 0
  isClosing = false
  more: Continuation | undefined = undefined
  /** What MULTI has begun, and what WATCH remembers. */
  transaction: Transaction | undefined = undefined
  readonly watched = new Map<string, Watched>()
  /** Index of the last command in the table, -1 before the first. */
  lastCommand = -1
  /** CLIENT REPLY OFF; and SKIP, for this command and for the next. */
  isMuted = false
  skips = NO_SKIP
  /** What it listens to: names of channels, of patterns, of sharded channels. */
  readonly subscriptions: readonly Set<string>[] = [new Set(), new Set(), new Set()]
  /** What their names take. */
  subscribedBytes = 0
  /** CLIENT TRACKING is on. */
  tracking: Tracker | undefined = undefined
  /** Somebody monitors: read once per feed. */
  isWatched = false
  /** A command waits for the end of CLIENT PAUSE. */
  isPaused = false
  readonly #pushes = new Pushes()
  readonly #execute: Execute
  /** The time of this feed, ms. */
  now = 0
  #stamp = 0

  /** @param execute of dispatch.ts, for what EXEC runs */
  constructor(worker: RedisWorker, slot: number, execute: Execute) {
    const { raw, host } = worker
    this.worker = worker
    this.raw = raw
    this.host = host
    this.#execute = execute
    this.slot = slot
    this.id = host.clientOf(slot).id
    host.board.open(slot, this.id)
    this.login = host.openLogin(slot)
    this.maxItemBytes = raw.session.facts.maxItemBytes
  }

  begin(out: ReplyBuffer): void {
    this.reply.out = out
    this.now = this.raw.now()
    this.isWatched = this.worker.isWatched
    const seconds = Math.floor((this.now - this.raw.view.startedAt) / 1000)
    this.#stamp = (Math.max(0, seconds) + 1) << MARK_BITS
  }

  end(): void {
    this.reply.out = NO_REPLIES
    this.note()
  }

  /** It is no longer as it was when it was opened, so another worker cannot go on with it. */
  get hasState(): boolean {
    return (
      this.reply.isResp3 ||
      this.login?.isAuthenticated === true ||
      this.database !== 0 ||
      this.name !== '' ||
      this.isMuted ||
      this.transaction !== undefined ||
      this.watched.size > 0 ||
      this.host.board.word(this.slot, RECORD.flags) !== 0
    )
  }

  get hasPushes(): boolean {
    return this.#pushes.count > 0
  }

  /** In RESP2 a client that listens to anything may do little else. */
  get isListening(): boolean {
    const { subscriptions } = this
    return subscriptions[0]!.size + subscriptions[1]!.size + subscriptions[2]!.size > 0
  }

  /** What comes without having been asked for: words (a character per byte), then bytes. */
  push(words: readonly string[], bytes: Uint8Array): void {
    let head = `${this.reply.isResp3 ? '>' : '*'}${words.length + 1}\r\n`
    for (const word of words) head += `$${word.length}\r\n${word}\r\n`
    head += `$${bytes.length}\r\n`
    this.pushBytes(Buffer.concat([Buffer.from(head, 'latin1'), bytes, END_OF_LINE]))
  }

  /** A status line, a character per byte. */
  pushLine(line: string): void {
    this.pushBytes(Buffer.from(`+${line}\r\n`, 'latin1'))
  }

  /** What has its protocol's form. A client that does not read what it listens to is cut. */
  pushBytes(bytes: Buffer): void {
    if (this.isClosing) return
    if (!this.#pushes.add(bytes, this.raw.now())) this.cut()
    else if (this.#pushes.count === 1) this.host.serveSoon(this.slot)
  }

  /** What remains of its command is looked at again after a while; nothing else is executed. */
  wait(ms: number): void {
    this.isPaused = true
    this.host.after(ms, () => {
      this.isPaused = false
      if (!this.isClosing) this.host.serveSoon(this.slot)
    })
  }

  /** Ends the connection at once: it does not read, or cannot be told what it has to know. */
  cut(): void {
    if (this.isClosing) return
    this.host.board.add(COUNT.cutListeners, 1)
    this.#pushes.clear()
    this.isClosing = true
    this.host.kill(this.slot, this.id)
  }

  /** Disconnects who speaks another protocol. */
  turnAway(spoke: Foreign): void {
    this.host.turnedAway(this.slot, spoke)
    this.isClosing = true
  }

  /** Writes what came for it until the reply buffer is full. */
  writePushes(): void {
    this.#pushes.write(this.reply.out, this.now)
  }

  /** Writes to the board what CLIENT LIST shows of this connection. */
  note(): void {
    const { slot, transaction } = this
    const { board } = this.host
    board.setWord(slot, RECORD.lastCommand, this.lastCommand)
    board.setWord(slot, RECORD.version, this.reply.isResp3 ? 3 : 2)
    board.setWord(slot, RECORD.queued, transaction === undefined ? -1 : transaction.queue.length)
    board.setWord(slot, RECORD.watched, this.watched.size)
  }

  execute(command: Command, args: Args): void {
    this.#execute(this, command, args)
  }

  /** After EXEC and DISCARD nothing is queued, and nothing watched. */
  leaveTransaction(): void {
    this.transaction = undefined
    this.watched.clear()
  }

  /** Marks of an entry that is used now: memcached's, so that both see when it was last used. */
  get marks(): number {
    return this.#stamp
  }

  /** Seconds since the entry was last used; 0 when nothing is known. */
  idleSeconds(marks: number): number {
    const used = marks >>> MARK_BITS
    return used === 0 ? 0 : Math.max(0, (this.#stamp >>> MARK_BITS) - used)
  }

  isDatabase(index: number): boolean {
    return index >= 0 && index < DATABASES
  }

  /**
   * The namespace of a database; negative when the engine has none left.
   * @param isKnown also when nobody has selected it yet
   */
  spaceOf(index: number, isKnown = false): number {
    return index === 0 ? 0 : this.raw.spaceOf(`redis:${index}`, isKnown)
  }

  /** @returns false when the engine has no namespace left */
  select(index: number): boolean {
    const space = this.spaceOf(index)
    if (space < 0) return false
    this.database = index
    this.space = space
    this.host.board.setWord(this.slot, RECORD.database, index)
    return true
  }

  setName(name: string): void {
    this.name = name
    this.host.board.setText(this.slot, NAME, name)
  }

  /** RESET: as a connection that was just opened. */
  reset(): void {
    this.leaveTransaction()
    this.worker.forget(this)
    this.select(0)
    this.setName('')
    this.login?.leave()
    this.host.board.setText(this.slot, USER, '')
    this.isMuted = false
    this.reply.isResp3 = false
  }

  /** Stages a key of the database for the engine; false: it is too long, and that was replied. */
  stage(args: Args, index: number): boolean {
    const { pipeline, raw } = this.worker
    const from = args.from(index)
    const isAhead = this.raw === raw && pipeline.holdsKey(args.bytes, from, this.space)
    const isShort = isAhead
      ? pipeline.stage()
      : this.raw.stage(args.bytes, from, args.to(index), this.space)
    if (!isShort) this.reply.error(KEY_TOO_LONG)
    return isShort
  }

  /**
   * Fills the draft for a string that a client stores. What the program or memcached stored keeps
   * its codec until then; from then on the program reads bytes, as with memcached.
   * @param expiry absolute, ms; 0: never
   */
  fill(bytes: Uint8Array, from: number, to: number, expiry: number): Draft {
    const { draft } = this.raw
    draft.bytes = bytes
    draft.from = from
    draft.length = to - from
    draft.codec = TAG_BYTES
    draft.flags = 0
    draft.expiry = expiry
    draft.marks = this.#stamp
    draft.casHigh = draft.casLow = 0
    return draft
  }

  /** Says why a write was not done: room, size, a closed gate, lost races. */
  refuse(outcome: Outcome): void {
    if (outcome === FULL) this.reply.error(OUT_OF_MEMORY)
    else if (outcome === TOO_LARGE) this.reply.error(tooLarge(this.maxItemBytes))
    else if (outcome === CLOSED_GATE) this.reply.error(GATE_CLOSED)
    else this.reply.error(CONTENDED_REPLY)
  }
}
