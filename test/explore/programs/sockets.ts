/**
 * The hand-off of descriptors: the accepting thread claims a slot on the board and posts it to the
 * worker, whose real executor serves the socket and gives the slot back; then another connection
 * has it. No client gets what another asked for, and at the end the board counts what is open.
 */
import { load, ring, store, whenRung } from '#words'
import { ConnectionBoard } from '../../../src/server/connection-board.ts'
import { SocketExecutor } from '../../../src/server/socket-executor.ts'
import type { Bounds, Prepared, Program, Run, Step } from '../program.ts'
import { FakeSocket, NO_COUNTERS, Pairs, repliesTo } from './fake-sockets.ts'

const CLIENTS = 2
const WORKER = 0
const REPLY_BYTES = 3
/** In the mailbox, one word a client: nothing yet, no slot was free, or one more than the slot. */
const NOTHING = 0
const REFUSED = -1

interface Worker {
  executor: SocketExecutor | undefined
  sockets: (FakeSocket | undefined)[]
}

class Sockets {
  readonly board: SharedArrayBuffer
  readonly mailbox = new Int32Array(new SharedArrayBuffer(4 * CLIENTS))
  readonly seat: { board: ConnectionBoard | undefined } = { board: undefined }
  readonly worker: Worker = { executor: undefined, sockets: [] }

  constructor(slots: number) {
    this.board = ConnectionBoard.create(slots)
  }

  accepting(): Step[] {
    const sit = (): void => {
      this.seat.board = new ConnectionBoard(this.board)
    }
    const clients = Array.from({ length: CLIENTS }, (_, client): Step => {
      return { label: `client ${client} connects`, run: () => this.#handOver(client) }
    })
    return [{ label: 'listen', run: sit }, ...clients]
  }

  serving(): Step[] {
    const { worker } = this
    const open = (): void => {
      const protocol = (): Pairs => new Pairs(REPLY_BYTES, ignore, ignore)
      worker.executor = new SocketExecutor(protocol, new ConnectionBoard(this.board), NO_COUNTERS)
      this.#listen(0)
    }
    const steps: Step[] = [{ label: 'start', run: open }]
    for (let client = 0; client < CLIENTS; client++) {
      const isMet = (): boolean => client < worker.sockets.length
      const socket = (): FakeSocket | undefined => worker.sockets[client]
      const isServed = (): boolean => socket() === undefined || socket()!.taken.length > 0
      const letter = 'ab'[client]!
      steps.push(
        { label: `${letter} sends`, until: isMet, run: () => socket()?.sends(`${letter}1`) },
        { label: `${letter} reads`, until: isServed, run: () => socket()?.taken },
      )
      if (client === 0) steps.push({ label: 'a closes', run: () => socket()?.destroy() })
    }
    const isOver = (): boolean => worker.sockets[0]?.isClosed ?? true
    steps.push({ label: 'end', until: isOver, run: () => {} })
    return steps
  }

  #handOver(client: number): boolean {
    const slot = this.seat.board!.claim(WORKER, '', 0, true)
    store(this.mailbox, client, slot < 0 ? REFUSED : slot + 1)
    ring(this.mailbox, client)
    return slot >= 0
  }

  /** The next message: a socket, or that there is none. */
  #listen(client: number): void {
    if (client === CLIENTS) return
    whenRung(this.mailbox, client, NOTHING, () => {
      const letter = load(this.mailbox, client)
      const socket = letter === REFUSED ? undefined : new FakeSocket()
      this.worker.sockets.push(socket)
      if (socket !== undefined) this.worker.executor!.accept(socket.asSocket, letter - 1)
      this.#listen(client + 1)
    })
  }
}

function ignore(): void {}

/** Replies go to whom they are for, and what is open is counted. */
function judge(sockets: Sockets, slots: number, run: Run): string[] {
  const board = new ConnectionBoard(sockets.board)
  const problems = run.calls.flatMap(({ label, error }) =>
    error === undefined ? [] : [`${label} crashed: ${(error as Error).stack}`],
  )
  if (run.dead.includes(0)) return problems
  if (run.dead.includes(1)) board.releaseHandedTo(WORKER)
  for (const { label, result, returned } of run.calls) {
    if (!label.endsWith('reads') || result === undefined || returned === Infinity) continue
    const expected = repliesTo([`${label[0]}1`], REPLY_BYTES)
    if (result !== expected) problems.push(`${label} ${String(result)}, not ${expected}`)
  }
  let open = 0
  for (let slot = 0; slot < slots; slot++) if (board.isOpen(slot)) open++
  const handed = run.calls.filter(({ label, result }) => label.endsWith('connects') && result)
  const left = run.dead.length > 0 ? 0 : handed.length - 1
  if (open !== left || board.openCount !== left) {
    problems.push(`${left} connections are open, ${open} slots are, ${board.openCount} are counted`)
  }
  return problems
}

function socketsProgram(name: string, about: string, slots: number, full?: Bounds): Program {
  const prepare = (): Prepared => {
    const sockets = new Sockets(slots)
    const prepared: Prepared = {
      threads: [sockets.accepting(), sockets.serving()],
      memory: [sockets.board, sockets.mailbox.buffer as SharedArrayBuffer],
      privates: [[sockets.seat], [sockets.worker]],
      judge: (run) => judge(sockets, slots, run),
    }
    // Without the accepting thread the worker would wait for ever: all that come are refused.
    const died = (thread: number): void => {
      for (let client = 0; client < CLIENTS; client++) {
        if (thread === 0 && load(sockets.mailbox, client) === NOTHING) {
          store(sockets.mailbox, client, REFUSED)
        }
        ring(sockets.mailbox, client)
      }
    }
    return full === undefined ? prepared : { ...prepared, died }
  }
  return full === undefined ? { name, about, prepare } : { name, about, full, prepare }
}

const AGAIN = 'the slot of a connection that closes is given to the next one, or that is refused'

export const SOCKETS: readonly Program[] = [
  socketsProgram('sockets: a slot again', AGAIN, 1),
  socketsProgram('sockets: two clients', 'two connections are handed to one worker', 2),
  socketsProgram('death: sockets: a slot again', AGAIN, 1, { deaths: 1 }),
]
