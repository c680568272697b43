/**
 * A worker's part in the engine that evicts nothing: counters, compare-and-set chains and locks,
 * whose histories are checked exactly.
 */
import type { Engine, Namespace } from '../../src/index.ts'
import { CHAINS, COUNTERS, FLUSHED, type Journal, LOCKS, TURNS } from './journal.ts'

export type Complain = (text: string) => void

export class ExactPart {
  readonly #engine: Engine
  readonly #journal: Journal
  readonly #worker: number
  readonly #complain: Complain
  readonly #space: Namespace
  /** The lock that this worker holds, -1 none. */
  #held = -1
  /** Increments of the flushed counter that a clear has removed. */
  #gone = 0

  constructor(engine: Engine, journal: Journal, worker: number, complain: Complain) {
    this.#engine = engine
    this.#journal = journal
    this.#worker = worker
    this.#complain = complain
    this.#space = engine.namespace('flushed')
  }

  step(random: (below: number) => number): void {
    if (this.#held >= 0 && random(4) === 0) this.#release()
    const choice = random(20)
    if (choice < 5) this.#increment(random(COUNTERS))
    else if (choice < 9) this.#link(random(CHAINS))
    else if (choice < 14) this.#lock(random(LOCKS))
    else if (choice < 17) this.#turn(random(TURNS), random)
    else this.#flushed(random)
  }

  /** Each result belongs to one increment. */
  #increment(counter: number): void {
    this.#journal.startIncrement(counter)
    const result = Number(this.#engine.increment(`counter ${counter}`))
    if (!this.#journal.acknowledge(counter, result)) {
      this.#complain(`counter ${counter}: two increments returned ${result}`)
    }
  }

  /** Replaces link n of a chain by link n + 1: once, however many try. */
  #link(chain: number): void {
    const key = `chain ${chain}`
    const seen = this.#engine.gets<string>(key)
    if (seen === undefined) {
      this.#complain(`${key} is gone`)
      return
    }
    const n = Number(seen.value.split(' ')[0])
    if (!this.#journal.sawLink(chain, n, seen.version)) {
      this.#complain(`${key}: link ${n} was read under two versions`)
    }
    // Lengths change, so that some links need a chunk of another class.
    const fresh = `${n + 1} ${'.'.repeat((n * 37) % 300)}`
    if (this.#engine.compareAndSet(key, fresh, seen.version) !== 'stored') return
    if (!this.#journal.consumeLink(chain, n)) {
      this.#complain(`${key}: version ${seen.version} of link ${n} was consumed twice`)
    }
  }

  /** A lock made of add and delete; that of a dead worker is taken over by compare-and-set. */
  #lock(lock: number): void {
    const key = `lock ${lock}`
    if (this.#held >= 0) {
      this.#checkHeld()
      return
    }
    if (!this.#engine.add(key, this.#worker) && !this.#takeOver(key)) return
    const other = this.#journal.enterLock(lock)
    if (other !== 0) this.#complain(`${key} was granted while worker ${other - 1} has it`)
    this.#held = lock
    this.#checkHeld()
  }

  #checkHeld(): void {
    const holder = this.#engine.get(`lock ${this.#held}`)
    if (holder !== this.#worker) this.#complain(`lock ${this.#held} is mine, not ${holder}'s`)
  }

  #release(): void {
    const key = `lock ${this.#held}`
    this.#checkHeld()
    if (!this.#journal.leaveLock(this.#held)) this.#complain(`${key} was granted to another too`)
    if (!this.#engine.delete(key)) this.#complain(`${key} was deleted by another`)
    this.#held = -1
  }

  /** A key that is set and deleted all the time: nobody reads an older version than anybody did. */
  #turn(turn: number, random: (below: number) => number): void {
    const key = `turn ${turn}`
    const choice = random(8)
    if (choice < 3) this.#engine.set(key, this.#worker)
    else if (choice === 3) this.#engine.delete(key)
    else {
      const newest = this.#journal.newestOf(turn)
      const seen = this.#engine.gets<number>(key)
      if (seen === undefined) return
      if (BigInt(seen.version) < newest) {
        this.#complain(`${key}: version ${seen.version} after ${newest} was read`)
      }
      this.#journal.raiseNewest(turn, seen.version)
    }
  }

  /** A counter that is cleared with its namespace: no increment from before a clear comes back. */
  #flushed(random: (below: number) => number): void {
    const { acknowledged } = this.#journal.incrementsOf(FLUSHED)
    if (random(10) === 0) {
      this.#space.clear()
      this.#gone = Math.max(this.#gone, acknowledged)
      return
    }
    this.#journal.startIncrement(FLUSHED)
    const result = Number(this.#space.increment('count'))
    this.#journal.finishIncrement(FLUSHED)
    const most = this.#journal.incrementsOf(FLUSHED).started - this.#gone
    if (result > most) this.#complain(`a cleared counter is ${result}, at most ${most} are new`)
  }

  #takeOver(key: string): boolean {
    const held = this.#engine.gets<number>(key)
    if (held === undefined || this.#journal.isAlive(held.value)) return false
    return this.#engine.compareAndSet(key, this.#worker, held.version) === 'stored'
  }
}

/** What must be there before the first worker starts. */
export function prepareExact(engine: Engine): void {
  for (let chain = 0; chain < CHAINS; chain++) engine.set(`chain ${chain}`, '0 ')
}

/** What is wrong with the final state, given what was begun and acknowledged. */
export function judgeExact(engine: Engine, journal: Journal): string[] {
  const problems: string[] = []
  for (let counter = 0; counter < COUNTERS; counter++) {
    const { acknowledged, started } = journal.incrementsOf(counter)
    const final = engine.get<number>(`counter ${counter}`) ?? 0
    if (final < acknowledged || final > started) {
      problems.push(`counter ${counter} is ${final}, not ${acknowledged} to ${started}`)
    }
  }
  for (let chain = 0; chain < CHAINS; chain++) {
    const last = Number(engine.get<string>(`chain ${chain}`)?.split(' ')[0])
    const beyond = journal.consumedFrom(chain, Number.isNaN(last) ? 0 : last)
    if (Number.isNaN(last)) problems.push(`chain ${chain} is gone`)
    else if (beyond >= 0) problems.push(`chain ${chain} ends at ${last}; ${beyond} was consumed`)
  }
  return problems
}
