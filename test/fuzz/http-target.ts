/**
 * One input of bytes to two equal HTTP connections: whole to one, in pieces and with pauses to the
 * other. What they answer, whether they end, and what is stored then must be the same; answers must
 * be whole, none of them a 500, and the connection must come to rest.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { createEngine, type Engine } from '../../src/index.ts'
import { HttpBench, type InProcessClient } from '../protocols/http/bench.ts'
import type { Random } from './random.ts'
import { Watchdog } from './watchdog.ts'

const NOW = 1_800_000_000_000
const MIB = 2 ** 20
/** What an input may leave allocated per bench: buffers that are used again, mostly. */
const MOST_ENTRIES = 30

export class HttpTarget {
  readonly #engines: Engine[] = []
  readonly #benches: readonly HttpBench[]
  readonly #watchdog = new Watchdog()
  /** Answers that were compared, by status. */
  readonly statuses = new Map<number, number>()

  constructor() {
    const make = () => {
      const name = `fuzz-http-${process.hrtime.bigint()}`
      const options = { name, memory: '8mb', seed: 7, now: () => NOW, maxNamespaces: 2 }
      const engine = createEngine(options)
      this.#engines.push(engine)
      return engine
    }
    this.#benches = [new HttpBench(make), new HttpBench(make)]
  }

  /** @returns what is wrong; undefined: nothing */
  async check(input: Buffer, random: Random): Promise<string | undefined> {
    this.#watchdog.begin(input)
    const [whole, cut] = this.#benches.map((bench) =>
      bench.connect(random.one([64, 5000, 2 ** 18])),
    )
    try {
      const answers = normal(await whole!.send(input).settle())
      const cuts = [...random.cuts(input.length, random.one([2, 10, 200])), input.length]
      let pieces = ''
      for (const [index, to] of cuts.entries()) {
        cut!.send(input.subarray(cuts[index - 1] ?? 0, to))
        if (random.once(3)) await turn()
        if (random.once(3)) cut!.step()
        if (random.once(10)) pieces += await cut!.settle()
      }
      pieces = normal(pieces + (await cut!.settle()))
      return this.#compare(answers, pieces, whole!, cut!)
    } finally {
      whole!.close()
      cut!.close()
      this.#watchdog.end()
    }
  }

  #compare(
    answers: string,
    pieces: string,
    whole: InProcessClient,
    cut: InProcessClient,
  ): string | undefined {
    const malformed = this.#walk(answers)
    if (malformed !== undefined) return malformed
    if (answers !== pieces) {
      let at = 0
      while (answers[at] === pieces[at]) at++
      const from = Math.max(0, at - 100)
      const shown = [answers, pieces].map((text) => JSON.stringify(text.slice(from, at + 300)))
      return `answers depend on the cuts, from byte ${at} on:\n${shown.join('\n')}`
    }
    if (whole.isOver !== cut.isOver)
      return `the end depends on the cuts: ${whole.isOver} when whole`
    const [one, other] = this.#engines.map(contentsOf)
    if (one !== other) return `what is stored depends on the cuts:\n${one}\n${other}`
    return undefined
  }

  /** Goes from answer to answer: each must be whole. */
  #walk(answers: string): string | undefined {
    let at = 0
    while (at < answers.length) {
      const [head, status] =
        /^HTTP\/1\.1 ([1-5][0-9]{2}) [ -~]+\r\n(?:[!-~]+: [^\r\n]*\r\n)+\r\n/.exec(
          answers.slice(at, at + 20_000),
        ) ??
          /^HTTP\/1\.1 (100) Continue\r\n\r\n/.exec(answers.slice(at, at + 100)) ?? ['']
      if (status === undefined)
        return `no head of an answer: ${JSON.stringify(answers.slice(at, at + 200))}`
      if (status === '500') return `an answer is 500: ${answers.slice(at, at + 500)}`
      this.statuses.set(Number(status), (this.statuses.get(Number(status)) ?? 0) + 1)
      at += head.length
      const length = Number(/^Content-Length: ([0-9]+)\r$/im.exec(head)?.[1] ?? 0)
      // An answer to HEAD is followed by the next one, or by nothing.
      const isHead = at === answers.length || answers.startsWith('HTTP/1.1 ', at)
      if (!isHead) at += length
      if (at > answers.length) return `an answer is cut: ${head}`
    }
    return undefined
  }

  /** @returns what is wrong with the engines after all that */
  close(): string | undefined {
    this.#watchdog.close()
    const problems = this.#engines.flatMap((engine) => engine.verify().problems)
    for (const engine of this.#engines) engine.close()
    return problems.length === 0 ? undefined : problems.join('\n')
  }
}

function normal(answers: string): string {
  return answers.replaceAll(/^Date: .*\r$/gm, 'Date: -\r')
}

/** What is stored, with its versions; emptied now and then. */
function contentsOf(engine: Engine): string {
  const spaces = [engine, engine.namespace('one')]
  const lines = spaces.flatMap((space) => {
    return [...space.keys()].sort().map((key) => {
      const value = space.gets<Uint8Array>(key)
      return `${key} ${value?.version} ${value?.value.length} ${space.ttl(key)}`
    })
  })
  if (lines.length > MOST_ENTRIES || process.memoryUsage().rss > 4096 * MIB) engine.clear()
  return lines.join('\n')
}
