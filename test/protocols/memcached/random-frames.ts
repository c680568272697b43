/**
 * Random requests of the binary protocol for two servers that are to answer alike. A `told` CAS
 * stands for the last one that each server told of the key itself.
 *
 * Left out is where they differ on purpose: README.md of src/protocols/memcached lists it.
 */
import { ask, type Cas, count, OP, type Request, store, words } from './frames.ts'
import { generator } from './client.ts'

const KEYS = ['a', 'bb', 'key:1', 'key 2\r\n', '\0\xff', 'k'.repeat(250)]
/** Numbers are kept apart: memcached fills up a number that gets shorter now and then only. */
const COUNTERS = ['n1', 'n2', 'n3']
const NEVER = 0xffff_ffff
/** Never, hours, days, a date that is over, and one in the next century. */
const TIMES = [0, 0, 0, 3600, 2_000_000, 2_592_001, NEVER]
const GETS = [OP.get, OP.getq, OP.getk, OP.getkq]
const STORES = [OP.set, OP.set, OP.setq, OP.setq, OP.add, OP.addq, OP.replace, OP.replaceq]
const CONCATS = [OP.append, OP.appendq, OP.prepend, OP.prependq]
const COUNTS = [OP.increment, OP.incrementq, OP.decrement, OP.decrementq]
const TOUCHES = [OP.touch, OP.gat, OP.gatq, OP.gatk, OP.gatkq]
const TOO_LARGE_BYTES = 1_100_000

export class RandomFrames {
  readonly #below: (below: number) => number

  constructor(seed: number) {
    this.#below = generator(seed)
  }

  /** So many requests, none of which ends the connection. */
  batch(length: number): Request[] {
    return Array.from({ length }, () => this.#next())
  }

  /** A request that ends the connection, with its reply or without one. */
  ending(): Request {
    const key = this.#one(KEYS)
    const op = this.#one(Object.values(OP))
    return this.#one([
      ask(op, 'k'.repeat(251 + this.#below(100))),
      ask(op, key, { lies: { keyBytes: key.length + 1 } }),
      ask(op, key, { lies: { bodyBytes: key.length - 1 } }),
      ask(this.#one([...GETS, OP.delete, OP.noop, OP.stat]), key, { extras: words(1) }),
      ask(this.#one([...GETS, ...STORES, ...CONCATS, ...COUNTS, ...TOUCHES]), ''),
      ask(this.#one([...STORES, ...COUNTS, ...TOUCHES]), key, { extras: words(1, 2, 3) }),
      ask(op, key, { lies: { magic: this.#below(0x80) } }),
      ask(this.#one([OP.quit, OP.quitq])),
    ])
  }

  #one<Of>(of: readonly Of[]): Of {
    return of[this.#below(of.length)]!
  }

  #next(): Request {
    const kind = this.#below(100)
    if (kind < 25) return ask(this.#one(GETS), this.#anyKey(), { cas: this.#cas(9) })
    if (kind < 50) return this.#store()
    if (kind < 60) return this.#concat()
    if (kind < 75) return this.#count()
    if (kind < 85) {
      return ask(this.#one(TOUCHES), this.#anyKey(), { extras: words(this.#one(TIMES)) })
    }
    if (kind < 93) {
      return ask(this.#one([OP.delete, OP.deleteq]), this.#anyKey(), { cas: this.#cas(3) })
    }
    return this.#rest()
  }

  #anyKey(): string {
    return this.#one([...KEYS, ...COUNTERS])
  }

  /** One of so many requests names a CAS, which may be that of the entry. */
  #cas(of: number): Cas {
    if (this.#below(of) > 0) return 0n
    return this.#one<Cas>(['told', 'told', 2n ** 64n - 1n, 10n ** 15n])
  }

  #value(): string {
    const kind = this.#below(200)
    if (kind === 0) return 'x'.repeat(TOO_LARGE_BYTES)
    const length = kind < 10 ? this.#below(30_000) : this.#below(30)
    return String.fromCharCode(97 + this.#below(26)).repeat(length)
  }

  #store(): Request {
    const isCounter = this.#below(4) === 0
    const key = this.#one(isCounter ? COUNTERS : KEYS)
    const value = isCounter ? String(this.#below(1e9)).slice(this.#below(9)) : this.#value()
    const flags = this.#one([0, 1, this.#below(2 ** 32)])
    const seconds = this.#one(TIMES)
    return store(this.#one(STORES), key, value, { flags, seconds, cas: this.#cas(4) })
  }

  #concat(): Request {
    const value = this.#value()
    return ask(this.#one(CONCATS), this.#one(KEYS), { value, cas: this.#cas(4) })
  }

  #count(): Request {
    const key = this.#one([...COUNTERS, ...COUNTERS, 'a'])
    const op = this.#one(COUNTS)
    const by = this.#one([0n, 1n, 99n, BigInt(this.#below(2 ** 32)), mostOf(op)])
    const seconds = key === 'a' ? NEVER : this.#one([...TIMES, NEVER, NEVER])
    const first = BigInt(this.#below(1000))
    return { ...count(op, key, by, first, seconds), cas: this.#cas(5) }
  }

  #rest(): Request {
    const value = 'v'.repeat(this.#below(100))
    return this.#one([
      ask(OP.noop),
      ask(OP.noop, '', { lies: { vbucket: this.#below(65_536), dataType: this.#below(256) } }),
      ask(OP.stat, this.#one(['none', 'detail', 'detail y', 'reset', 'sizes'])),
      ask(this.#one([0x1f, 0x25, 0x30, 0x80, 0xff]), '', { value }),
      ask(OP.saslList),
      ask(this.#one([OP.saslAuth, OP.saslStep]), 'PLAIN', { value }),
      ask(this.#one([OP.flush, OP.flushq])),
    ])
  }
}

/**
 * Numbers stay below 2^63: behind a larger one memcached 1.6.18 looks for a minus sign up to the
 * next zero byte, in whatever its memory held before, and then calls the number none.
 */
function mostOf(op: number): bigint {
  return op === OP.increment || op === OP.incrementq ? 2n ** 40n : 2n ** 64n - 1n
}
