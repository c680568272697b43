/** Why a write was not done: an outcome of the engine as a problem. */
import {
  CLOSED_GATE,
  CONTENDED,
  FULL,
  type Outcome,
  TOO_LARGE,
} from '../../../engine/raw-access.ts'
import { contended } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import { Problem } from '../problem.ts'

export function refusal(outcome: Outcome, exchange: Exchange): Problem {
  const { maxItemBytes } = exchange.worker.raw.session.facts
  if (outcome === FULL) {
    return new Problem(507, 'the memory is used up, and nothing is evicted for this entry')
  }
  if (outcome === TOO_LARGE) {
    const detail = `the value would be larger than the ${maxItemBytes} bytes that one may have`
    return new Problem(413, detail, {}, { limit: maxItemBytes })
  }
  if (outcome === CLOSED_GATE) {
    return new Problem(503, 'writes are closed for the moment', { 'Retry-After': '1' })
  }
  if (outcome === CONTENDED) return contended()
  throw new Error(`a write ended with outcome ${outcome}`)
}
