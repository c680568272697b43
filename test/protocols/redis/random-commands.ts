/**
 * Random commands on strings and keys for two servers that are to answer alike, some of them in
 * transactions: valid ones over a few keys, and such as have something wrong.
 *
 * Times are absolute or far away, so that no tick of a clock decides an answer. What has no order
 * (SCAN, RANDOMKEY) and what is different on purpose (see README.md of the commands) is left out.
 */

const KEYS = ['a', 'b', 'c', 'd', '', 'k\x00\xff']
const SKETCHES = ['h1', 'h2', 'h3', 'h4']
const LEAST = '-9223372036854775808'
const NUMBERS = [
  ...['0', '1', '-1', '2', '5', '7', '-7', '10', '100', '-100', '007', '-0', '+1', ' 1', 'x', ''],
  ...['9223372036854775807', LEAST, '9223372036854775808', '4294967296', '1e3'],
  ...['1.5', '18446744073709551615', '99999999999999999999999', '9007199254740993'],
]
const FLOATS = [
  ...['0.1', '-0.1', '1e10', '3.0e-5', '0x1p-3', 'inf', 'nan', '', 'x', '1e-30', '5e-18', '1e300'],
  ...['123456789.987654321', '-1e300', '1e4000', '1e5000', '1e-5000', ' 1', '.', '1.'],
]
const OFFSETS = [
  '-1',
  'x',
  '',
  '#1',
  '#3',
  '#x',
  '1000',
  '4294967296',
  '9223372036854775808',
  '1.5',
]
const FIELDS = ['u64', 'i64', 'u63', 'i65', 'u0', 'x1', 'u', '', 'i-1', 'u08']
const GLOBS = ['*', 'a', '?', '[a-c]', '[^a]', '', 'k*', '**', '\\a', '[', '[a', '[^', '*\xff']
const UNITS = ['BIT', 'BYTE', 'bit', 'foo']
const DATES = ['99999999999', '99999999998', '88888888888', '1', '0', '-1', 'x']
const MS_DATES = ['99999999999999', '99999999999998', '88888888888888', '1', '-5', 'x']
const SPANS = [
  ...['-9223372036854775', '-9223372036854776', '9223372036854774', '9223372036854775'],
  '100000000',
  '-1',
  '0',
  'x',
  '9223372036854775807',
  '-9223372036854775808',
  '',
]

type Words = readonly (string | Buffer)[]

export class RandomCommands {
  #state: number
  #isQueueing = false
  readonly #makers: readonly (() => Words)[]

  constructor(seed: number) {
    this.#state = seed
    this.#makers = [...this.#strings(), ...this.#bits(), ...this.#keys(), ...this.#sketches()]
  }

  /** The arguments of the next command, its name first. */
  next(): Buffer[] {
    const words = this.#isQueueing ? this.#queued() : this.#pick(this.#makers)()
    return words.map((word) => (typeof word === 'string' ? Buffer.from(word, 'latin1') : word))
  }

