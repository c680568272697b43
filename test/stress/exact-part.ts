/**
 * A worker's part in the engine that evicts nothing: counters, compare-and-set chains and locks,
 * whose histories are checked exactly.
 */
import type { Engine } from '../../src/index.ts'
import { CHAINS, COUNTERS, type Journal, LOCKS } from './journal.ts'

export type Complain = (text: string) => void

export class ExactPart {
  readonly #engine: Engine
  readonly #journal: Journal
  readonly #worker: number
  readonly #complain: Complain

  constructor(engine: Engine, journal: Journal, worker: number, complain: Complain) {
    this.#engine = engine
    this.#journal = journal
    this.#worker = worker
    this.#complain = complain
  }

  step(random: (below: number) => number): void {
    const choice = random(10)
    if (choice < 4) this.#increment(random(COUNTERS))
    else if (choice < 8) this.#link(random(CHAINS))
    else this.#lock(random(LOCKS))
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
    if (!this.#engine.add(key, this.#worker) && !this.#takeOver(key)) return
    const other = this.#journal.enterLock(lock)
    if (other !== 0) this.#complain(`${key} was granted while worker ${other - 1} has it`)
    if (!this.#journal.leaveLock(lock)) this.#complain(`${key} was granted to another meanwhile`)
    if (!this.#engine.delete(key)) this.#complain(`${key} was deleted by another`)
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
