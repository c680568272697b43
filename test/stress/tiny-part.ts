/**
 * A worker's part in the tiny engine, which evicts all the time: every operation on few keys,
 * values from a few bytes to many chunks, and for each value read the questions: did anybody write
 * it to this key, is it older than one that was read before, should a clear have removed it?
 */
import type { Engine, Namespace } from '../../src/index.ts'
import type { Complain } from './exact-part.ts'
import { type Journal, TURNS } from './journal.ts'
import { LARGEST_VALUE, type Origin, originOf, originsInList, textOf, stored } from './values.ts'

/** Keys whose versions are followed: half in the default namespace, half in another one. */
export const FOLLOWED_KEYS = 48
const SPACE_KEYS_FROM = 32
/** A third of the steps meet here. */
const HOT_KEYS = [0, 1, 40]
const LISTS = 4
const FILLERS = 4000
const LONGEST_LIST = 24 * 1024
/** A clear comes this often, in steps. */
const STEPS_PER_CLEAR = 4000

type Random = (below: number) => number

export class TinyPart {
  readonly #engine: Engine
  readonly #space: Namespace
  readonly #journal: Journal
  readonly #worker: number
  readonly #complain: Complain
  /** Per worker: writes up to this one were removed by a clear that has ended. */
  #cleared: Int32Array = new Int32Array(0)
  #clearedSpace: Int32Array = new Int32Array(0)
  #favoured = 100
  readonly #target = new Uint8Array(LARGEST_VALUE + 1024)
  readonly #lengths = new Int32Array(1)

  constructor(engine: Engine, journal: Journal, worker: number, complain: Complain) {
    this.#engine = engine
    this.#space = engine.namespace('stress')
    this.#journal = journal
    this.#worker = worker
    this.#complain = complain
  }

  step(random: Random): void {
    const choice = random(100)
    const key = random(3) === 0 ? HOT_KEYS[random(HOT_KEYS.length)]! : random(FOLLOWED_KEYS)
    if (random(3000) === 0) this.#favoured = 20 << random(8)
    if (choice < 30) this.#gets(key)
    else if (choice < 38) this.#getOther(key, random(4))
    else if (choice < 58) this.#write(key, random)
    else if (choice < 66) this.#keysOf(key).delete(nameOf(key))
    else if (choice < 72) this.#touch(key, random)
    else if (choice < 78) this.#appendTo(random(LISTS), random)
    else if (choice < 98) this.#fill(random)
    else this.#rare(random)
  }

