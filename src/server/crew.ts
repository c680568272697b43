/**
 * The workers of a server, and their replacement: a worker that dies is followed by another within
 * milliseconds. One that dies again and again as soon as it starts is started ever more slowly,
 * once a second at last; the server stays up, so that an operator can see what happens.
 */
import type { Transferable, Worker } from 'node:worker_threads'
import type { FromWorker, ToWorker } from './messages.ts'

/** A worker that lived so long was not broken from the start. */
const SOUND_MS = 1000
const FIRST_DELAY_MS = 10
const MOST_DELAY_MS = 1000
/** So long a worker may take to end by itself. */
const STOP_MS = 500

export interface CrewEvents {
  startWorker(index: number): Worker
  message(index: number, message: FromWorker): void
  /** The thread is gone, for this reason if it gave one; its successor is not yet started. */
  died(index: number, reason: string | undefined): void
}

interface Post {
  worker: Worker | undefined
  startedAt: number
  failures: number
  /** A worker was ready here once: from then on the post is never left empty. */
  isTaken: boolean
  /** The worker of the moment is. */
  isReady: boolean
  timer: NodeJS.Timeout | undefined
}

export class Crew {
  readonly size: number
  /** Workers that died and were replaced. */
  replaced = 0
  readonly #posts: Post[]
  readonly #events: CrewEvents
  #isStopping = false

  constructor(size: number, events: CrewEvents) {
    this.size = size
    this.#events = events
    this.#posts = Array.from({ length: size }, () => ({
      worker: undefined,
      startedAt: 0,
      failures: 0,
      isTaken: false,
      isReady: false,
      timer: undefined,
    }))
  }

  /** Starts all workers. Rejects with the reason if one ends before it is ready. */
  async start(): Promise<void> {
    await Promise.all(this.#posts.map((_, index) => this.#startFirst(index)))
  }

  /** The worker at a post; undefined while it is being replaced. */
  at(index: number): Worker | undefined {
    return this.#posts[index]!.worker
  }

  isReady(index: number): boolean {
    return this.#posts[index]!.isReady
  }

  post(index: number, message: ToWorker, transfer: readonly Transferable[] = []): void {
    this.#posts[index]!.worker?.postMessage(message, transfer)
  }

  postTo(workers: readonly number[], message: ToWorker): void {
    for (const index of workers) this.post(index, message)
  }

  postAll(message: ToWorker): void {
    for (let index = 0; index < this.size; index++) this.post(index, message)
  }

  postOthers(index: number, message: ToWorker): void {
    for (let other = 0; other < this.size; other++) if (other !== index) this.post(other, message)
  }

  /** Ends all workers: those that do not go by themselves are terminated. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const { timer } of this.#posts) clearTimeout(timer)
    this.postAll({ kind: 'stop' })
    await Promise.all(this.#posts.map(({ worker }) => ending(worker)))
  }

  #startFirst(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let reason: unknown
      const worker = this.#start(index)
      worker.on('message', (message: FromWorker) => message.kind === 'ready' && resolve())
      worker.on('error', (error) => (reason = error))
      worker.on('exit', (code) => {
        reject(reason ?? new Error(`worker ${index} ended with code ${code} before it was ready`))
      })
    })
  }

  #start(index: number): Worker {
    const post = this.#posts[index]!
    const worker = this.#events.startWorker(index)
    post.worker = worker
    post.startedAt = performance.now()
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') post.isTaken = post.isReady = true
      this.#events.message(index, message)
    })
    let reason: string | undefined
    worker.on('error', (error) => {
      reason = String(error)
      if (post.isTaken) warn(index, error)
    })
    worker.on('exit', () => {
      post.worker = undefined
      post.isReady = false
      if (this.#isStopping || !post.isTaken) return
      this.#events.died(index, reason)
      this.#replace(index)
    })
    return worker
  }

  #replace(index: number): void {
    const post = this.#posts[index]!
    const isSound = performance.now() - post.startedAt >= SOUND_MS
    post.failures = isSound ? 0 : post.failures + 1
    this.replaced++
    const again = () => {
      if (this.#isStopping) return
      try {
        this.#start(index)
      } catch (error) {
        // No thread can be had at the moment: slowly.
        warn(index, error)
        post.startedAt = performance.now()
        post.failures = Math.max(post.failures, FREE_FAILURES)
        this.#replace(index)
      }
    }
    if (post.failures <= FREE_FAILURES) again()
    else {
      const delay = FIRST_DELAY_MS * 2 ** Math.min(post.failures - FREE_FAILURES, 7)
      post.timer = setTimeout(again, Math.min(delay, MOST_DELAY_MS))
    }
  }
}
/** So often a worker is replaced at once, however short it lived. */
const FREE_FAILURES = 20

function ending(worker: Worker | undefined): Promise<void> {
  if (worker === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => void worker.terminate(), STOP_MS)
    worker.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function warn(index: number, error: unknown): void {
  process.emitWarning(`Worker ${index} of the server died and is replaced: ${String(error)}`, {
    code: 'HEDDLE_WORKER',
    type: 'HeddleWarning',
  })
}
