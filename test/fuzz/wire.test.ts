/**
 * The fuzzing of the protocol and of the frames in its short form, on everything that longer runs
 * kept. And that it would notice: connections with a fault are found, new source is seen.
 */
import { describe, expect, test } from 'vitest'
import type { RawAccess } from '../../src/engine/raw-access.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import type { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import type { FakeHost } from '../protocols/memcached/client.ts'
import { keptInputs, startingInputs } from './dialect.ts'
import { DIALECTS } from './dialects.ts'
import { Coverage } from './coverage.ts'
import { exchange } from './frames.ts'
import { fuzzGuided } from './guided.ts'
import { fuzzLive } from './live.ts'
import { Random } from './random.ts'
import { memcachedWorld, TEXT } from './text-dialect.ts'
import { WireTarget } from './wire-target.ts'

const SEED = 20_261_121

/** Longer ones take the square of their length to be cut at every byte. */
const MOST_TO_CUT = 120

describe.each(DIALECTS)('$name', (dialect) => {
  test('every input that was kept is answered the same however it is cut', () => {
    const target = new WireTarget(dialect)
    const random = new Random(SEED)
    for (const text of startingInputs(dialect)) {
      const input = Buffer.from(text, 'latin1')
      for (let n = 0; n < 3; n++)
        expect([text, target.check(input, random)]).toEqual([text, undefined])
    }
    expect(target.close()).toBeUndefined()
  })

  test('inputs that were kept, cut at every byte', () => {
    const target = new WireTarget(dialect)
    for (const text of keptInputs(dialect).filter(({ length }) => length <= MOST_TO_CUT)) {
      const problem = target.checkEveryCut(Buffer.from(text, 'latin1'))
      expect([text, problem]).toEqual([text, undefined])
    }
    expect(target.splits).toBeGreaterThan(200)
    expect(target.close()).toBeUndefined()
  })

  test('mutated inputs, guided by the source that they reach', () => {
    const report = fuzzGuided(dialect, SEED, (inputs) => inputs > 1500)
    expect(report.findings).toEqual([])
    expect(report.covered).toBeGreaterThanOrEqual(report.coveredAtStart)
    expect(report.coveredAtStart).toBeGreaterThan(30_000)
  })

  test('streams of several connections through the frames of one link', () => {
    let frames = 0
    for (let seed = SEED; seed < SEED + 15; seed++) {
      const report = exchange(dialect, new Random(seed))
      expect([seed, report.problem]).toEqual([seed, undefined])
      frames += report.frames
    }
    expect(frames).toBeGreaterThan(150)
  })

  test.each(['frames', 'sockets'] as const)('a running server, by %s', async (handOff) => {
    const report = await fuzzLive(dialect, handOff, SEED, (inputs) => inputs >= 150)
    expect(report.findings).toEqual([])
    expect(report.compared).toBeGreaterThan(20)
  })
})

describe('what is wrong is found', () => {
  /** The first problem of a connection with a fault, within so many inputs. */
  function problemOf(open: (raw: RawAccess, host: FakeHost) => MemcachedConnection): string {
    const target = new WireTarget({ ...TEXT, openWorld: memcachedWorld(open) })
    const random = new Random(SEED)
    for (const text of startingInputs(TEXT)) {
      const problem = target.check(Buffer.from(text, 'latin1'), random)
      if (problem !== undefined) return problem
    }
    return 'nothing'
  }

  test('a throw', () => {
    class Throwing extends MemcachedConnection {
      override feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
        if (source.indexOf(0xff) >= 0) throw new Error('a byte too large')
        return super.feed(source, from, to, out)
      }
    }
    expect(problemOf((raw, host) => new Throwing(raw, host, 1))).toContain('a byte too large')
  })

  test('bytes that a cut loses', () => {
    class Losing extends MemcachedConnection {
      override feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
        const isPiece = to - from === 1 && this.pendingBytes > 0
        return isPiece ? to : super.feed(source, from, to, out)
      }
    }
    expect(problemOf((raw, host) => new Losing(raw, host, 1))).toMatch(/^cut at .*: /)
  })

  test('no progress', () => {
    class Stuck extends MemcachedConnection {
      override feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
        return source[from] === 0x20 ? from : super.feed(source, from, to, out)
      }
    }
    expect(problemOf((raw, host) => new Stuck(raw, host, 1))).toMatch(/no end after \d+ turns/)
  })

  test('memory for what is only announced', () => {
    class Greedy extends MemcachedConnection {
      readonly #kept: Uint8Array[] = []
      override feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
        const isLong = Buffer.from(source).toString('latin1').includes('2147483646')
        if (isLong) this.#kept.push(new Uint8Array(2 ** 24).fill(1))
        return super.feed(source, from, to, out)
      }
    }
    expect(problemOf((raw, host) => new Greedy(raw, host, 1))).toMatch(/it allocated \d+ bytes/)
  })
})

test('coverage sees source that runs for the first time, and only then', () => {
  const coverage = new Coverage((url) => url.includes('/src/protocols/'))
  const target = new WireTarget(TEXT)
  const freshOf = (text: string): number => {
    target.run(Buffer.from(text))
    const look = coverage.look()
    coverage.accept(look)
    return look.fresh
  }
  expect(freshOf('get a\r\n')).toBeGreaterThan(100)
  expect(freshOf('get a\r\n')).toBe(0)
  expect(freshOf('incr a 1\r\n')).toBeGreaterThan(100)
  target.close()
  coverage.close()
})
