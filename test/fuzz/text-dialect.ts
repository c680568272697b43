/** memcached's text protocol, classic and meta commands, for the fuzzing. */
import type { RawAccess } from '../../src/engine/raw-access.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import { FakeHost } from '../protocols/memcached/client.ts'
import { CORPUS } from '../protocols/memcached/corpus.ts'
import type { Dialect, OpenWorld } from './dialect.ts'
import { CommandGrammar } from './grammar.ts'
import type { Random } from './random.ts'
import { TextMutator } from './text-mutator.ts'

/** Somebody watches what is read, written and deleted. */
const WATCHER = 1000
const WATCHED = 7
const MOST_WATCHERS = 3
const NOW = 1_800_000_000

/** What operators say, to begin with. */
const OPERATORS: readonly string[] = [
  'stats detail on|set p:a 0 0 1|x|get p:a p:b q|delete p:a|stats detail dump',
  'stats detail off|get p:a|stats detail dump',
  'stats|stats items|stats slabs|stats sizes|stats conns|stats settings|stats reset',
  'set a 5 60 1|x|ms AGIK 1 b E7|x|lru_crawler metadump all|lru_crawler mgdump all',
  'lru_crawler metadump 1,2|lru_crawler metadump hash',
  'lru_crawler disable|lru_crawler crawl all|lru_crawler metadump all|lru_crawler enable',
  'lru_crawler enable|lru_crawler tocrawl 1|lru_crawler crawl all|lru_crawler crawl all',
  'slabs automove 0|slabs automove 2|slabs automove 1|slabs reassign 1 2',
  'cache_memlimit 1|cache_memlimit 2|cache_memlimit 100',
  'lru mode flat|lru tune 1 2 3 4|verbosity 2|version|shutdown graceful',
  'watch fetchers mutations',
  'watch evictions|watch fetchers nothing|get a',
  `get ${'k '.repeat(600)}`,
  `get ${'k '.repeat(5000)}|mn`,
  `${'x'.repeat(2050)}`,
].map((lines) => `${lines.replaceAll('|', '\r\n')}\r\n`)

type OpenConnection = (raw: RawAccess, host: FakeHost) => MemcachedConnection

/** @param open what makes a connection: one with a fault, to see that it is found */
export function memcachedWorld(
  open: OpenConnection = (raw, host) => new MemcachedConnection(raw, host, 1),
): OpenWorld {
  return (raw, startedAt) => {
    const host = new FakeHost(startedAt)
    host.mostWatchers = MOST_WATCHERS
    const reset = (): void => {
      host.runTasks()
      host.board.reset()
      host.watchers.clear()
      host.watchers.set(WATCHER, WATCHED)
      host.shutdowns.length = 0
      host.lines.length = 0
    }
    return { connect: () => open(raw, host), reset, pass: () => {}, lines: host.lines }
  }
}

/** Statistics tell of time and memory; everything else is as it is. */
function comparable(reply: Buffer): string {
  return reply.toString('latin1').replace(/^(STAT \S+) .*$/gm, '$1')
}

/** CAS numbers and marks are those of one cache, seconds those of the moment. */
function comparableLive(reply: Buffer): string {
  return comparable(reply)
    .replace(/^(VALUE \S+ \d+ \d+) \d+\r/gm, '$1 N\r')
    .replace(/ ([cthl]|exp=|la=|cas=)-?\d+/g, ' $1N')
    .replace(/ fetch=\w+/g, '')
}

function stream(random: Random, most: number): Buffer {
  const grammar = new CommandGrammar(random, NOW)
  const count = 1 + random.below(most)
  const texts = Array.from({ length: count }, () => grammar.next().text)
  if (random.once(4)) texts.splice(random.below(count), 0, 'quit\r\n')
  // Replies larger than a frame, a ring and a window, so that all three fill and more waits.
  if (random.once(2)) {
    const at = random.below(count)
    const gets = Array.from({ length: random.below(8) }, () => {
      return `get${' large'.repeat(random.below(20))}\r\nmn\r\n`
    })
    texts.splice(at, 0, `set large 0 0 60000\r\n${'v'.repeat(60_000)}\r\n`, ...gets)
  }
  return Buffer.from(texts.join(''), 'latin1')
}

export const TEXT: Dialect = {
  name: 'text',
  openWorld: memcachedWorld(),
  requests: () => [
    ...Object.values(CORPUS).flatMap((cases) => cases.map(([request]) => request)),
    ...OPERATORS,
  ],
  maker: (random) => new TextMutator(random),
  stream,
  comparable,
  comparableLive,
  tellsOfServer:
    /stats|watch|version|verbosity|crawler|slabs|memlimit|shutdown|detail|lru|flush_all/,
}
