/**
 * Random commands to a memcached connection and to the Map of map-cache.ts, under a clock that the
 * commands move: keys of every allowed length, values at the borders of size classes and in several
 * chunks, all times and tokens. A failure prints its seed and its shortest sequence.
 *
 * Twice: in a memory in which everything stays, and in a small one, in which an entry may be lost
 * at any moment and a set refused, but nothing lost, deleted, over or flushed comes back.
 *
 * HEDDLE_MODEL_RUNS=20 runs 20 times as many, HEDDLE_MODEL_SEED=7 others.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { createEngine } from '../../../src/index.ts'
import { MemcachedConnection } from '../../../src/protocols/memcached/connection.ts'
import { modelRuns } from '../../engine/model-runs.ts'
import { Client, FakeHost } from './client.ts'
import {
  type Asked,
  type CasChoice,
  type Command,
  KEYS,
  MOST_BYTES,
  OWN_CAS,
  playOn,
  sequences,
} from './model-commands.ts'
import { MapCache } from './map-cache.ts'

const START = 1_800_000_000_000
/** Of fillers at the end of a run; others have the number of the command before. */
const ROUNDS = [1001, 1002, 1003]
const NO_MEMORY = 'SERVER_ERROR out of memory storing object\r\n'

/** A connection, and what the model knows of the CAS numbers that the server chose. */
class Door {
  readonly engine
  readonly client: Client
  model = new MapCache(START, MOST_BYTES)
  readonly #chosen = new Map<string, string>()
  /** By key: the CAS that it had when it was looked at. */
  readonly #known = new Map<string, Set<string>>()
  readonly #mayLose: boolean
  lost = 0

  constructor(memory: '2mb' | '8mb', eviction: 'clock' | 'none', mayLose: boolean) {
    this.#mayLose = mayLose
    this.engine = createEngine({
      name: 'front-door',
      memory,
      eviction,
      maxThreads: 2,
      seed: 7,
      maxItemSize: MOST_BYTES,
      now: () => this.model.ms,
    })
    const host = new FakeHost(START)
    this.client = new Client(new MemcachedConnection(new RawAccess(this.engine), host, 1))
  }

