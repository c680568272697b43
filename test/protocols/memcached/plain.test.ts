/**
 * Requests that are executed from where they were found (plain.ts) reply what their command lines
 * and frames would, and count the same. The latter are what a request that arrives in two pieces
 * takes, so the same requests are asked of two caches: of one whole, of the other cut.
 */
import { describe, expect, test } from 'vitest'
import { SERIES } from '../../../src/observe/observation-board.ts'
import { COUNT } from '../../../src/protocols/memcached/counters.ts'
import { pipelineOf } from '../../../src/protocols/memcached/pipeline.ts'
import type { EngineOptions } from '../../../src/index.ts'
import { ask, encode, OP, store, stream } from './frames.ts'
import { BROKEN, FRAMES, GETS, LONG, SETS, STATES, UNUSUAL, UNUSUAL_FRAMES } from './plain-forms.ts'
import { Bench, type Client, EmptyCache, generator } from './support.ts'

const NOOP = encode(ask(OP.noop), 0, 0n)

/** Two caches that are asked the same. */
class Pair {
  readonly whole: Bench
  readonly cut: Bench

  constructor(options: EngineOptions = {}) {
    this.whole = new Bench(options)
    this.cut = new Bench(options)
    for (const { host } of this.#both) host.watchedKinds = () => 0
  }

  get #both(): readonly Bench[] {
    return [this.whole, this.cut]
  }

  prepare(requests: string): void {
    const [one, other] = this.#both.map((bench) => bench.ask(`mn\r\n${requests}`))
    expect(one).toBe(other)
  }

  passSeconds(seconds: number): void {
    for (const { clock } of this.#both) clock.ms += seconds * 1000
  }

  /** Asks connections of their own, which have said `first` before; what it replied. */
  ask(first: Buffer, requests: readonly Buffer[], softLimit?: number): string {
    const [one, other] = this.#both.map((bench) => {
      const client = bench.connect()
      client.feed(first, undefined)
      return client
    })
    const replies = one!.feed(Buffer.concat(requests), undefined, softLimit)
    const pieces = requests.map((request) => askCut(other!, request))
    const shown = replies.toString('latin1')
    const isSame = shown === Buffer.concat(pieces).toString('latin1')
    const same = { requests: '', replies: shown, isClosing: one!.connection.isClosing }
    const isClosing = other!.connection.isClosing
    if (!isSame || same.isClosing !== isClosing) {
      const asked = Buffer.concat(requests).toString('latin1')
      expect({ ...same, requests: asked }).toEqual({
        requests: asked,
        replies: Buffer.concat(pieces).toString('latin1'),
        isClosing,
      })
    }
    return shown
  }

  /** Both caches say the same of a key: value, flags, expiry, last use. */
  expectSame(key: string): void {
    this.prepare(`mg ${key} v f t l h c u\r\n`)
  }

  expectSameCounts(): void {
    const [one, other] = this.#both.map(countsOf)
    expect(one).toEqual(other)
  }
}

function askCut(client: Client, request: Buffer): Buffer {
  if (client.connection.isClosing) return Buffer.alloc(0)
  return client.feed(request, request.length < 2 ? [] : [request.length >> 1])
}

/** All counters, and how often each series was called. */
function countsOf({ host }: Bench): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [name, counter] of Object.entries(COUNT)) counts[name] = host.board.total(counter)
  for (let n = 0; n < SERIES; n++) counts[`series ${n}`] = host.clock.board.totals(n)?.calls ?? 0
  return counts
}

const asKey = (request: string, key: string) => Buffer.from(request.replaceAll('K', key), 'latin1')
/** Of several lengths, some of them too long to be looked ahead at. */
const keyOf = (n: number) => `key${n}${'x'.repeat([0, 1, 2, 3, 50, 100][n % 6]!)}`

