/**
 * The hand-off of frames: the real acceptor, links, executor and loop, over small rings. Each
 * client must get exactly its own replies in their order, and no wake-up may be lost: one that is
 * lost leaves a thread asleep for good, which the explorer reports.
 */
import { add, ring, store, whenRung } from '#words'
import { FrameAcceptor } from '../../../src/server/acceptor.ts'
import type { Client } from '../../../src/server/client.ts'
import { ConnectionBoard } from '../../../src/server/connection-board.ts'
import { FrameExecutor } from '../../../src/server/frame-executor.ts'
import { FrameLoop } from '../../../src/server/frame-loop.ts'
import { Link, type LinkMemory } from '../../../src/server/link.ts'
import type { Bounds, Prepared, Program, Run, Step } from '../program.ts'
import { FakeSocket, NO_COUNTERS, Pairs, repliesTo, smallLink } from './fake-sockets.ts'

/** What a client does: connects, sends, waits for so many bytes of replies, closes. */
export type Move =
  | { readonly client: number; readonly connects: true }
  | { readonly client: number; readonly sends: string }
  | { readonly client: number; readonly awaits: number }
  | { readonly client: number; readonly closes: true }

export interface Traffic {
  readonly about: string
  readonly moves: readonly Move[]
  /** All that each client gets, by its commands. */
  readonly replies: readonly (readonly string[])[]
  /** The worker sleeps in its bell, until a client that it has served closes. */
  readonly mayBlock?: boolean
  readonly replyBytes?: number
  readonly requestRing?: number
  readonly replyRing?: number
  /** Fewer than clients: a slot is used again. */
  readonly slots?: number
  readonly full?: Bounds
}

/** All that a thread makes anew in each run; the explorer puts the references back. */
interface Acceptor {
  acceptor: FrameAcceptor | undefined
  clients: (Client | undefined)[]
  sockets: FakeSocket[]
  /** Of the client that comes next. */
  slot: number
}
interface Worker {
  executed: number
  now: number
  isStopped: boolean
}

class Frames {
  readonly traffic: Traffic
  readonly link: LinkMemory
  readonly board: SharedArrayBuffer
  /** Word 0: the worker is to stop. Word 1: it died. Word 2: its successor may begin. */
  readonly signs = new Int32Array(new SharedArrayBuffer(12))
  /** How often each command was executed, in the order of the replies. */
  readonly executed = new Int32Array(new SharedArrayBuffer(64))
  readonly front: Acceptor = { acceptor: undefined, clients: [], sockets: [], slot: -1 }
  readonly backs: readonly Worker[]

  constructor(traffic: Traffic, workers: number) {
    const { slots = 4, requestRing = 1024, replyRing = 1024 } = traffic
    this.traffic = traffic
    this.link = smallLink(slots, requestRing, replyRing)
    this.board = ConnectionBoard.create(slots)
    this.backs = Array.from({ length: workers }, () => ({ executed: 0, now: 0, isStopped: false }))
  }

  get memory(): SharedArrayBuffer[] {
    const { control, requests, replies, written, hub } = this.link
    const own = [this.signs, this.executed].map(({ buffer }) => buffer as SharedArrayBuffer)
    return [control, requests, replies, written, hub, this.board, ...own]
  }

  get commands(): string[] {
    return this.traffic.replies.flat()
  }

  /** What was executed that should not be. */
  get wronglyExecuted(): string[] {
    const twice = this.commands.filter((_, at) => this.executed[at]! > 1)
    return this.executed[UNKNOWN] === 0 ? twice : [...twice, 'what nobody has sent']
  }

