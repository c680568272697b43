/**
 * The connection board: what the accepting thread and the workers count of connections, also when a
 * worker dies while its sockets, which were handed to it, are closed. At the end the counts are
 * those of the slots, and a slot that was given back belongs to nobody.
 */
import { ConnectionBoard } from '../../../src/server/connection-board.ts'
import type { Bounds, Prepared, Program, Run, Step } from '../program.ts'

/** What a thread does with the slots; the connections are worker 0's. */
type Act = (board: ConnectionBoard) => unknown

interface Sharing {
  readonly about: string
  /** Slots that are open first: handed over to the worker, or not. */
  readonly open: readonly boolean[]
  readonly accepting: readonly Act[]
  readonly worker: readonly Act[]
  readonly full?: Bounds
}

const SLOTS = 3
const WORKER = 0
const KINDS = 15

/** Each run of a thread has a board of its own over the same memory. */
interface Seat {
  board: ConnectionBoard | undefined
}

function stepsOf(memory: SharedArrayBuffer, acts: readonly Act[], seat: Seat): Step[] {
  const sit = (): void => {
    seat.board = new ConnectionBoard(memory)
  }
  const steps = acts.map((act, at): Step => ({ label: `act ${at}`, run: () => act(seat.board!) }))
  return [{ label: 'sit', run: sit }, ...steps]
}

function boardProgram(name: string, sharing: Sharing): Program {
  const { about, open, accepting, worker, full } = sharing
  const prepare = (): Prepared => {
    const memory = ConnectionBoard.create(SLOTS)
    const board = new ConnectionBoard(memory)
    for (const isHandedOver of open) board.claim(WORKER, 'somewhere', 0, isHandedOver)
    const seats: Seat[] = [{ board: undefined }, { board: undefined }]
    return {
      threads: [stepsOf(memory, accepting, seats[0]!), stepsOf(memory, worker, seats[1]!)],
      memory: [memory],
      privates: seats.map((seat) => [seat]),
      judge: (run) => judge(memory, run),
    }
  }
  return full === undefined ? { name, about, prepare } : { name, about, full, prepare }
}

/** A dead worker's connections are given back, and what it counted is counted again. */
function judge(memory: SharedArrayBuffer, run: Run): string[] {
  if (run.dead.includes(0)) return []
  const board = new ConnectionBoard(memory)
  if (run.dead.includes(1)) {
    board.releaseHandedTo(WORKER)
    // As the acceptor does with those that the dead worker still knew (frame-recovery.ts).
    for (let slot = 0; slot < SLOTS; slot++) if (!board.isOpen(slot)) board.release(slot)
  }
  const problems = run.calls.flatMap(({ label, error }) =>
    error === undefined ? [] : [`${label} crashed: ${(error as Error).stack}`],
  )
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot)
  const isOpen = slots.filter((slot) => board.isOpen(slot))
  const watching = slots.filter((slot) => board.kindsOf(slot) !== 0)
  if (board.openCount !== isOpen.length) {
    problems.push(`${board.openCount} connections are counted, ${isOpen.length} are open`)
  }
  const isWatched = board.watchedKinds !== 0
  if (isWatched !== watching.length > 0) {
    problems.push(`${watching.length} slots watch, but somebody is ${isWatched ? '' : 'not '}told`)
  }
  const stray = watching.filter((slot) => !isOpen.includes(slot))
  if (stray.length > 0) problems.push(`closed slots still watch: ${stray.join()}`)
  return problems
}

const watch: Act = (board) => board.watch(0, KINDS)
const close: Act = (board) => board.close(0)
const release: Act = (board) => board.release(0)
const claim: Act = (board) => board.claim(WORKER, 'elsewhere', 0, true)

const BOARDS_SHARED: Readonly<Record<string, Sharing>> = {
  'board: close x watch': {
    about: 'a connection is closed while its worker lets it watch',
    open: [false],
    accepting: [close],
    worker: [watch],
  },
  'board: release x watch, watch': {
    about: 'a slot is given back while its worker lets it watch twice',
    open: [true],
    accepting: [release],
    worker: [watch, watch],
  },
  'board: close x close': {
    about: 'both threads close one connection',
    open: [false],
    accepting: [watch, close],
    worker: [close],
  },
  'board: claim x release': {
    about: 'a connection comes while the worker gives slots back',
    open: [true, true, true],
    accepting: [claim, claim],
    worker: [release],
  },
  'board: claim, release x release': {
    about: 'a slot is given back and taken again while another goes',
    open: [true, false],
    accepting: [claim, (board) => board.release(1)],
    worker: [watch, release],
  },
  'death: board: watch, release': {
    about: 'a worker dies while it lets a connection watch, or gives its slot back',
    open: [true, false],
    accepting: [claim],
    worker: [watch, release],
    full: { deaths: 1 },
  },
  'death: board: close x watch': {
    about: 'a worker dies while a connection is closed that it lets watch',
    open: [false, true],
    accepting: [close],
    worker: [watch, close],
    full: { deaths: 1 },
  },
}

export const BOARDS: readonly Program[] = Object.entries(BOARDS_SHARED).map(([name, sharing]) =>
  boardProgram(name, sharing),
)