describe.each(STATES)('an entry that is %s', (_, made, secondsAgo) => {
  test('text and meta commands', () => {
    const pair = new Pair({ memory: '32mb' })
    const forms = [...GETS, ...SETS, ...UNUSUAL, ...BROKEN, ...LONG]
    const keys = forms.map((_form, n) => keyOf(n))
    for (const key of keys) pair.prepare(made.replaceAll('K', key))
    pair.passSeconds(secondsAgo)
    for (const [n, form] of forms.entries()) {
      const key = keys[n]!
      const [first, last, get] = ['mg K v f', 'mg K k c v', 'get K'].map((line) =>
        asKey(`${line}\r\n`, key),
      )
      const one = asKey(form, key)
      pair.ask(Buffer.from('mn\r\n'), [first!, one, one, last!])
      pair.expectSame(key)
      pair.ask(Buffer.from('mn\r\n'), [one, get!, one])
      pair.expectSame(key)
      pair.ask(Buffer.from('mn\r\n'), [one])
      pair.expectSame(key)
    }
    pair.expectSameCounts()
    expect(pair.whole.host.board.total(COUNT.cmd_meta)).toBeGreaterThan(3 * forms.length)
  })

  test('frames', () => {
    const pair = new Pair({ memory: '32mb' })
    const forms = [...FRAMES, ...UNUSUAL_FRAMES]
    const keys = forms.map((_form, n) => keyOf(n))
    for (const key of keys) pair.prepare(made.replaceAll('K', key))
    pair.passSeconds(secondsAgo)
    for (const [n, form] of forms.entries()) {
      const key = keys[n]!
      const one = form(key)
      const around = [OP.getk, OP.get].map((op) => encode(ask(op, key), n, 0n))
      pair.ask(NOOP, [around[0]!, one, around[1]!, one, one, around[0]!])
      pair.expectSame(key)
      pair.ask(NOOP, [one])
      pair.expectSame(key)
    }
    pair.expectSameCounts()
    expect(pair.whole.host.board.total(COUNT.cmd_get)).toBeGreaterThan(3 * forms.length)
  })
})

describe('what is found', () => {
  const { raw } = new Bench()
  const isFound = (request: Buffer, isBinary: boolean) => {
    const pipeline = pipelineOf(raw)
    pipeline.forget()
    const isOne = pipeline.findAt(request, 0, request.length, isBinary)
    expect(pipeline.findAt(Buffer.from(request), 0, request.length, !isBinary)).toBe(false)
    return isOne
  }

  test('all plain forms are, and nothing else', () => {
    for (const form of [...GETS, ...SETS, ...LONG]) {
      expect([form, isFound(asKey(form, 'key'), false)]).toEqual([form, true])
    }
    for (const form of [...UNUSUAL, ...BROKEN]) {
      expect([form, isFound(asKey(form, 'key'), false)]).toEqual([form, false])
    }
    for (const frame of FRAMES) expect(isFound(frame('key'), true)).toBe(true)
    for (const [n, frame] of UNUSUAL_FRAMES.entries()) {
      expect([n, isFound(frame('key'), true)]).toEqual([n, false])
    }
  })

  test('not before it is all there', () => {
    const requests = [
      ...[...GETS, ...SETS].map((form) => [asKey(form, 'key'), false] as const),
      ...FRAMES.map((frame) => [frame('key'), true] as const),
    ]
    for (const [request, isBinary] of requests) {
      for (let length = 0; length < request.length; length++) {
        const part = Buffer.from(request.subarray(0, length))
        expect([request.toString('latin1'), length, isFound(part, isBinary)]).toEqual([
          ...[request.toString('latin1'), length, false],
        ])
      }
    }
  })
})

