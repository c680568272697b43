/**
 * What must hold for any bytes that a client may send: the protocol never throws, ends its work
 * within a bound, allocates within a bound (what is announced costs nothing, only what is sent),
 * and answers the same however the bytes are cut and however small the reply buffer.
 */
import { getHeapStatistics } from 'node:v8'
import type { Dialect } from './dialect.ts'
import type { Random } from './random.ts'
import { type Answer, WireBench } from './twin-bench.ts'

const INPUTS_PER_CACHE = 250
const MOST_CUTS = 6
/** A reply buffer that no input fills before it must. */
const LARGE = 256 * 1024
/** Reply buffers; beside them, each byte of an input may ask for all bytes that it stored. */
const MOST_ALLOCATED = 4 * 1024 * 1024
/** Of the processor. */
const MOST_MS = 400
const MS_PER_BYTE = 0.1

export class WireTarget {
  inputs = 0
  splits = 0
  readonly #dialect: Dialect
  #left: WireBench
  #right: WireBench

  constructor(dialect: Dialect) {
    this.#dialect = dialect
    this.#left = new WireBench(dialect.openWorld)
    this.#right = new WireBench(dialect.openWorld)
  }

  /** What is wrong with the answers to an input, or undefined. Throws nothing. */
  check(input: Uint8Array, random: Random): string | undefined {
    this.inputs++
    const problem = caught(() => this.#compare(input, random))
    // After a problem the two may differ for ever.
    if (problem === undefined && this.inputs % INPUTS_PER_CACHE !== 0) return undefined
    const walked = this.#renew()
    return problem ?? walked
  }

  /** What is wrong when an input is cut into two, at every byte in turn, and into single bytes. */
  checkEveryCut(input: Uint8Array): string | undefined {
    this.inputs++
    const limit = mostTurns(input)
    const places = Array.from({ length: Math.max(0, input.length - 1) }, (_, at) => at + 1)
    const problem = caught(() => {
      for (const cuts of [...places.map((at) => [at]), places]) {
        // Both anew each time: CAS numbers go on.
        this.#left.reset()
        this.#right.reset()
        const whole = this.#left.feed(input, [], LARGE, limit)
        const pieces = this.#right.feed(input, cuts, LARGE, limit)
        this.splits++
        const differs = this.#difference(whole, pieces, `cut at ${cuts.slice(0, 3).join(', ')}`)
        if (differs !== undefined) return differs
      }
      return undefined
    })
    return problem ?? this.#renew()
  }

  /** Runs an input once, whole, for its coverage only. */
  run(input: Uint8Array): void {
    this.#left.reset()
    this.#right.reset()
    this.#left.feed(input, [], LARGE, mostTurns(input))
    this.#right.feed(input, [], LARGE, mostTurns(input))
  }

  close(): string | undefined {
    const problems = [...this.#left.close(), ...this.#right.close()]
    return problems.length === 0 ? undefined : `the walker finds: ${problems.join('; ')}`
  }

  #renew(): string | undefined {
    const problem = caught(() => this.close())
    this.#left = new WireBench(this.#dialect.openWorld)
    this.#right = new WireBench(this.#dialect.openWorld)
    return problem
  }

  #compare(input: Uint8Array, random: Random): string | undefined {
    const limit = mostTurns(input)
    this.#left.reset()
    this.#right.reset()
    const begun = process.threadCpuUsage()
    const before = getHeapStatistics().external_memory
    const whole = this.#left.feed(input, [], LARGE, limit)
    const allocated = getHeapStatistics().external_memory - before
    const { user, system } = process.threadCpuUsage(begun)
    const ms = (user + system) / 1000
    if (ms > MOST_MS + MS_PER_BYTE * input.length) return `it took ${Math.round(ms)} ms`
    if (allocated > MOST_ALLOCATED + 2 * input.length ** 2) {
      return `it allocated ${allocated} bytes for ${input.length}`
    }
    const cuts = random.cuts(input.length, MOST_CUTS)
    const softLimit = random.one([1, 40, 500, LARGE])
    const pieces = this.#right.feed(input, cuts, softLimit, limit)
    this.splits++
    const logged = [this.#left, this.#right].map(({ lines }) => lines.map(withoutNumber))
    if (logged[0]!.join() !== logged[1]!.join()) return `logged ${logged.join(' and ')}`
    return this.#difference(whole, pieces, `cut at ${cuts.join(', ')}, replies by ${softLimit}`)
  }

  #difference(whole: Answer, pieces: Answer, how: string): string | undefined {
    if (whole.isClosing !== pieces.isClosing) return `${how}: ends only one way`
    if (whole.pendingBytes !== pieces.pendingBytes) return `${how}: other bytes pend`
    const { comparable } = this.#dialect
    return firstDifference(comparable(whole.reply), comparable(pieces.reply), how)
  }
}

function caught(check: () => string | undefined): string | undefined {
  try {
    return check()
  } catch (error) {
    return `it threw ${error instanceof Error ? error.stack : String(error)}`
  }
}

/** At most a turn per reply, and a reply needs a byte; lists of the whole cache take some more. */
function mostTurns(input: Uint8Array): number {
  return 20_000 + 40 * input.length
}

/** Around the first byte that is not the same. */
export function firstDifference(left: string, right: string, how: string): string | undefined {
  if (left === right) return undefined
  let at = 0
  while (left[at] === right[at]) at++
  const from = Math.max(0, at - 60)
  const shown = [left, right].map((text) => JSON.stringify(text.slice(from, at + 120)))
  return `${how}: whole ${shown[0]}, in pieces ${shown[1]}`
}

/** Lines of both caches are numbered together. */
function withoutNumber(line: string): string {
  return line.replace(/ gid=\d+/, '')
}
