/**
 * Random commands of the memcached text protocol, over so few keys that they meet: all classic
 * commands and the meta commands and flags of memcached 1.6.18, with numbers, times and lengths
 * from the edges, extra spaces, every line end, and such as have something wrong.
 *
 * A command may hold `{cas KEY}`, which each server gets as the last CAS that it told of that key
 * itself, and `{older KEY}`, one less.
 *
 * Left out is where the two differ on purpose (src/protocols/memcached/README.md has the list), and
 * what cannot be compared; each with its reason where it is left out.
 */
import { BROKEN, BROKEN_ALONE } from './broken-commands.ts'
import type { Random } from './random.ts'

const SHORT_KEYS: readonly string[] = ['a', 'bb', 'key:1', 'gr\xfcn', 'noreply']
export const KEYS: readonly string[] = [...SHORT_KEYS, 'k'.repeat(250)]
/**
 * Counted keys, which hold no other values: a stale entry that is counted stays stale in memcached
 * only while it is counted in place.
 */
export const COUNTERS: readonly string[] = ['n1', 'n2', 'n3']
/** Only with the flag b: what shows a key remembers there who stored it, here who asks. */
const BASE64_KEYS: readonly string[] = ['YmluMQ==', 'AGIK', 'AAECAwQFBgcICQo=']
const ABSENT = 'none'
const ALPHABET = 'abc \r\n\t0123\x00\xff'
const DELTAS = ['0', '1', '99', '+7', '007', '123456789']
const DOWN_DELTAS = [...DELTAS, '18446744073709551615']
/**
 * Nothing from 2^63 on: memcached looks for a minus behind such a value, where the last one that
 * lay there may have one. Tables test the wrap at 2^64.
 */
const NUMBERS = [
  '0',
  '9',
  '10',
  '99',
  '00012',
  ' 12',
  '12 ',
  '1 2',
  '4294967295',
  '4611686018427387904',
  '18446744073709551616',
  '99999999999999999999',
  '-1',
  'x',
  '',
]
const LARGER_THAN_ANY_ITEM = 1_100_000

export interface Command {
  readonly text: string
  /** It cannot follow another one of the same batch. */
  readonly isFirst: boolean
}

export class CommandGrammar {
  readonly #random: Random
  /** Absolute times are dates from here on: seconds since the epoch. */
  readonly #now: number
  readonly #times: readonly string[]

  /** @param times for all commands, in place of those of the grammar */
  constructor(random: Random, now: number, times?: readonly string[]) {
    this.#random = random
    this.#now = now
    const absolute = [`${this.#now + 5000}`, `${this.#now - 10}`]
    const all = ['0', '0', '0', '1000', '2000000', '2592000', '-1', '-100', ...absolute]
    this.#times = times ?? all
  }

  next(): Command {
    const random = this.#random
    if (random.once(100)) return { text: `${random.one(BROKEN_ALONE)}\r\n`, isFirst: true }
    return { text: this.#command(), isFirst: false }
  }

  #command(): string {
    const kind = this.#random.below(100)
    if (kind < 17) return this.#retrieval()
    if (kind < 37) return this.#storage()
    if (kind < 47) return this.#counting()
    if (kind < 61) return this.#metaGet()
    if (kind < 75) return this.#metaSet()
    if (kind < 82) return this.#metaDelete()
    if (kind < 89) return this.#metaArithmetic()
    if (kind < 97) return `${this.#random.one(BROKEN)}${this.#end()}`
    return this.#rest()
  }