test('streams of all forms, cut at every byte and into small reply buffers', () => {
  // Without CAS numbers: each use of the cache makes larger ones.
  const forms = [...GETS, ...SETS, ...UNUSUAL].filter((form) => !/ c|9999/.test(form))
  const text = Buffer.from(`mn\r\n${forms.join('')}`.replaceAll('K', 'k'), 'latin1')
  const frames = Buffer.concat([
    NOOP,
    stream([store(OP.set, 'k', 'value', { flags: 3 }), ask(OP.get, 'k'), ask(OP.getk, 'k')]),
    stream([store(OP.setq, 'k', 'value'), ask(OP.getkq, 'k'), ask(OP.getq, 'none'), ask(OP.noop)]),
  ])
  const cache = new EmptyCache()
  for (const request of [text, frames]) {
    const shape = (bytes: Buffer) => (request === frames ? withoutCas(bytes) : bytes.toString())
    const whole = shape(cache.connect().feed(request, undefined))
    for (let cut = 1; cut < request.length; cut++) {
      const inTwo = shape(cache.connect().feed(request, [cut]))
      expect(inTwo === whole ? 'as whole' : [cut, inTwo]).toBe('as whole')
    }
    for (const softLimit of [1, 30, 100, 300]) {
      expect(shape(cache.connect().feed(request, undefined, softLimit))).toBe(whole)
    }
  }
})

/** Replies of the binary protocol. */
function withoutCas(bytes: Buffer): string {
  for (let at = 0; at < bytes.length; at += 24 + bytes.readUInt32BE(at + 8)) {
    bytes.fill(0, at + 16, at + 24)
  }
  return bytes.toString('latin1')
}

test('random pipelines', () => {
  const pair = new Pair({ memory: '16mb' })
  const random = generator(41)
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!
  for (let round = 0; round < 500; round++) {
    const isBinary = random(3) === 0
    const count = 1 + random(80)
    const requests = Array.from({ length: count }, () => {
      const key = `key${random(12)}`
      if (isBinary) return pick(random(8) === 0 ? UNUSUAL_FRAMES : FRAMES)(key)
      return asKey(pick(random(6) === 0 ? UNUSUAL : random(3) === 0 ? SETS : GETS), key)
    })
    const softLimit = random(4) === 0 ? 1 + random(400) : undefined
    pair.ask(isBinary ? NOOP : Buffer.from('mn\r\n'), requests, softLimit)
    pair.passSeconds(random(5) === 0 ? random(90) : 0)
  }
  pair.expectSameCounts()
})

test.each([
  ['too large values', { maxItemSize: 1000 }, /SERVER_ERROR object too large/],
  ['no room', { eviction: 'none', memory: '2mb' }, /SERVER_ERROR out of memory/],
] as const)('%s', (_, options, refusal) => {
  const pair = new Pair({ memory: '8mb', ...options })
  const value = 'v'.repeat(4000)
  let replies = ''
  for (let n = 0; n < 800; n++) {
    const sets = [`ms K 4000 k\r\n${value}\r\n`, `ms K 4000 q\r\n${value}\r\n`, 'mg K s v\r\n']
    const requests = sets.map((request) => asKey(request, `key${n}`))
    replies += pair.ask(Buffer.from('mn\r\n'), requests)
    pair.ask(NOOP, [
      encode(store(OP.set, `key${n}`, value), n, 0n),
      encode(store(OP.setq, `key${n}`, value), n, 0n),
      encode(ask(OP.get, `key${n}`), n, 0n),
    ])
  }
  expect(replies).toMatch(refusal)
  pair.expectSameCounts()
})

test('replies that outgrow the buffer', () => {
  for (let length = 20; length < 29; length++) {
    const pair = new Pair()
    pair.prepare(`set k 12 0 ${length}\r\n${'v'.repeat(length)}\r\n`)
    const many = (request: Buffer) => Array.from({ length: 1200 }, () => request)
    pair.ask(Buffer.from('mn\r\n'), many(Buffer.from('mg k v f k s c Oabcdefgh\r\n')))
    pair.ask(NOOP, many(encode(ask(OP.getk, 'k'), 1, 0n)))
  }
})
