/** Replies of a run by outcome, and samples of those that are none that was asked for. */
import type { Drive } from './drive.ts'
import { GET, GET_ABSENT, idOf, isSet, verbOf } from './request-plan.ts'
import { writeKey } from './workload.ts'
import { HIT, MISS, OUTCOMES, OVERHEAD_BYTES, REFUSED } from './wire-protocol.ts'
import { UNEXPECTED_HIT, UNEXPECTED_MISS } from './wire-protocol.ts'

const MOST_SAMPLES = 5

export class Tally {
  readonly counts = new Float64Array(OUTCOMES)
  readonly samples: string[] = []
  readonly #sizeOf: (id: number) => number

  constructor(sizeOf: (id: number) => number) {
    this.#sizeOf = sizeOf
  }

  /** A hit of what was never stored is an error, a miss of what was only where none may be. */
  count(request: number, outcome: number, drive: Drive): void {
    const verb = verbOf(request)
    let counted = outcome
    if (verb === GET_ABSENT && outcome !== MISS && outcome !== REFUSED) counted = UNEXPECTED_HIT
    if (verb === GET && outcome === MISS && !drive.allowMisses) counted = UNEXPECTED_MISS
    this.counts[counted]++
    const isNews = counted !== outcome && !(outcome > REFUSED)
    if (isNews) this.sample(request, outcome === HIT ? 'a hit' : 'a miss')
  }

  sample(request: number, reply: string): void {
    if (this.samples.length >= MOST_SAMPLES) return
    const id = idOf(request)
    const verb = isSet(request) ? 'set' : 'get'
    const key = Buffer.alloc(OVERHEAD_BYTES)
    const text = key.toString('latin1', 0, writeKey(key, 0, id))
    this.samples.push(`${verb} ${text} (${this.#sizeOf(id)} bytes): ${reply}`)
  }
}
