/**
 * `/events` of one worker: what its open pages are told, computed once per interval however many
 * they are, and not at all while there is none.
 *
 * A page that does not read is told nothing more while something waits for it, and is cut when that
 * has lasted; so a page costs MOST_WAITING_BYTES and one event at most.
 */
import type { ServerResponse } from 'node:http'
import type { Exchange } from '../exchange.ts'
import { Problem } from '../problem.ts'
import type { HttpWorker } from '../worker.ts'
import { detailsReport, statsReport } from './report.ts'

export const EVENT_MS = 1000
/** Hot keys, clients and the slow log are looked at less often. */
const TICKS_PER_DETAIL = 2
export const MOST_PAGES = 64
export const MOST_WAITING_BYTES: number = 64 * 1024
/** Intervals that a page may not read. */
export const MOST_MISSED = 15

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no', // or a proxy keeps events until it has many
}

interface Page {
  readonly exchange: Exchange
  readonly stream: ServerResponse
  readonly seesDetails: boolean
  missed: number
}

export class Feed {
  readonly #worker: HttpWorker
  readonly #pages = new Set<Page>()
  #timer: NodeJS.Timeout | undefined
  #ticks = 0
  /** The latest, for a page that comes within the interval. */
  #stats = ''
  #details = ''
  #madeAt = Number.NEGATIVE_INFINITY
  #detailsAt = Number.NEGATIVE_INFINITY

  constructor(worker: HttpWorker) {
    this.#worker = worker
  }

  /** Pages that listen. */
  get pages(): number {
    return this.#pages.size
  }

  /** Tells this page from now on. @throws Problem 503 */
  join(exchange: Exchange): void {
    if (this.#pages.size >= MOST_PAGES) {
      const detail = `${MOST_PAGES} pages are open on this worker, and more are not told`
      throw new Problem(503, detail, { 'Retry-After': '10' }, { limit: MOST_PAGES })
    }
    const stream = exchange.stream(HEADERS)
    if (stream === undefined) return
    const page: Page = {
      ...{ exchange, stream, missed: 0 },
      seesDetails: exchange.caller.may('admin'),
    }
    this.#pages.add(page)
    exchange.onClose = () => this.#leave(page)
    this.#timer ??= setInterval(() => this.tick(), EVENT_MS).unref()
    stream.write('retry: 1000\n\n')
    this.#tell(page, this.#latestStats())
    if (page.seesDetails) this.#tell(page, this.#latestDetails())
  }

  /** An interval is over. */
  tick(): void {
    this.#ticks++
    for (const page of this.#pages) this.#look(page)
    if (this.#pages.size === 0) return
    this.#makeStats()
    for (const page of this.#pages) this.#tell(page, this.#stats)
    const detailed = [...this.#pages].filter(({ seesDetails }) => seesDetails)
    if (detailed.length === 0 || this.#ticks % TICKS_PER_DETAIL !== 0) return
    this.#makeDetails()
    for (const page of detailed) this.#tell(page, this.#details)
  }

  /** Ends what nobody reads, and what its user may not read any more. */
  #look(page: Page): void {
    const { exchange, stream } = page
    const isWaiting = stream.writableLength > MOST_WAITING_BYTES
    page.missed = isWaiting ? page.missed + 1 : 0
    const isRefused = !exchange.caller.may('read')
    const hasLess = page.seesDetails && !exchange.caller.may('admin')
    if (page.missed < MOST_MISSED && !isRefused && !hasLess) return
    this.#leave(page)
    stream.destroy()
  }

  #tell({ stream, missed }: Page, event: string): void {
    if (missed === 0) stream.write(event)
  }

  #leave(page: Page): void {
    this.#pages.delete(page)
    if (this.#pages.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #latestStats(): string {
    if (this.#worker.now() - this.#madeAt >= EVENT_MS) this.#makeStats()
    return this.#stats
  }

  #latestDetails(): string {
    const age = this.#worker.now() - this.#detailsAt
    if (age >= EVENT_MS * TICKS_PER_DETAIL) this.#makeDetails()
    return this.#details
  }

  #makeStats(): void {
    this.#stats = eventOf('stats', statsReport(this.#worker.host.observe()))
    this.#madeAt = this.#worker.now()
  }

  #makeDetails(): void {
    this.#details = eventOf('details', detailsReport(this.#worker))
    this.#detailsAt = this.#worker.now()
  }
}

/** JSON has no line breaks of its own, so one line is one event. */
function eventOf(name: string, value: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`
}
