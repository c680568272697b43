/**
 * A client with a cache of its own, kept right by CLIENT TRACKING. It keeps what it read until it
 * is told that the key changed; what it holds when all is quiet must be what the server has.
 *
 * Told on the same connection, the order of bytes decides: what was read before the push is
 * dropped. Told on another connection, a push may overtake the reply: so a key that is being read
 * is marked, and the reply is kept only if the mark is still there.
 */
import { RespSocket } from './resp-socket.ts'

export type Form = 'default' | 'prefixes' | 'redirected' | 'many keys' | 'opt in'
export const FORMS: readonly Form[] = ['default', 'prefixes', 'redirected', 'many keys', 'opt in']

export interface NearCacheCounts {
  reads: number
  hits: number
  /** Keys that it was told of, and times that it was told of all. */
  invalidations: number
  flushes: number
  /** Connections that were closed, with which the cache goes. */
  closed: number
}

export class NearCache {
  readonly form: Form
  readonly counts: NearCacheCounts = { reads: 0, hits: 0, invalidations: 0, flushes: 0, closed: 0 }
  readonly held = new Map<string, string | null>()
  readonly #port: number
  /** By key, the read that is under way. */
  readonly #reading = new Map<string, object>()
  #data: RespSocket | undefined
  #news: RespSocket | undefined

  constructor(form: Form, port: number) {
    this.form = form
    this.#port = port
  }

  /** Connects, with an empty cache; also anew, after it was cut. */
  async open(): Promise<void> {
    this.#drop()
    const data = await RespSocket.open(this.#port)
    this.#data = data
    data.onPush = (words) => this.#hear(words)
    data.onClose = () => this.#closed()
    if (this.form === 'redirected') {
      const news = await RespSocket.open(this.#port)
      this.#news = news
      const id = await news.ask(['CLIENT', 'ID'])
      await news.ask(['SUBSCRIBE', '__redis__:invalidate'])
      news.onPush = (words) => this.#hear(words.slice(1))
      news.onClose = () => this.#closed()
      await this.#begin(['REDIRECT', String(id)])
    } else {
      await data.ask(['HELLO', '3'])
      if (this.form === 'prefixes') await this.#begin(['BCAST', 'PREFIX', 'k', 'PREFIX', 's'])
      else await this.#begin(this.form === 'opt in' ? ['OPTIN'] : [])
    }
  }

  close(): void {
    this.#data?.end()
    this.#news?.end()
  }

  get isOpen(): boolean {
    return this.#data?.isClosed === false && this.#news?.isClosed !== true
  }

  /** Reads keys, each from the cache if it is there. @returns what the server replied, by key */
  async read(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const missing = keys.filter((key) => !this.held.has(key))
    this.counts.reads += keys.length
    this.counts.hits += keys.length - missing.length
    const got = new Map<string, string | null>()
    if (missing.length === 0) return got
    const marks = missing.map((key) => {
      const mark = {}
      this.#reading.set(key, mark)
      return mark
    })
    const keep = (reply: unknown): void => {
      const values = (missing.length === 1 ? [reply] : reply) as (string | null)[]
      for (const [index, key] of missing.entries()) {
        got.set(key, values[index]!)
        const isMarked = this.#reading.get(key) === marks[index]
        if (isMarked) this.#reading.delete(key)
        if (isMarked || this.form !== 'redirected') this.held.set(key, values[index]!)
      }
    }
    const data = this.#data!
    const command = missing.length === 1 ? 'GET' : 'MGET'
    const caching = this.form === 'opt in' ? data.ask(['CLIENT', 'CACHING', 'YES']) : undefined
    await Promise.all([caching, data.ask([command, ...missing], keep)])
    return got
  }

  /** All that was sent to it until now has been read. */
  async settle(): Promise<void> {
    await this.#data?.ask(['PING'])
  }

  async #begin(options: readonly string[]): Promise<void> {
    const reply = await this.#data!.ask(['CLIENT', 'TRACKING', 'ON', ...options])
    if (reply !== 'OK') throw new Error(`CLIENT TRACKING ON: ${String(reply)}`)
  }

  #hear(words: readonly unknown[]): void {
    const [kind, keys] = words
    if (kind !== 'invalidate' && kind !== '__redis__:invalidate') return
    if (keys === null) {
      this.counts.flushes++
      this.held.clear()
      this.#reading.clear()
      return
    }
    for (const key of keys as string[]) {
      this.counts.invalidations++
      this.held.delete(key)
      this.#reading.delete(key)
    }
  }

  #closed(): void {
    this.counts.closed++
    this.close()
    this.#drop()
  }

  #drop(): void {
    this.held.clear()
    this.#reading.clear()
  }
}
