/**
 * Makes new inputs out of old ones: whole commands of a grammar, and any input changed a few times,
 * by what knows the protocol and by what knows bytes only.
 */
import type { InputMaker } from './dialect.ts'
import type { Random } from './random.ts'

/** Longer than any line may be, and no longer than it takes to see that. */
export const MOST_BYTES = 6000

export class Mutator {
  readonly #maker: InputMaker
  readonly #random: Random

  constructor(maker: InputMaker, random: Random) {
    this.#maker = maker
    this.#random = random
  }

  /** A new input, out of `corpus`. */
  next(corpus: readonly string[]): Buffer {
    const random = this.#random
    let text = random.once(12) ? this.#commands() : random.one(corpus)
    for (let n = 1 + random.below(5); n > 0; n--) text = this.#maker.change(text, corpus)
    return Buffer.from(text.slice(0, MOST_BYTES), 'latin1')
  }

  #commands(): string {
    const count = 1 + this.#random.below(6)
    return Array.from({ length: count }, () => this.#maker.command()).join('')
  }
}

/** What a protocol takes for an end, a number, a separator. */
export interface Alphabet {
  readonly marks: readonly string[]
  readonly numbers: readonly string[]
}

/** Ways of `changeBytes`. */
const WAYS = 7

/** A byte flipped, a piece left out or doubled, a mark or a number put in, another joined. */
export function changeBytes(
  text: string,
  corpus: readonly string[],
  random: Random,
  { marks, numbers }: Alphabet,
): string {
  const at = random.below(text.length + 1)
  const end = Math.min(text.length, at + 1 + random.below(random.one([1, 4, 30])))
  switch (random.below(WAYS)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + text.slice(end)
    case 2:
      return text.slice(0, end) + text.slice(at)
    case 3:
      return text.slice(0, at) + random.one(marks) + text.slice(random.once(2) ? at : end)
    case 4:
      return replaceFound(text, random.one(numbers), /\d+/g, random)
    case 5:
      return text.slice(0, at) + random.one(corpus).slice(random.below(20))
    default:
      return text.slice(0, at) + 'k'.repeat(random.one([10, 200, 250, 251, 2050])) + text.slice(at)
  }
}

/** Another word in place of one that is found. */
export function replaceFound(text: string, word: string, what: RegExp, random: Random): string {
  const found = [...text.matchAll(what)]
  if (found.length === 0) return text + word
  const { index, 0: old } = random.one(found)
  return text.slice(0, index) + word + text.slice(index + old.length)
}
