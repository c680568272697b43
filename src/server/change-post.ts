/**
 * The thread that reads the engine's feed, as the thread sees it that starts it: begun when a
 * worker asks for it, gone when nobody needs it any more, followed by another when it dies.
 */
import { Worker } from 'node:worker_threads'
import type { EngineHandle } from '../engine/session.ts'
import { RedisBoard } from '../protocols/redis/board.ts'
import { ChangeRing, CLOSED, FULL, OPEN } from './change-ring.ts'
import type { ChangeThreadSpec } from './change-thread.ts'

const RESTART_MS = 20
const RETRY_MS = 500
const STOP_MS = 300

export class ChangePost {
  /** The thread of the moment: for tests, which kill it. */
  thread: Worker | undefined
  readonly #engine: EngineHandle
  readonly #changes: SharedArrayBuffer
  readonly #ring: ChangeRing
  readonly #boardMemory: SharedArrayBuffer
  readonly #board: RedisBoard
  #timer: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(
    engine: EngineHandle,
    { changes, board }: { changes: SharedArrayBuffer; board: SharedArrayBuffer },
  ) {
    this.#engine = engine
    this.#changes = changes
    this.#ring = new ChangeRing(changes)
    this.#boardMemory = board
    this.#board = new RedisBoard(board, 0)
  }

  /** Whether the feed is read. */
  get isReading(): boolean {
    return this.#ring.state === OPEN
  }

  /** A worker has asked for changes. */
  ask(): void {
    if (this.thread === undefined && this.#timer === undefined) this.#start(false)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    const { thread } = this
    if (thread === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => void thread.terminate(), STOP_MS)
      thread.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      thread.postMessage('stop')
    })
  }

  #start(isSuccessor: boolean): void {
    this.#timer = undefined
    if (this.#isStopping) return
    const workerData: ChangeThreadSpec = {
      engine: this.#engine,
      changes: this.#changes,
      board: this.#boardMemory,
      isSuccessor,
    }
    try {
      const thread = new Worker(new URL('../../workers/changes.ts', import.meta.url), {
        workerData,
        stdin: false,
        execArgv: [],
      })
      this.thread = thread
      let reason: unknown
      thread.on('error', (error) => (reason = error))
      thread.on('exit', (code) => {
        this.thread = undefined
        if (reason !== undefined) warn(reason)
        this.#ended(code !== 0)
      })
    } catch (error) {
      warn(error)
      this.#ended(true)
    }
  }

  /** Also when it ended by itself: somebody may have asked at the last moment. */
  #ended(isDeath: boolean): void {
    const isRefused = this.#ring.state === FULL
    if (!isRefused) this.#ring.state = CLOSED
    if (this.#isStopping || !this.#board.needsChanges) return
    const delay = isRefused ? RETRY_MS : RESTART_MS
    this.#timer = setTimeout(() => this.#start(isDeath), delay)
  }
}

function warn(error: unknown): void {
  process.emitWarning(`The reader of changes died and is replaced: ${String(error)}`, {
    code: 'HEDDLE_WORKER',
    type: 'HeddleWarning',
  })
}