  play(command: Command): void {
    if (command.kind === 'advance') {
      this.model.advance(command.ms)
      return
    }
    for (const key of KEYS) if (command.keys.includes(key)) this.#look(key)
    const before = this.model.copy()
    const cas = 'cas' in command ? this.#casOf(command.keys[0]!, command.cas) : ''
    const { request, reply } = playOn(this.model, command, cas)
    const asked = request.replace(/#\d+/g, (name) => this.#chosen.get(name) ?? '1')
    const answered = this.client.ask(asked)
    if (this.#matches(answered, reply)) return
    if (this.#mayLose && this.#isRefused(answered, command, before)) return
    if (this.#mayLose && this.#isLost(answered, command, before, cas)) return
    const what = [asked.slice(0, 200), answered.slice(0, 300), reply.slice(0, 300)]
    const [sent, heard, expected] = what.map((text) => JSON.stringify(text))
    expect.fail(`${heard} after ${sent}, expected ${expected}`)
  }

  #casOf(key: string, choice: CasChoice): string {
    const now = this.model.entries.get(key)?.cas ?? '0'
    if (choice === 'now') return now
    if (choice === 'stale')
      return [...(this.#known.get(key) ?? [])].find((cas) => cas !== now) ?? '0'
    return choice === 'zero' ? '0' : OWN_CAS[0]!
  }

  /** Looks at a key without using it: what its CAS is, and whether it was lost. */
  #look(key: string): void {
    const found = this.model.find(key)
    // gets hands out no token.
    const reply = this.client.ask(`gets ${key}\r\n`)
    const isMissing = reply === 'END\r\n'
    if (isMissing && found !== undefined && this.#mayLose) {
      this.model.entries.delete(key)
      this.lost++
      return
    }
    expect([key.slice(0, 20), !isMissing]).toEqual([key.slice(0, 20), found !== undefined])
    if (found === undefined) return
    const cas = /^VALUE \S+ \d+ \d+ (\d+)\r/.exec(reply)![1]!
    const known = this.#known.get(key) ?? new Set()
    this.#known.set(key, known.add(found.cas))
    if (found.cas[0] !== '#') expect(cas).toBe(found.cas)
    else this.#learn(found.cas, cas)
  }

  /** The same CAS is always the same number, and a later one of any key is another. */
  #learn(name: string, cas: string): void {
    expect(this.#chosen.get(name) ?? cas).toBe(cas)
    this.#chosen.set(name, cas)
  }

  #matches(answered: string, reply: string): boolean {
    if (answered === reply) return true
    const pieces = reply.split(/(#\d+)/)
    let at = 0
    const learned: [string, string][] = []
    for (const [n, piece] of pieces.entries()) {
      if (n % 2 === 0) {
        if (!answered.startsWith(piece, at)) return false
        at += piece.length
        continue
      }
      const cas = /^\d+/.exec(answered.slice(at, at + 20))?.[0]
      if (cas === undefined) return false
      learned.push([piece, cas])
      at += cas.length
    }
    for (const [name, cas] of learned) this.#learn(name, cas)
    return at === answered.length
  }

  /** No room: a set takes the old value along, anything else changes nothing. */
  #isRefused(answered: string, { keys }: Command, before: MapCache): boolean {
    if (!answered.includes(NO_MEMORY)) return false
    this.model = before
    for (const key of keys) {
      const isGone = this.client.ask(`get ${key}\r\n`) === 'END\r\n'
      if (isGone) this.model.entries.delete(key)
    }
    this.lost++
    return true
  }

  /** Keys of the command itself gave way to something before it came to them. */
  #isLost(answered: string, command: Asked, before: MapCache, cas: string): boolean {
    for (let lost = 1; lost < 1 << command.keys.length; lost++) {
      const model = before.copy()
      for (const [n, key] of command.keys.entries()) {
        if ((lost & (1 << n)) !== 0) model.entries.delete(key)
      }
      if (!this.#matches(answered, playOn(model, command, cas).reply)) continue
      this.model = model
      this.lost++
      return true
    }
    return false
  }

  end(): void {
    for (const key of KEYS) this.#look(key)
    expect(this.engine.verify().problems).toEqual([])
    if (!this.#mayLose) expect(this.engine.size).toBe(this.model.entries.size)
  }
}

test('the front door does what a Map does', () => {
  fc.assert(
    fc.property(sequences(START, { maxLength: 120 }), (commands) => {
      const door = new Door('8mb', 'clock', false)
      try {
        for (const command of commands) door.play(command)
        door.end()
      } finally {
        door.engine.close()
      }
    }),
    modelRuns(100),
  )
})

test.each(['clock', 'none'] as const)("with eviction '%s' and too little memory", (eviction) => {
  let lost = 0
  let pressure = 0
  fc.assert(
    fc.property(sequences(START, { minLength: 100, maxLength: 300 }), (commands) => {
      const door = new Door('2mb', eviction, true)
      try {
        for (const [n, command] of commands.entries()) {
          // A refused write looks everywhere for room: enough of them once.
          if (n === 0 || (eviction === 'clock' && n % 50 === 0)) fillUp(door, n)
          door.play(command)
        }
        // What nobody asks for any more gives way to others.
        if (eviction === 'clock') for (const round of ROUNDS) fillUp(door, round)
        const { evictions, refused } = door.engine.stats()
        pressure += evictions.memory + refused.memory
        door.end()
        lost += door.lost
      } finally {
        door.engine.close()
      }
    }),
    modelRuns(6),
  )
  expect(lost).toBeGreaterThan(0)
  expect(pressure).toBeGreaterThan(100)
})

/** Other keys, until no page is free; some are read, so that the hand passes them. */
function fillUp({ client }: Door, round: number): void {
  const fillers = Array.from({ length: 1500 }, (_, n) => {
    const length = [30, 700, 4000][n % 3]!
    const key = `filler-${round}-${n}`
    const line = `set ${key} 0 0 ${length} noreply\r\n${'f'.repeat(length)}\r\n`
    return n % 4 === 0 ? `${line}get ${key}\r\n` : line
  })
  client.ask(fillers.join(''))
}
