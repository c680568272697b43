/**
 * Random commands for two servers that are to answer alike: valid ones over a few keys, and such
 * as have something wrong. A command may hold `{cas KEY}`, which each server gets as the last CAS
 * that it told of that key itself, and `{older KEY}`, one less.
 *
 * Left out is where they differ on purpose: README.md of src/protocols/memcached lists it.
 */
import { generator } from './support.ts'

export const KEYS: readonly string[] = ['a', 'bb', 'key:1', 'key:2', 'k'.repeat(250)]
/** Only these hold numbers, so that no stale entry is counted. */
const COUNTERS = ['n1', 'n2', 'n3']
const BASE64_KEYS = ['YmluMQ==', 'AGIK']
const ALPHABET = 'abc \r\n\t0123'
const TIMES = ['0', '0', '1000', '2000000', '5000000', '-1']

const BROKEN = [
  'get',
  'gets',
  'gat',
  'gat x a',
  'gat 10',
  'set a 0 0',
  'set a x 0 1',
  'set a 0 x 1',
  'set a 0 0 x',
  'set a 0 0 -1',
  'set a 0 0 1 noreply x',
  'cas a 0 0 1',
  'cas a 0 0 1 x',
  'incr a',
  'incr a x',
  'incr a -1',
  'decr a 18446744073709551616',
  'touch a',
  'touch a x',
  'touch a x noreply',
  'delete',
  'delete a 1',
  'delete a b c',
  'delete a 0 noreply x',
  'bogus',
  '',
  ' ',
  'GET a',
  'mg',
  'mg a z',
  'mg a v v',
  'mg a Tx',
  'mg a N',
  'mg YQ b',
  'ms',
  'ms a',
  'ms a x',
  'ms a -1',
  'md',
  'md a z',
  'md a Cx',
  'ma',
  'ma a z',
  'ma a MX',
  'ma a D',
  'me',
  `get ${'k'.repeat(251)}`,
  `delete ${'k'.repeat(251)}`,
  `mg ${'k'.repeat(251)}`,
  `set ${'k'.repeat(251)} 0 0 1`,
  'flush_all x',
  'verbosity',
  'verbosity x',
  'misbehave',
  'lru_crawler',
  'slabs',
  'slabs automove 9',
  'watch foo',
  'stats foo',
  'cache_memlimit x',
  'ms a 3 Fx\r\nabc',
  'ms a 3 MX\r\nabc',
  'ms a 3 c c\r\nabc',
  'ms a 3\r\nabcdef',
  'set a 0 0 3\r\nabcdef',
  'set a 0 0 3 noreply\r\nabcdef',
  'incr a 1 2 3',
  'touch a 1 2 3',
]

export class RandomCommands {
  readonly #below: (below: number) => number

  constructor(seed: number) {
    this.#below = generator(seed)
  }

  next(): string {
    const kind = this.#below(100)
    if (kind < 18) return this.#retrieval()
    if (kind < 40) return this.#storage()
    if (kind < 50) return this.#counting()
    if (kind < 65) return this.#metaGet()
    if (kind < 78) return this.#metaSet()
    if (kind < 84) return this.#metaDelete()
    if (kind < 90) return this.#metaArithmetic()
    if (kind < 99) return `${this.#one(BROKEN)}\r\n`
    return this.#below(10) === 0 ? 'flush_all\r\n' : `me ${this.#one(['none', 'nothing'])}\r\n`
  }

  #one<Of>(of: readonly Of[]): Of {
    return of[this.#below(of.length)]!
  }

  #some(of: readonly string[]): string {
    return of
      .filter(() => this.#below(3) === 0)
      .map((flag) => ` ${flag}`)
      .join('')
  }