  /** A line's words, with more than one space between them now and then. */
  #line(words: readonly string[]): string {
    const random = this.#random
    if (!random.once(10)) return `${words.join(' ')}\r\n`
    const spaced = words.map((word) => `${' '.repeat(1 + random.below(3))}${word}`).join('')
    return `${random.once(2) ? spaced.trimStart() : spaced}${random.one(['', ' '])}${this.#end()}`
  }

  #end(): string {
    return this.#random.once(4) ? '\n' : '\r\n'
  }

  #anyKey(): string {
    return this.#random.one([...KEYS, ...COUNTERS, ABSENT])
  }

  #noreply(): string[] {
    return this.#random.once(5) ? ['noreply'] : []
  }

  #time(): string {
    return this.#random.one(this.#times)
  }

  #flags(): string {
    return this.#random.one([
      '0',
      '1',
      '+5',
      '0077',
      '4294967295',
      `${this.#random.below(2 ** 32)}`,
    ])
  }

  #value(): string {
    const random = this.#random
    if (random.once(4000)) return 'v'.repeat(random.one([LARGER_THAN_ANY_ITEM, 600_000, 900_000]))
    if (random.once(30)) return this.#text(60 + random.below(300))
    if (random.once(60)) return this.#text(200).repeat(1 + random.below(100))
    return this.#text(random.below(24))
  }

  #text(length: number): string {
    let text = ''
    for (let n = 0; n < length; n++) text += ALPHABET[this.#random.below(ALPHABET.length)]
    return text
  }

  #retrieval(): string {
    const random = this.#random
    const isLong = random.once(20)
    const most = isLong ? 20 + random.below(100) : 1 + random.below(4)
    // Lines above 2,048 bytes: there it depends on how they arrive.
    const long = isLong ? [...SHORT_KEYS, ...COUNTERS, ABSENT] : undefined
    const keys = Array.from({ length: most }, () => (long ? random.one(long) : this.#anyKey()))
    const command = random.one(['get', 'gets', 'gat', 'gats'])
    if (command.startsWith('gat')) return this.#line([command, this.#time(), ...keys])
    return this.#line([command, ...keys])
  }

  #storage(): string {
    const random = this.#random
    const isCounter = random.once(4)
    const key = random.one(isCounter ? COUNTERS : KEYS)
    const value = isCounter ? random.one(NUMBERS) : this.#value()
    // Not to counters: how many spaces they end in depends in memcached on who reads them.
    const concats = isCounter ? [] : ['append', 'prepend']
    const command = random.one(['set', 'set', 'set', 'add', 'replace', 'cas', ...concats])
    const cas = command === 'cas' ? [this.#cas(key)] : []
    const numbers = [this.#flags(), this.#time(), `${value.length}`]
    return `${this.#line([command, key, ...numbers, ...cas, ...this.#noreply()])}${value}\r\n`
  }

  #cas(key: string): string {
    const known = [`{cas ${key}}`, `{cas ${key}}`, `{older ${key}}`]
    return this.#random.one([...known, '0', '18446744073709551615'])
  }

  #counting(): string {
    const random = this.#random
    const command = random.one(['incr', 'decr', 'incr', 'decr', 'touch', 'delete'])
    if (command === 'delete') {
      const zero = random.once(6) ? ['0'] : []
      return this.#line(['delete', this.#anyKey(), ...zero, ...this.#noreply()])
    }
    if (command === 'touch') {
      return this.#line(['touch', this.#anyKey(), this.#time(), ...this.#noreply()])
    }
    const key = random.one([...COUNTERS, ABSENT])
    const by = random.one(command === 'decr' ? DOWN_DELTAS : DELTAS)
    return this.#line([command, key, by, ...this.#noreply()])
  }

  /** `c` never without `k`: a CAS is known by its key. */
  #shown(flags: readonly string[]): string[] {
    const chosen = this.#random.some(flags)
    if (chosen.includes('c') && !chosen.includes('k')) chosen.push('k')
    return chosen
  }

  #opaque(): string[] {
    const random = this.#random
    return random.once(3) ? [`O${'o'.repeat(random.one([0, 1, 5, 30]))}`] : []
  }

  #metaGet(): string {
    const random = this.#random
    if (random.once(5)) {
      const shown = this.#shown(['v', 'k', 's', 'f', 'q'])
      return this.#line(['mg', random.one(BASE64_KEYS), 'b', ...shown])
    }
    // Without the value: see `storage`. Without N and R: see COUNTERS.
    if (random.once(5)) {
      return this.#line(['mg', random.one(COUNTERS), ...this.#shown(['c', 'f', 't', 'k', 'h'])])
    }
    const time = this.#time()
    const touch = random.once(5) ? [`T${time}`] : []
    const isDying = touch.length > 0 && isOver(time, this.#now)
    // Of two times that are over, none is earlier here.
    const before = isDying ? [30, 1500] : [30, 1500, 3000000]
    const winning = random.some(['N1000', `R${random.one(before)}`, 'N0'], 5)
    const changes = [...new Map([...winning, ...touch].map((flag) => [flag[0], flag])).values()]
    // What is over at once has 0 seconds left here, and a negative number of them there.
    const left = isDying ? [] : ['t']
    const shown = this.#shown(['v', 'c', 'f', 'k', 's', 'q', 'h', 'l', 'u', ...left])
    const flags = random.shuffled([...shown, ...changes, ...this.#opaque()])
    return this.#line(['mg', random.one(KEYS), ...flags])
  }

  #metaSet(): string {
    const random = this.#random
    const value = this.#value()
    if (random.once(5)) {
      const shown = this.#shown(['k', 'c', 'q'])
      const line = this.#line(['ms', random.one(BASE64_KEYS), `${value.length}`, 'b', ...shown])
      return `${line}${value}\r\n`
    }
    const key = random.one(KEYS)
    const sets = random.some([`F${this.#flags()}`, `T${this.#time()}`, 'I'])
    const mode = random.one(['', '', 'MS', 'ME', 'MA', 'MP', 'MR'])
    const cas = random.once(3) ? [`C${this.#cas(key)}`] : []
    const flags = [...this.#shown(['c', 'k', 'q']), ...sets, ...cas, ...this.#opaque()]
    if (mode !== '') flags.push(mode)
    const line = this.#line(['ms', key, `${value.length}`, ...random.shuffled(flags)])
    return `${line}${value}\r\n`
  }

  #metaDelete(): string {
    const random = this.#random
    if (random.once(6)) return this.#line(['md', random.one(BASE64_KEYS), 'b', 'k'])
    const key = random.one(random.once(5) ? [...COUNTERS, ABSENT] : KEYS)
    // Not stale: see COUNTERS.
    const canBeStale = KEYS.includes(key) && random.once(2)
    const stale = canBeStale ? random.one([['I'], ['I', 'T1000'], ['I', 'T0']]) : []
    const cas = random.once(4) ? [`C${this.#cas(key)}`] : []
    const flags = [...random.some(['k', 'q']), ...stale, ...cas, ...this.#opaque()]
    return this.#line(['md', key, ...random.shuffled(flags)])
  }

  #metaArithmetic(): string {
    const random = this.#random
    const key = random.one([...COUNTERS, 'n4', ABSENT])
    const mode = random.one(['', 'MI', 'MD', 'M+', 'M-'])
    // Without T: there a counter that gets longer loses it.
    const delta = random.once(3) ? [`D${random.one(DELTAS)}`] : []
    const canMake = key !== ABSENT && random.once(3)
    // q beside N: here it also holds back the reply of a counter that was made.
    const made = canMake
      ? [`N${random.one(['0', '1000'])}`, `J${random.one(DELTAS)}`]
      : random.some(['q'])
    const cas = random.once(5) ? [`C${this.#cas(key)}`] : []
    const shown = this.#shown(['v', 'c', 'k', 't'])
    const flags = [...shown, ...delta, ...made, ...cas, ...this.#opaque()]
    if (mode !== '') flags.push(mode)
    return this.#line(['ma', key, ...random.shuffled(flags)])
  }

  #rest(): string {
    const random = this.#random
    if (random.once(6)) return this.#line(['flush_all', ...random.one([[], ['0'], ['-1']])])
    if (random.once(6)) return this.#line(['flush_all', 'noreply'])
    if (random.once(5)) return this.#line(['me', random.one([...KEYS, ABSENT])])
    if (random.once(5)) return this.#line(['verbosity', random.one(['0', '1']), ...this.#noreply()])
    return this.#line(['mn'])
  }
}

function isOver(time: string, now: number): boolean {
  const seconds = Number(time)
  return seconds < 0 || (seconds > 2592000 && seconds < now)
}