  #keysOf(key: number): Engine | Namespace {
    return key < SPACE_KEYS_FROM ? this.#engine : this.#space
  }

  /** No value may be older than one that anybody has read before. */
  #gets(key: number): void {
    const newest = this.#journal.newestOf(TURNS + key)
    const seen = this.#keysOf(key).gets(nameOf(key))
    if (seen === undefined) return
    if (BigInt(seen.version) < newest) {
      this.#complain(`${nameOf(key)}: version ${seen.version} after ${newest} was read`)
    }
    this.#judge(key, originOf(nameOf(key), seen.value))
    this.#journal.raiseNewest(TURNS + key, seen.version)
  }

  #getOther(key: number, way: number): void {
    const name = nameOf(key)
    const keys = this.#keysOf(key)
    if (way === 0) {
      const value = keys.get(name)
      if (value !== undefined) this.#judge(key, originOf(name, value))
    } else if (way === 1) {
      const value = keys.getMany([name, name])[1]
      if (value !== undefined) this.#judge(key, originOf(name, value))
    } else {
      if (way === 3) keys.getManyBytes([name], this.#target, this.#lengths)
      const length = way === 3 ? this.#lengths[0]! : keys.getBytes(name, this.#target)
      const text = Buffer.from(this.#target.subarray(0, Math.max(0, length))).toString('latin1')
      const isObject = text.startsWith('{')
      if (length >= 0) this.#judge(key, originOf(name, isObject ? JSON.parse(text) : text))
    }
  }

  #judge(key: number, origin: Origin | string): void {
    if (typeof origin === 'string') {
      this.#complain(`${nameOf(key)} holds ${origin}`)
      return
    }
    const { writer, sequence } = origin
    if (sequence > this.#journal.begunBy(writer)) {
      this.#complain(`${nameOf(key)} holds a value that worker ${writer} has not written`)
    }
    const cleared = key < SPACE_KEYS_FROM ? this.#cleared : this.#clearedSpace
    if (sequence <= (cleared[writer] ?? 0)) {
      this.#complain(`${nameOf(key)} holds write ${sequence} of ${writer}, which was cleared`)
    }
  }

  #write(key: number, random: Random): void {
    const name = nameOf(key)
    const keys = this.#keysOf(key)
    const sequence = this.#journal.beginWrite()
    const origin = { key: name, writer: this.#worker, sequence, size: this.#size(random) }
    const value = stored(origin)
    const ttl = random(4) === 0 ? 1 + random(30) : undefined
    const way = random(8)
    if (way < 5) keys.set(name, value, { ttl })
    else if (way === 5) keys.add(name, value, { ttl })
    else if (way === 6) keys.replace(name, value, { ttl })
    else {
      const seen = keys.gets(name)
      if (seen !== undefined) keys.compareAndSet(name, value, seen.version, { ttl })
    }
    this.#journal.finishWrite(sequence)
  }

  #size(random: Random): number {
    const kind = random(100)
    if (kind < 70) return random(this.#favoured)
    if (kind < 92) return random(2500)
    if (kind < 99) return random(16_000)
    return random(LARGEST_VALUE)
  }

  #touch(key: number, random: Random): void {
    if (random(2) === 0) this.#keysOf(key).touch(nameOf(key), 1 + random(2000))
    else {
      const value = this.#keysOf(key).getAndTouch(nameOf(key), 1 + random(2000))
      if (value !== undefined) this.#judge(key, originOf(nameOf(key), value))
    }
  }

  /** A list is values one after the other; whoever finds it too long deletes it. */
  #appendTo(list: number, random: Random): void {
    const name = `list ${list}`
    const sequence = this.#journal.beginWrite()
    const origin = { key: name, writer: this.#worker, sequence, size: random(400) }
    const line = `${textOf(origin)}\n`
    const done =
      random(4) === 0 ? this.#engine.prepend(name, line) : this.#engine.append(name, line)
    if (!done) this.#engine.add(name, line)
    this.#journal.finishWrite(sequence)
    const now = this.#engine.get<string>(name)
    if (now === undefined) return
    const origins = originsInList(name, now)
    if (typeof origins === 'string') {
      this.#complain(`${name} holds ${origins}`)
      return
    }
    const seen = new Set(origins.map((value) => `${value.writer} ${value.sequence}`))
    if (seen.size < origins.length) this.#complain(`${name} holds a value twice`)
    for (const { writer, sequence: n } of origins) {
      const isKnown = n <= this.#journal.begunBy(writer)
      if (!isKnown) this.#complain(`${name} holds a value that worker ${writer} has not written`)
    }
    if (now.length > LONGEST_LIST) this.#engine.delete(name)
  }

  /** Keys that come and go, to keep memory short. */
  #fill(random: Random): void {
    const name = `filler ${random(FILLERS)}`
    const value = this.#engine.get(name)
    if (value !== undefined) {
      const origin = originOf(name, value)
      if (typeof origin === 'string') this.#complain(`${name} holds ${origin}`)
      return
    }
    const size = random(10) === 0 ? random(6000) : this.#favoured + random(100)
    this.#engine.set(name, stored({ key: name, writer: this.#worker, sequence: 0, size }))
  }

  #rare(random: Random): void {
    const way = random(8)
    if (random(STEPS_PER_CLEAR / 50) === 0) this.#clear(random(3) === 0)
    else if (way === 0) this.#iterate()
    else if (way === 1) this.#engine.has(nameOf(random(SPACE_KEYS_FROM)))
    else if (way === 2) this.#engine.ttl(nameOf(random(SPACE_KEYS_FROM)))
    else if (way < 5) this.#engine.increment(`loose ${random(4)}`, { by: random(1 << 30) })
    else this.#engine.decrement(`loose ${random(4)}`, { initial: random(1000) })
  }

  /** What had been written before the clear began must be gone when it has ended. */
  #clear(all: boolean): void {
    const finished = this.#journal.finishedByAll()
    if (all) {
      this.#engine.clear()
      this.#cleared = finished
    } else this.#space.clear()
    this.#clearedSpace = finished
  }

  #iterate(): void {
    let met = 0
    for (const key of this.#space.keys()) {
      if (!key.startsWith('key ')) this.#complain(`iteration met ${JSON.stringify(key)}`)
      if (++met > 1000) break
    }
  }
}

function nameOf(key: number): string {
  // Some keys are long, so that comparing them takes a while.
  return key % 8 === 7 ? `key ${key} ${'k'.repeat(key * 8)}` : `key ${key}`
}