  /** The thread that accepts. */
  accepting(hasSuccessor: boolean): Step[] {
    const { front } = this
    const open: Step = {
      label: 'listen',
      run: () => {
        const board = new ConnectionBoard(this.board)
        const acceptor = new FrameAcceptor([this.link], board, NO_COUNTERS)
        front.acceptor = acceptor
        if (hasSuccessor) whenRung(this.signs, DIED, 0, () => this.#replace(acceptor))
      },
    }
    const moves = this.traffic.moves.map((move) => this.#move(move))
    const end: Step = {
      label: 'end',
      until: () => this.#isDone(),
      run: () => {
        store(this.signs, STOP, 1)
        ring(this.signs, STOP)
        return front.sockets.map(({ taken, destroyed }) => ({ taken, destroyed }))
      },
    }
    return [open, ...moves, end]
  }

  /** A worker; the second one begins when the first has died. */
  working(index: number): Step[] {
    const back = this.backs[index]!
    const start = (): void => {
      const link = new Link(this.link)
      const { replyBytes = 3, mayBlock = false } = this.traffic
      const executed = (command: string): void => {
        const at = this.commands.indexOf(command)
        add(this.executed, at < 0 ? UNKNOWN : at, 1)
      }
      const left = (): void => {
        back.isStopped ||= mayBlock
      }
      const executor = new FrameExecutor(link, () => new Pairs(replyBytes, executed, left))
      const blocks = (): boolean => mayBlock && !back.isStopped
      new FrameLoop(executor, blocks, () => (back.now += TICK_MS)).start()
    }
    const begin: Step =
      index === 0
        ? { label: 'start', run: start }
        : { label: 'wait', run: () => whenRung(this.signs, SUCCEED, 0, start) }
    const listen = (): void => {
      whenRung(this.signs, STOP, 0, () => {
        back.isStopped = true
      })
    }
    return [
      { label: 'listen', run: listen },
      begin,
      { label: 'stop', until: () => back.isStopped, run: () => {} },
    ]
  }

  /** A worker is gone, and the accepting thread is told; without that one all is over. */
  died(thread: number): void {
    const sign = thread === 0 ? STOP : thread === 1 ? DIED : SUCCEED
    store(this.signs, sign, 1)
    ring(this.signs, sign)
  }

  #replace(acceptor: FrameAcceptor): void {
    acceptor.recover(0)
    store(this.signs, SUCCEED, 1)
    ring(this.signs, SUCCEED)
  }

  #move(move: Move): Step {
    const { client } = move
    const socket = (): FakeSocket => this.front.sockets[client]!
    if ('connects' in move) {
      const label = `client ${client} connects`
      return { label, until: () => this.#hasSlot(), run: () => this.#accept() }
    }
    if ('sends' in move) {
      const label = `client ${client} sends ${move.sends}`
      const until = (): boolean => !socket().isPaused || socket().destroyed
      return { label, until, run: () => socket().sends(move.sends) }
    }
    if ('closes' in move) {
      return { label: `client ${client} closes`, run: () => socket().destroy() }
    }
    const until = (): boolean => socket().taken.length >= move.awaits || socket().destroyed
    return { label: `client ${client} reads`, until, run: () => {} }
  }

  /** A slot is free, and taken for the next client. */
  #hasSlot(): boolean {
    const board = new ConnectionBoard(this.board)
    this.front.slot = board.claim(0, '', 0, false)
    return this.front.slot >= 0
  }

  /** One more client. */
  #accept(): void {
    const { acceptor, slot } = this.front
    const socket = new FakeSocket()
    this.front.sockets.push(socket)
    this.front.clients.push(acceptor!.accept(socket.asSocket, slot, 0))
  }

  #isDone(): boolean {
    const { replies, replyBytes = 3, moves } = this.traffic
    return replies.every((commands, client) => {
      const socket = this.front.sockets[client]
      if (socket === undefined) return false
      const isClosed = moves.some((move) => move.client === client && 'closes' in move)
      if (isClosed || socket.destroyed) return isReleased(this.front.clients[client]!)
      return socket.taken.length >= commands.length * replyBytes
    })
  }
}
/** Where commands are counted that nobody has sent. */
const UNKNOWN = 15
const STOP = 0
const DIED = 1
const SUCCEED = 2
/** The clock of a worker goes on so much with each look: it soon waits by promise. */
const TICK_MS = 15

/** The socket is closed, and the worker knows the slot no more. */
function isReleased(client: Client): boolean {
  return client.isForgotten && client.isClosed
}

interface Got {
  readonly taken: string
  readonly destroyed: boolean
}

/** A client that was not cut off has all its replies; one that was, the first ones of them. */
function judge(frames: Frames, run: Run): string[] {
  if (run.dead.includes(0)) return []
  const { replies, replyBytes = 3, moves } = frames.traffic
  const wrong = frames.wronglyExecuted
  if (wrong.length > 0) return [`executed twice, or wrongly: ${wrong.join()}`]
  const crashes = run.calls.flatMap(({ label, error }) =>
    error === undefined ? [] : [`${label} crashed: ${(error as Error).stack}`],
  )
  const got = run.calls.findLast(({ thread }) => thread === 0)?.result as Got[] | undefined
  if (crashes.length > 0 || got === undefined) return [...crashes, 'the clients were not served']
  return got.flatMap(({ taken, destroyed }, client) => {
    const all = repliesTo(replies[client]!, replyBytes)
    const isCut = moves.some((move) => move.client === client && 'closes' in move)
    const mayBeCut = isCut || run.dead.length > 0 || all.includes('!')
    const isRight = destroyed && mayBeCut ? all.startsWith(taken) : all === taken
    return isRight ? [] : [`client ${client} got ${taken}, and should have got ${all}`]
  })
}

export function framesProgram(name: string, traffic: Traffic): Program {
  const mayDie = traffic.full?.deaths !== undefined
  const prepare = (): Prepared => {
    const frames = new Frames(traffic, mayDie ? 2 : 1)
    const workers = frames.backs.map((_, index) => frames.working(index))
    const prepared: Prepared = {
      threads: [frames.accepting(mayDie), ...workers],
      memory: frames.memory,
      privates: [[frames.front], ...frames.backs.map((back) => [back])],
      judge: (run) => judge(frames, run),
    }
    return mayDie ? { ...prepared, died: (thread) => frames.died(thread) } : prepared
  }
  const { about, full } = traffic
  return full === undefined ? { name, about, prepare } : { name, about, full, prepare }
}
