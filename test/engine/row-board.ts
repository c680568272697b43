/**
 * A stand-in for an engine's rows, for the tests of the thread watch: shared words that say which
 * thread holds which row, and which deaths each of them has seen.
 */
import { ownThreadIdentity } from '../../src/engine/thread-identity.ts'
import {
  type ThreadWatch,
  watchThreads,
  type WatchedThread,
} from '../../src/engine/thread-watch.ts'

export const ROWS = 24
const IN_USE = 0
const THREAD = 1
const TID = 2
const START = 3
/** How often each of the rows was seen dead by the holder of this one. */
const SEEN = 4
const ROW_WORDS = SEEN + ROWS

export interface Board {
  readonly engineId: string
  readonly words: Int32Array
  /** False: as on systems without /proc, where nobody's kernel id is known. */
  readonly hasKernelIds: boolean
}

export interface Attachment {
  readonly row: number
  readonly watch: ThreadWatch
  /** What an engine does first when it closes. */
  freeRow(): void
  /** Frees the row, then says goodbye. */
  detach(): void
}

let boards = 0

export function createBoard(hasKernelIds: boolean): Board {
  boards++
  const words = new Int32Array(new SharedArrayBuffer(ROWS * ROW_WORDS * 4))
  return { engineId: `board ${boards}`, words, hasKernelIds }
}

/** Takes a row for the calling thread and watches the others. */
export function attach(board: Board, onDeath: (row: number) => void = () => {}): Attachment {
  const { words } = board
  const own = ownThreadIdentity()
  let row = 0
  while (Atomics.compareExchange(words, row * ROW_WORDS + IN_USE, 0, 2) !== 0) row++
  const at = row * ROW_WORDS
  words[at + THREAD] = own.threadId
  words[at + TID] = board.hasKernelIds ? own.tid : 0
  words[at + START] = own.startTime
  words.fill(0, at + SEEN, at + SEEN + ROWS)
  Atomics.store(words, at + IN_USE, 1)
  const watch = watchThreads({
    engineId: board.engineId,
    row,
    peers: () => threadsOf(board),
    onDeath: (dead) => {
      Atomics.add(words, at + SEEN + dead, 1)
      onDeath(dead)
    },
  })
  const freeRow = (): void => {
    Atomics.store(words, at + IN_USE, 0)
  }
  const detach = (): void => {
    freeRow()
    watch.close()
  }
  return { row, watch, freeRow, detach }
}

/** The threads that hold rows; the dead keep theirs here, as nobody recovers them. */
export function threadsOf(board: Board): WatchedThread[] {
  const threads: WatchedThread[] = []
  for (let row = 0; row < ROWS; row++) {
    const [inUse, threadId, tid, startTime] = board.words.subarray(row * ROW_WORDS)
    if (inUse === 1) threads.push({ row, threadId, tid, startTime })
  }
  return threads
}

/** How often the holder of one row has seen the holder of another die. */
export function deathsSeen(board: Board, byRow: number, deadRow: number): number {
  return Atomics.load(board.words, byRow * ROW_WORDS + SEEN + deadRow)
}

export function rowOfThread(board: Board, threadId: number): number {
  return threadsOf(board).find((thread) => thread.threadId === threadId)?.row ?? -1
}