  /** What goes on with a transaction, or ends it. */
  #queued(): Words {
    const ends = this.#chance(15)
    if (ends) this.#isQueueing = false
    if (ends) return [this.#pick(['EXEC', 'EXEC', 'EXEC', 'DISCARD'])]
    if (this.#chance(2)) return [this.#pick(['MULTI', 'GET', 'foo'])]
    for (;;) {
      const words = this.#pick(this.#makers)()
      // Within the reply to EXEC neither order nor times could be told from the rest.
      if (!/^(?:KEYS|P?EXPIRETIME|MULTI)$/.test(String(words[0]))) return words
    }
  }

  /** A whole number from 0, below a bound. */
  #below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor(((this.#state >>> 7) / 0x1000000) * bound)
  }
  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#below(items.length)]!
  }
  /** True so many times in 100. */
  #chance(percent: number): boolean {
    return this.#below(100) < percent
  }
  /** Each of some options at times, in their order. */
  #some(percent: number, ...options: readonly (string | Words)[]): Words {
    return options.filter(() => this.#chance(percent)).flat()
  }
  #key(): string {
    return this.#chance(5) ? `none${this.#below(3)}` : this.#pick(KEYS)
  }
  #number(): string {
    return this.#chance(60) ? String(this.#below(40) - 20) : this.#pick(NUMBERS)
  }
  #float(): string {
    if (this.#chance(50)) return String((this.#below(1_000_000) - 500_000) / 997)
    return this.#chance(50) ? this.#pick(FLOATS) : this.#number()
  }
  #bytes(): Buffer {
    const length = this.#pick([0, 1, 2, 3, 8, 20, 40])
    const byte = (): number => (this.#chance(50) ? this.#below(256) : this.#pick([0, 255, 97, 98]))
    return Buffer.from(Array.from({ length }, byte))
  }
  #value(): string | Buffer {
    if (this.#chance(30)) return this.#number()
    return this.#chance(20) ? this.#float() : this.#bytes()
  }
  #offset(): string {
    return this.#chance(85) ? String(this.#below(80)) : this.#pick(OFFSETS)
  }

  #strings(): (() => Words)[] {
    const times = [
      ['EX', '1000000'],
      ['PX', '0'],
      ['EXAT', '99999999999'],
      ['PXAT', '5'],
      ['EX', 'x'],
    ]
    return [
      () => {
        const flags = this.#some(15, 'NX', 'XX', 'GET', 'KEEPTTL', 'foo', 'xx', 'get')
        const time = this.#some(8, ...times)
        return ['SET', this.#key(), this.#value(), ...flags, ...time]
      },
      () => ['GETEX', this.#key(), ...this.#some(15, 'PERSIST', 'foo', ...times)],
      () => [this.#pick(['GET', 'GETDEL', 'STRLEN', 'INCR', 'DECR']), this.#key()],
      () => [this.#pick(['SETNX', 'GETSET', 'APPEND']), this.#key(), this.#value()],
      () => [this.#pick(['SETEX', 'PSETEX']), this.#key(), this.#pick(SPANS), this.#value()],
      () => ['MGET', this.#key(), this.#key(), this.#key()],
      () => {
        const rest = this.#some(10, [this.#key()])
        const name = this.#pick(['MSET', 'MSETNX'])
        return [name, this.#key(), this.#value(), this.#key(), this.#value(), ...rest]
      },
      () => ['SETRANGE', this.#key(), this.#pick(['0', '1', '30', '-1', 'x']), this.#bytes()],
      () => [this.#pick(['GETRANGE', 'SUBSTR']), this.#key(), this.#number(), this.#number()],
      () => [this.#pick(['INCRBY', 'DECRBY']), this.#key(), this.#number()],
      () => ['INCRBYFLOAT', this.#key(), this.#float()],
      () => {
        const options = ['LEN', 'IDX', 'WITHMATCHLEN', ['MINMATCHLEN', this.#number()], 'foo']
        return ['LCS', this.#key(), this.#key(), ...this.#some(25, ...options)]
      },
    ]
  }

  #bits(): (() => Words)[] {
    const bit = (): string => this.#pick(['0', '1', '1', '0', '2', 'x'])
    const unit = (): Words => [this.#pick(UNITS)]
    const range = (): Words => this.#some(60, [this.#number()], [this.#number()], unit())
    return [
      () => ['SETBIT', this.#key(), this.#offset(), bit()],
      () => ['GETBIT', this.#key(), this.#offset()],
      () => ['BITCOUNT', this.#key(), ...range()],
      () => ['BITPOS', this.#key(), bit(), ...range()],
      () => {
        const name = this.#pick(['AND', 'OR', 'XOR', 'NOT', 'foo'])
        return ['BITOP', name, this.#key(), this.#key(), ...this.#some(40, [this.#key()])]
      },
      () => ['BITFIELD', this.#key(), ...this.#fields()],
      () => ['BITFIELD', this.#key(), ...this.#fields()],
      () => ['BITFIELD_RO', this.#key(), ...this.#some(50, ['GET', 'u5', this.#offset()], 'foo')],
    ]
  }

  #fields(): Words {
    const type = (): string => {
      if (this.#chance(10)) return this.#pick(FIELDS)
      return this.#pick(['u', 'i']) + String(1 + this.#below(63))
    }
    const one = (): Words => {
      if (this.#chance(10)) return [this.#pick(['GET', 'SET', 'foo', 'u8'])]
      if (this.#chance(15)) return ['OVERFLOW', this.#pick(['WRAP', 'SAT', 'FAIL', 'sat', 'foo'])]
      if (this.#chance(30)) return ['GET', type(), this.#offset()]
      const name = this.#pick(['SET', 'INCRBY'])
      const number = this.#number()
      // Redis saturates the least number of all to the most that a field holds.
      const isLeast = name === 'SET' && number === LEAST
      return [name, type(), this.#offset(), isLeast ? '-1' : number]
    }
    return Array.from({ length: 1 + this.#below(4) }, one).flat()
  }

  #keys(): (() => Words)[] {
    const conditions = (): Words => this.#some(20, 'NX', 'XX', 'GT', 'LT', 'foo')
    return [
      () => [this.#pick(['DEL', 'UNLINK', 'EXISTS', 'TOUCH']), this.#key(), this.#key()],
      () => [this.#pick(['TYPE', 'PERSIST', 'EXPIRETIME', 'PEXPIRETIME']), this.#key()],
      () => [this.#pick(['EXPIRE', 'PEXPIRE']), this.#key(), this.#pick(SPANS)],
      () => ['EXPIREAT', this.#key(), this.#pick(DATES), ...conditions()],
      () => ['PEXPIREAT', this.#key(), this.#pick(MS_DATES), ...conditions()],
      () => [this.#pick(['RENAME', 'RENAMENX']), this.#key(), this.#key()],
      () => {
        const options = this.#some(20, 'REPLACE', ['DB', this.#pick(['0', '1', '99', 'x'])], 'foo')
        return ['COPY', this.#key(), this.#key(), ...options]
      },
      () => (this.#chance(20) ? ['KEYS', this.#pick(GLOBS)] : ['TYPE', this.#key()]),
      () => (this.#chance(20) ? ['SELECT', this.#pick(['0', '0', '1'])] : ['GET', this.#key()]),
      () => (this.#chance(3) ? [this.#pick(['FLUSHDB', 'FLUSHALL'])] : ['STRLEN', this.#key()]),
      () => {
        this.#isQueueing = true
        return ['MULTI']
      },
    ]
  }

  #sketches(): (() => Words)[] {
    const sketch = (): string => (this.#chance(5) ? this.#key() : this.#pick(SKETCHES))
    const elements = (most: number): Words =>
      Array.from({ length: this.#below(most) }, () => String(this.#below(5000)))
    return [
      () => ['PFADD', sketch(), ...elements(4)],
      () => ['PFADD', this.#pick(SKETCHES), ...elements(60)],
      () => ['PFCOUNT', sketch(), ...this.#some(20, [sketch()], [sketch()])],
      () => ['PFMERGE', sketch(), ...this.#some(30, [sketch()], [sketch()])],
      () => [this.#pick(['GET', 'GET', 'DEL']), this.#pick(SKETCHES)],
    ]
  }
}
