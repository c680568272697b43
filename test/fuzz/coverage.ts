/**
 * Which characters of the source have run, by V8's block coverage of this process: the guide of the
 * fuzzing. V8 reports blocks that ran as often as what is around them not by themselves, so blocks
 * are painted on the source, outer ones first, and characters are counted.
 */
import { Session } from 'node:inspector'

interface Script {
  readonly url: string
  readonly functions: readonly {
    readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[]
  }[]
}

/** What ran between two looks. */
export interface Look {
  /** How many characters of it had never run before. */
  readonly fresh: number
  /** By script: 1 for each character that ran. */
  readonly ran: ReadonlyMap<string, Uint8Array>
}

export class Coverage {
  readonly #session = new Session()
  readonly #isOfInterest: (url: string) => boolean
  readonly #ran = new Map<string, Uint8Array>()
  /** Characters that have run, of the looks that were accepted. */
  characters = 0

  constructor(isOfInterest: (url: string) => boolean) {
    this.#isOfInterest = isOfInterest
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** What ran since the last look. */
  look(): Look {
    let scripts: readonly Script[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      scripts = answer.result
    })
    const ran = new Map<string, Uint8Array>()
    let fresh = 0
    for (const script of scripts.filter(({ url }) => this.#isOfInterest(url))) {
      const now = paint(script)
      const before = this.#ran.get(script.url)
      for (let at = 0; at < now.length; at++) if (now[at] === 1 && before?.[at] !== 1) fresh++
      ran.set(script.url, now)
    }
    return { fresh, ran }
  }

  /** From now on what ran in a look is nothing new. */
  accept({ ran }: Look): void {
    for (const [url, now] of ran) {
      const before = this.#ran.get(url) ?? new Uint8Array(0)
      const sum = new Uint8Array(Math.max(before.length, now.length))
      sum.set(before)
      for (let at = 0; at < now.length; at++) {
        if (now[at] === 0 || sum[at] === 1) continue
        sum[at] = 1
        this.characters++
      }
      this.#ran.set(url, sum)
    }
  }

  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}

function paint({ functions }: Script): Uint8Array {
  const ends = functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset))
  const ran = new Uint8Array(Math.max(0, ...ends))
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
  }
  return ran
}
