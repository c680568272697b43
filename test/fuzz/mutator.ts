/**
 * Makes new inputs for the protocol out of old ones: bytes flipped, pieces left out, doubled, moved
 * and joined, numbers and words put in place of others, and whole commands of the grammar put in.
 */
import { BROKEN } from './broken-commands.ts'
import { CommandGrammar } from './grammar.ts'
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
const MARKS = ['\r\n', '\n', '\r', ' ', '  ', '\0', '\t', '\x7f', '\x80', '\xff', '=', ',']
/** Longer than any line may be, and no longer than it takes to see that. */
const MOST_BYTES = 6000
const NOW = 1_800_000_000

export class Mutator {
  readonly #random: Random
  readonly #grammar: CommandGrammar

  constructor(random: Random) {
    this.#random = random
    this.#grammar = new CommandGrammar(random, NOW)
  }

  /** A new input, out of `corpus`. */
  next(corpus: readonly string[]): Buffer {
    const random = this.#random
    let text = random.once(12) ? this.#commands() : random.one(corpus)
    for (let n = 1 + random.below(5); n > 0; n--) text = this.#change(text, corpus)
    return Buffer.from(text.slice(0, MOST_BYTES), 'latin1')
  }

  #commands(): string {
    const count = 1 + this.#random.below(6)
    return Array.from({ length: count }, () => this.#command()).join('')
  }

  #command(): string {
    const { text } = this.#grammar.next()
    return text.length > MOST_BYTES ? `${this.#random.one(BROKEN)}\r\n` : text
  }

  #change(text: string, corpus: readonly string[]): string {
    const random = this.#random
    const at = random.below(text.length + 1)
    const end = Math.min(text.length, at + 1 + random.below(random.one([1, 4, 30])))
    switch (random.below(10)) {
      case 0:
        return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
      case 1:
        return text.slice(0, at) + text.slice(end)
      case 2:
        return text.slice(0, end) + text.slice(at)
      case 3:
        return text.slice(0, at) + random.one(MARKS) + text.slice(random.once(2) ? at : end)
      case 4:
        return this.#replaceWord(text, random.one(NUMBERS), /\d+/g)
      case 5:
        return this.#replaceWord(text, random.one(WORDS), /[^ \r\n]+/g)
      case 6:
        return `${text.slice(0, at)} ${random.one(WORDS)}${text.slice(at)}`
      case 7:
        return text.slice(0, at) + random.one(corpus).slice(random.below(20))
      case 8:
        return (
          text.slice(0, at) + 'k'.repeat(random.one([10, 200, 250, 251, 2050])) + text.slice(at)
        )
      default:
        return random.once(2) ? text + this.#command() : this.#command() + text
    }
  }

  /** Another word in place of one that is found. */
  #replaceWord(text: string, word: string, what: RegExp): string {
    const found = [...text.matchAll(what)]
    if (found.length === 0) return text + word
    const { index, 0: old } = this.#random.one(found)
    return text.slice(0, index) + word + text.slice(index + old.length)
  }
}
