/**
 * The memcached protocol in the simplest way: a Map, a clock, and for each command what its text
 * says. Commands come as parts, not as bytes, so nothing is parsed here. A CAS that the server
 * chooses is written `#n` in a reply: the n-th that this model gave.
 */
import { counted, echoes, type Entry, isOlder, lastOf, tokenOf } from './meta-words.ts'

export type Storing = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas'

export const TOO_LARGE = 'SERVER_ERROR object too large for cache\r\n'
const NO_NUMBER = 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'
const MONTH = 30 * 24 * 3600
const TICK_MS = 16

export class MapCache {
  readonly entries: Map<string, Entry>
  readonly #start: number
  readonly #mostBytes: number
  ms: number
  #flushAt = 0
  #given = 0

  constructor(ms: number, mostBytes: number, entries = new Map<string, Entry>()) {
    this.ms = this.#start = ms
    this.#mostBytes = mostBytes
    this.entries = entries
  }

  /** The same, to be changed by itself. */
  copy(): MapCache {
    const copy = new MapCache(this.#start, this.#mostBytes, new Map(this.entries))
    copy.ms = this.ms
    copy.#flushAt = this.#flushAt
    copy.#given = this.#given
    return copy
  }

  advance(ms: number): void {
    this.ms += ms
    if (this.#flushAt === 0 || this.#flushAt > this.ms) return
    this.#flushAt = 0
    this.entries.clear()
  }

  find(key: string): Entry | undefined {
    const found = this.entries.get(key)
    if (found === undefined || found.expiry === 0 || found.expiry > this.ms) return found
    this.entries.delete(key)
    return undefined
  }

  /** The rules of exptime. */
  expiry(seconds: number): number {
    if (seconds === 0) return 0
    if (seconds < 0) return 1
    return seconds <= MONTH ? this.ms + seconds * 1000 : seconds * 1000
  }

  newCas(): string {
    return `#${++this.#given}`
  }

  store(kind: Storing, key: string, value: string, flags: number, time: number, cas = ''): string {
    const old = this.find(key)
    if (value.length > this.#mostBytes) {
      if (kind === 'set') this.entries.delete(key)
      return TOO_LARGE
    }
    const isConcat = kind === 'append' || kind === 'prepend'
    if (kind === 'add' ? old !== undefined : kind === 'replace' || isConcat ? !old : false) {
      return 'NOT_STORED\r\n'
    }
    if (kind === 'cas' && old?.cas !== cas) return old ? 'EXISTS\r\n' : 'NOT_FOUND\r\n'
    if (isConcat)
      return this.#concat(key, old!, value, kind === 'prepend', undefined) ?? 'STORED\r\n'
    const marks = { isStale: false, isWon: false }
    const expiry = this.expiry(time)
    this.entries.set(key, { value, flags, expiry, cas: this.newCas(), ...marks })
    return 'STORED\r\n'
  }

  /** Undefined when it was done. */
  #concat(key: string, old: Entry, added: string, isBefore: boolean, own?: string) {
    const value = isBefore ? added + old.value : old.value + added
    if (value.length > this.#mostBytes) return TOO_LARGE
    const cas = own ?? this.newCas()
    this.entries.set(key, { ...old, value, cas, isStale: false, isWon: false })
    return undefined
  }

  retrieve(keys: readonly string[], hasCas: boolean, time: number | undefined): string {
    let reply = ''
    for (const key of keys) {
      const found = this.find(key)
      if (found === undefined) continue
      const { value, flags, cas } = found
      reply += `VALUE ${key} ${flags} ${value.length}${hasCas ? ` ${cas}` : ''}\r\n${value}\r\n`
      if (time !== undefined) this.entries.set(key, { ...found, expiry: this.expiry(time) })
    }
    return `${reply}END\r\n`
  }

  count(key: string, by: bigint, isDown: boolean): string {
    const old = this.find(key)
    if (old === undefined) return 'NOT_FOUND\r\n'
    const text = counted(old.value, by, isDown)
    if (text === undefined) return NO_NUMBER
    const value = text.padEnd(old.value.length)
    this.entries.set(key, { ...old, value, cas: this.newCas() })
    return `${text}\r\n`
  }

  touch(key: string, time: number): string {
    const old = this.find(key)
    if (old === undefined) return 'NOT_FOUND\r\n'
    this.entries.set(key, { ...old, expiry: this.expiry(time) })
    return 'TOUCHED\r\n'
  }

  delete(key: string): string {
    const isThere = this.find(key) !== undefined
    this.entries.delete(key)
    return isThere ? 'DELETED\r\n' : 'NOT_FOUND\r\n'
  }

  flush(delay: number | undefined): string {
    const at = delay === undefined ? 0 : this.expiry(delay)
    this.#flushAt = 0
    if (at <= this.ms) this.entries.clear()
    else this.#flushAt = this.#start + Math.ceil((at - this.#start) / TICK_MS) * TICK_MS
    return 'OK\r\n'
  }

  metaGet(key: string, flags: readonly string[]): string {
    const old = this.find(key)
    const wanted = tokenOf(flags, 'C')
    const isMade = old === undefined && tokenOf(flags, 'N') !== undefined
    if (isMade) {
      const cas = tokenOf(flags, 'E') ?? this.newCas()
      const expiry = this.expiry(Number(lastOf(flags, 'TN')))
      this.entries.set(key, { value: '', flags: 0, expiry, cas, isStale: false, isWon: true })
    }
    const entry = this.entries.get(key)
    if (entry === undefined) return flags.includes('q') ? '' : `EN${echoes(key, flags)}\r\n`
    const touched = tokenOf(flags, 'T')
    const expiry = touched === undefined ? entry.expiry : this.expiry(Number(touched))
    const recache = tokenOf(flags, 'R')
    const isFirst = flags.findIndex((of) => of[0] === 'T') < flags.findIndex((of) => of[0] === 'R')
    const seen = touched !== undefined && isFirst ? expiry : (old?.expiry ?? 0)
    const isSoon = recache !== undefined && seen !== 0 && seen < this.expiry(Number(recache))
    const wins = isMade || (!entry.isWon && (entry.isStale || isSoon))
    const isShown = flags.includes('v') && wanted !== entry.cas
    const before = isMade ? 0 : entry.expiry
    const head = isShown ? `VA ${entry.value.length}` : 'HD'
    const marks = [!isMade && entry.isWon && ' Z', entry.isStale && ' X', wins && ' W']
    const line =
      head +
      this.#shown(key, flags, entry, before, isMade) +
      marks.filter((of) => of !== false).join('')
    if (!isMade) this.entries.set(key, { ...entry, expiry, isWon: entry.isWon || wins })
    return `${line}\r\n${isShown ? `${entry.value}\r\n` : ''}`
  }

  /** Flags in their order: T and N change what `t` behind them shows. */
  #shown(key: string, flags: readonly string[], entry: Entry, before: number, isMade: boolean) {
    let expiry = before
    let text = ''
    for (const flag of flags) {
      const [letter] = flag
      if (letter === 'T' || (letter === 'N' && isMade)) expiry = this.expiry(Number(flag.slice(1)))
      else if (letter === 't') text += ` t${this.#left(expiry)}`
      else if (letter === 's') text += ` s${entry.value.length}`
      else if (letter === 'f') text += ` f${entry.flags}`
      else if (letter === 'c') text += ` c${entry.cas}`
      else text += echoes(key, [flag])
    }
    return text
  }

  #left(expiry: number): number {
    return expiry === 0 ? -1 : Math.max(0, Math.ceil((expiry - this.ms) / 1000))
  }

