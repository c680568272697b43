/**
 * Streams of batches for the differential run, the same for the same seed but for absolute times.
 * Every stream begins with a batch that empties the cache.
 */
import { CommandGrammar, COUNTERS, KEYS } from './grammar.ts'
import type { Batch } from './peer.ts'
import { Random } from './random.ts'

const MOST_PER_BATCH = 80
const CONNECTIONS = 3
const TIMED_PHASES = 4
const TIMED_COMMANDS = 60
/** Longer than the times of a timed stream, and a tick of memcached's clock. */
const PAUSE_MS = 3300

/** All keys are written, so that one less than a CAS is not 0. */
const WRITES = [...KEYS, ...COUNTERS].map((key) => `set ${key} 0 0 1\r\nx\r\n`.repeat(2))
const PLAIN = { connection: 0, cuts: [], quits: false, pauseMs: 0 } as const
const EMPTYING: Batch = { ...PLAIN, commands: [...WRITES, 'flush_all\r\n', 'verbosity 0\r\n'] }

export function streamOf(seed: number, commands: number, now: number): Batch[] {
  const random = new Random(seed)
  const grammar = new CommandGrammar(random, now)
  const batches: Batch[] = [EMPTYING]
  for (let made = 0; made < commands; ) {
    const size = Math.min(commands - made, random.once(3) ? 1 : 1 + random.below(MOST_PER_BATCH))
    const texts: string[] = []
    while (texts.length < size) {
      const { text, isFirst } = grammar.next()
      if (!isFirst || texts.length === 0) texts.push(text)
    }
    made += size
    const bytes = texts.reduce((sum, text) => sum + text.length, 0)
    const cuts = random.once(2) ? random.cuts(bytes, 4) : []
    const connection = random.below(CONNECTIONS)
    batches.push({ commands: texts, connection, cuts, quits: random.once(40), pauseMs: 0 })
  }
  return batches
}

/**
 * Short times and pauses. No plain flush, and one delayed flush at most: in memcached a second one
 * brings back what the first one flushed and nobody asked for since. So keys are deleted first.
 */
export function timedStreamOf(seed: number, now: number): Batch[] {
  const random = new Random(seed)
  const grammar = new CommandGrammar(random, now, ['0', '0', '1', '2', '1000', '-1'])
  const deletes = [...KEYS, ...COUNTERS].map((key) => `delete ${key}\r\n`)
  const batches: Batch[] = [{ ...PLAIN, commands: [...WRITES, ...deletes] }]
  const flushed = random.below(TIMED_PHASES)
  for (let phase = 0; phase < TIMED_PHASES; phase++) {
    const commands: string[] = []
    while (commands.length < TIMED_COMMANDS) {
      const { text, isFirst } = grammar.next()
      if (!isFirst && !text.includes('flush_all')) commands.push(text)
    }
    if (phase === flushed) commands.push('flush_all 2\r\n', 'set bb 0 0 1\r\nx\r\n')
    batches.push({ ...PLAIN, commands, pauseMs: PAUSE_MS })
  }
  const reads = [...KEYS, ...COUNTERS].map((key) => `gets ${key}\r\n`)
  return [...batches, { ...PLAIN, commands: reads }]
}
