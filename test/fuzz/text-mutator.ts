/**
 * Makes new inputs for memcached's text protocol out of old ones: bytes changed, words put in place
 * of others, and whole commands of the grammar put in.
 */
import { BROKEN } from './broken-commands.ts'
import type { InputMaker } from './dialect.ts'
import { CommandGrammar } from './grammar.ts'
import { type Alphabet, changeBytes, MOST_BYTES, replaceFound } from './mutator.ts'
import type { Random } from './random.ts'

const WORDS =
  `get gets gat gats set add replace append prepend cas incr decr touch delete flush_all version
  verbosity quit shutdown graceful stats items slabs sizes conns settings detail on off dump
  reset cachedump cache_memlimit lru_crawler enable disable sleep tocrawl crawl metadump mgdump
  hash all lru tune mode temp_ttl reassign automove watch fetchers mutations deletions
  connevents mg ms md ma mn me noreply HTTP/1.1 a bb n1 key:1 YmluMQ== b c f h k l q s t u v x
  C0 C1 D1 E5 F7 I J5 MA ME MP MR MS MI MD N30 N0 Oxyz R60 T60 T-1 T0`
    .split(/\s+/)
    .filter((word) => word !== '')
const NUMBERS =
  `0 1 -1 -0 +1 9 10 250 251 255 256 2047 2048 65535 65536 65537 1048576 2592000 2592001
  2147483645 2147483646 2147483647 4294967295 4294967296 9007199254740991 9007199254740993
  18446744073709551615 18446744073709551616 99999999999999999999`.split(/\s+/)
const ALPHABET: Alphabet = {
  numbers: NUMBERS,
  marks: ['\r\n', '\n', '\r', ' ', '  ', '\0', '\t', '\x7f', '\x80', '\xff', '=', ','],
}
const NOW = 1_800_000_000

export class TextMutator implements InputMaker {
  readonly #random: Random
  readonly #grammar: CommandGrammar

  constructor(random: Random) {
    this.#random = random
    this.#grammar = new CommandGrammar(random, NOW)
  }

  command(): string {
    const { text } = this.#grammar.next()
    return text.length > MOST_BYTES ? `${this.#random.one(BROKEN)}\r\n` : text
  }

  change(text: string, corpus: readonly string[]): string {
    const random = this.#random
    const at = random.below(text.length + 1)
    switch (random.below(10)) {
      case 0:
        return replaceFound(text, random.one(WORDS), /[^ \r\n]+/g, random)
      case 1:
        return `${text.slice(0, at)} ${random.one(WORDS)}${text.slice(at)}`
      case 2:
        return random.once(2) ? text + this.command() : this.command() + text
      default:
        return changeBytes(text, corpus, random, ALPHABET)
    }
  }
}