  #anyKey(): string {
    return this.#one([...KEYS, ...COUNTERS])
  }

  #noreply(): string {
    return this.#below(5) === 0 ? ' noreply' : ''
  }

  #value(): string {
    const length = this.#below(20) === 0 ? this.#below(20_000) : this.#below(30)
    return Array.from({ length }, () => this.#one([...ALPHABET])).join('')
  }

  #retrieval(): string {
    const keys = Array.from({ length: 1 + this.#below(4) }, () => this.#anyKey()).join(' ')
    const command = this.#one(['get', 'gets', 'gat', 'gats'])
    if (command.startsWith('gat')) return `${command} ${this.#one(TIMES)} ${keys}\r\n`
    return `${command} ${keys}${this.#one(['', ' ', '\r'])}\n`
  }

  #storage(): string {
    const isCounter = this.#below(3) === 0
    const key = this.#one(isCounter ? COUNTERS : KEYS)
    const value = isCounter ? String(this.#below(1e9)).slice(this.#below(9)) : this.#value()
    const concats = isCounter ? [] : ['append', 'prepend']
    const command = this.#one(['set', 'set', 'add', 'replace', 'cas', ...concats])
    const numbers = `${this.#below(2 ** 32)} ${this.#one(TIMES)} ${value.length}`
    const cas = command === 'cas' ? ` ${this.#cas(key)}` : ''
    return `${command} ${key} ${numbers}${cas}${this.#noreply()}\r\n${value}\r\n`
  }

  #cas(key: string): string {
    return this.#one([
      `{cas ${key}}`,
      `{cas ${key}}`,
      `{older ${key}}`,
      '0',
      '18446744073709551615',
    ])
  }

  #counting(): string {
    const key = this.#one([...COUNTERS, 'none'])
    const command = this.#one(['incr', 'decr', 'touch', 'delete'])
    if (command === 'delete') return `delete ${this.#anyKey()}${this.#noreply()}\r\n`
    if (command === 'touch') {
      return `touch ${this.#anyKey()} ${this.#one(TIMES)}${this.#noreply()}\r\n`
    }
    const by = this.#one(['0', '1', '99', '123456789', '18446744073709551615'])
    return `${command} ${key} ${by}${this.#noreply()}\r\n`
  }

  #metaGet(): string {
    if (this.#below(4) === 0) return `mg ${this.#one(BASE64_KEYS)} b${this.#some(['v', 'k'])}\r\n`
    if (this.#below(4) === 0) {
      return `mg ${this.#one(COUNTERS)}${this.#some(['c', 'f', 't', 'k'])}\r\n`
    }
    const key = this.#one(KEYS)
    const wins = this.#some(
      ['N1000', 'R30', 'R1500', 'T1000', 'T2000000', 'u'].slice(this.#below(6)),
    )
    const once = wins.replace(/( [NRT])(\S+)((?:.*?))\1\S+/, '$1$2$3')
    return `mg ${key}${this.#some(['s', 'v', 'c', 'f', 't', 'k', 'q', 'Oopaque'])}${once}\r\n`
  }

  #metaSet(): string {
    const value = this.#value()
    if (this.#below(4) === 0) {
      const flags = this.#some(['k', 'c'])
      return `ms ${this.#one(BASE64_KEYS)} ${value.length} b${flags}\r\n${value}\r\n`
    }
    const key = this.#one(KEYS)
    const flags = this.#some([
      'c',
      'k',
      'q',
      'Ox1',
      `F${this.#below(2 ** 32)}`,
      `T${this.#one(TIMES)}`,
    ])
    const mode = this.#one(['', '', ' MS', ' ME', ' MA', ' MP', ' MR'])
    const cas = this.#below(3) === 0 ? ` C${this.#cas(key)}` : ''
    const stale = this.#below(3) === 0 ? ' I' : ''
    return `ms ${key} ${value.length}${flags}${mode}${cas}${stale}\r\n${value}\r\n`
  }

  #metaDelete(): string {
    const key = this.#one(KEYS)
    const stale = this.#below(2) === 0 ? this.#one([' I', ' I T1000']) : ''
    const cas = this.#below(4) === 0 ? ` C${this.#cas(key)}` : ''
    return `md ${key}${this.#some(['k', 'q', 'O12'])}${stale}${cas}\r\n`
  }

  #metaArithmetic(): string {
    const mode = this.#one(['', ' MI', ' MD', ' M+', ' M-'])
    const made = this.#below(3) === 0 ? ` N${this.#one(['0', '1000'])} J${this.#below(100)}` : ' q'
    const flags = this.#some(['v', 't', 'c', 'k', 'O9', 'D17'])
    return `ma ${this.#one([...COUNTERS, 'n4'])}${flags}${mode}${made}\r\n`
  }
}
