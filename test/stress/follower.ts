/**
 * Follows the mutation feed of the exact engine through a run: what it was told must add up to what
 * the engine holds in the end, mutations of threads that were killed in the midst of them included.
 */
import type { Engine, Mutation, MutationFeed } from '../../src/index.ts'
import { CHAINS, COUNTERS } from './journal.ts'

const POLL_MS = 4

export class Follower {
  readonly #engine: Engine
  readonly #feed: MutationFeed
  readonly #timer: NodeJS.Timeout
  /** The last mutation of each key of the default namespace, by version. */
  readonly #last = new Map<string, Mutation>()
  readonly #puts = new Map<string, number>()
  /** Overflows: from then on nothing is certain. */
  resyncs = 0

  constructor(engine: Engine) {
    this.#engine = engine
    this.#feed = engine.mutations()
    this.#timer = setInterval(() => this.#poll(), POLL_MS)
  }

  #poll(): number {
    const mutations = this.#feed.poll(100_000)
    for (const mutation of mutations) this.#take(mutation)
    return mutations.length
  }

  #take(mutation: Mutation): void {
    const { kind, key, version, space } = mutation
    if (kind === 'RESYNC') this.resyncs++
    if (kind === 'RESYNC' || kind === 'FLUSH' || space !== 0) return
    if (kind === 'PUT') this.#puts.set(key, (this.#puts.get(key) ?? 0) + 1)
    const before = this.#last.get(key)
    if (before === undefined || before.version < version) this.#last.set(key, mutation)
  }

  /** When all threads are gone: what the feed said that is not so. */
  judge(): string[] {
    clearInterval(this.#timer)
    while (this.#poll() > 0);
    if (this.resyncs > 0) return []
    const problems: string[] = []
    for (const [key, { kind, version }] of this.#last) {
      const held = this.#engine.gets(key)?.version
      const told = kind === 'PUT' ? version : undefined
      if (held !== told) problems.push(`the feed ends ${key} with ${told}, it has ${held}`)
    }
    for (let counter = 0; counter < COUNTERS; counter++) {
      this.#expectPuts(
        `counter ${counter}`,
        Number(this.#engine.get(`counter ${counter}`) ?? 0),
        problems,
      )
    }
    for (let chain = 0; chain < CHAINS; chain++) {
      const links = Number(this.#engine.get<string>(`chain ${chain}`)?.split(' ')[0])
      this.#expectPuts(`chain ${chain}`, links, problems)
    }
    return problems
  }

  /** Every change is told once. */
  #expectPuts(key: string, changes: number, problems: string[]): void {
    const puts = this.#puts.get(key) ?? 0
    if (puts !== changes) problems.push(`the feed told ${puts} changes of ${key}, not ${changes}`)
  }
}