  metaSet(key: string, value: string, flags: readonly string[]): string {
    const old = this.find(key)
    if (value.length > this.#mostBytes) {
      this.entries.delete(key)
      return TOO_LARGE
    }
    const mode = tokenOf(flags, 'M') ?? 'S'
    const result = this.#metaStore(key, value, flags, mode, old)
    if (result === TOO_LARGE) return result
    if (result === 'HD' && flags.includes('q')) return ''
    const isStored = result === 'HD'
    const stored = this.entries.get(key)
    let reply = result
    for (const flag of flags) {
      if (flag === 'c') reply += ` c${isStored ? stored!.cas : '0'}`
      else if (flag === 's') reply += ` s${isStored ? stored!.value.length : value.length}`
      else reply += echoes(key, [flag])
    }
    return `${reply}\r\n`
  }

  #metaStore(
    key: string,
    value: string,
    flags: readonly string[],
    mode: string,
    old?: Entry,
  ): string {
    const wanted = mode === 'E' ? undefined : tokenOf(flags, 'C')
    const own = tokenOf(flags, 'E')
    const isConcat = mode === 'A' || mode === 'P'
    const time = tokenOf(flags, isConcat ? 'N' : 'T')
    const marks = { isStale: false, isWon: false }
    const fresh = { value, flags: Number(tokenOf(flags, 'F') ?? 0), ...marks }
    if (isConcat && old !== undefined) {
      if (wanted !== undefined && wanted !== '0' && wanted !== old.cas) return 'EX'
      return this.#concat(key, old, value, mode === 'P', own) ?? 'HD'
    }
    if (isConcat && time === undefined) return 'NS'
    if (mode === 'E' && old !== undefined) return 'NS'
    if (!isConcat && wanted !== undefined) {
      if (old === undefined) return 'NF'
      if (wanted !== old.cas) {
        if (!flags.includes('I') || !isOlder(wanted, old.cas)) return 'EX'
        const { expiry, isWon } = old
        this.entries.set(key, { ...fresh, expiry, cas: own ?? this.newCas(), isStale: true, isWon })
        return 'HD'
      }
    } else if (mode === 'R' && old === undefined) return 'NS'
    this.entries.set(key, {
      ...fresh,
      expiry: this.expiry(Number(time ?? 0)),
      cas: own ?? this.newCas(),
    })
    return 'HD'
  }

  metaDelete(key: string, flags: readonly string[]): string {
    const old = this.find(key)
    const wanted = tokenOf(flags, 'C')
    if (old === undefined) return `NF${echoes(key, flags)}\r\n`
    if (wanted !== undefined && wanted !== old.cas) return `EX${echoes(key, flags)}\r\n`
    const isStale = flags.includes('I')
    const isEmptied = flags.includes('x')
    const time = tokenOf(flags, 'T')
    if (!isStale && !isEmptied) this.entries.delete(key)
    else {
      const kept = isEmptied ? { ...old, value: '', flags: 0, isStale, isWon: false } : old
      const expiry = time !== undefined ? this.expiry(Number(time)) : isEmptied ? 0 : old.expiry
      const cas = tokenOf(flags, 'E') ?? (isStale ? this.newCas() : old.cas)
      const marks = isStale ? { isStale: true, isWon: false } : {}
      this.entries.set(key, { ...kept, expiry, cas, ...marks })
    }
    return flags.includes('q') ? '' : `HD${echoes(key, flags)}\r\n`
  }

  metaCount(key: string, flags: readonly string[]): string {
    const old = this.find(key)
    const wanted = tokenOf(flags, 'C')
    const isMade = old === undefined
    if (isMade && tokenOf(flags, 'N') === undefined) return `NF${echoes(key, flags)}\r\n`
    if (old?.value === '') return NO_NUMBER
    if (old && wanted !== undefined && wanted !== '0' && wanted !== old.cas) {
      return `EX${echoes(key, flags)}\r\n`
    }
    const isDown = ['D', '-'].includes(tokenOf(flags, 'M') ?? 'I')
    const by = BigInt(tokenOf(flags, 'D') ?? 1)
    const first = BigInt(tokenOf(flags, 'J') ?? 0).toString()
    const text = isMade ? first : counted(old.value, by, isDown)
    if (text === undefined) return NO_NUMBER
    const cas = tokenOf(flags, 'E') ?? this.newCas()
    const time = isMade ? lastOf(flags, 'TN') : tokenOf(flags, 'T')
    const base = old ?? { flags: 0, isStale: false, isWon: false, value: '', expiry: 0 }
    const expiry = time === undefined ? base.expiry : this.expiry(Number(time))
    const entry = { ...base, value: text.padEnd(base.value.length), expiry, cas }
    this.entries.set(key, entry)
    if (flags.includes('q')) return ''
    const line = this.#shown(
      key,
      flags.filter((of) => of !== 's' && of !== 'f'),
      entry,
      base.expiry,
      isMade,
    )
    return flags.includes('v') ? `VA ${text.length}${line}\r\n${text}\r\n` : `HD${line}\r\n`
  }
}
