/**
 * Refilling an empty magazine from a page: under its claim, take up to two chunks from the stack or
 * carve fresh ones. The row says what is grabbed before it is taken; the claim word says whether
 * the grab is still open; it is released when the magazine has the chunks.
 */
import { check } from '../checker/machine.ts'
import { ACTIVE, L, ROW, type StepTable } from './words.ts'
import { stackCount, stackTop, stackWord } from './words.ts'

export const refillSteps: StepTable = (x) => {
  const b = x.broken
  const page = (t: number): number => x.reg(t, L.P)

  x.step('refill.look', (t) => (x.stateOf(page(t)) === ACTIVE ? 'refill.record' : nextPage(t)))
  const nextPage = (t: number): string => {
    x.clear(t, L.S, L.H1, L.H2, L.REST, L.K)
    if (page(t) + 1 === x.config.pages) return 'alloc.refused'
    x.setReg(t, L.P, page(t) + 1)
    return 'refill.look'
  }
  x.step('refill.record', (t) => {
    if (!b.staleGrab) x.setRow(t, ROW.GRABFROM, 0)
    x.setRow(t, ROW.GRABPAGE, page(t))
    return b.popWithoutClaim ? 'refill.stack' : 'refill.claim'
  })
  x.step('refill.claim', (t) =>
    x.cas(x.claim0 + page(t), 0, t + 1) ? 'refill.state' : nextPage(t),
  )
  x.step('refill.state', (t) => (x.stateOf(page(t)) === ACTIVE ? 'refill.stack' : 'refill.none'))
  x.step('refill.none', (t) => {
    if (!b.popWithoutClaim) x.put(x.claim0 + page(t), 0)
    return nextPage(t)
  })

  // ---- pop ------------------------------------------------------------------------------
  x.step('refill.stack', (t) => {
    const s = x.get(x.stack0 + page(t))
    x.setReg(t, L.S, s)
    x.setReg(t, L.H1, stackTop(s))
    x.setReg(t, L.K, Math.min(x.grab, stackCount(s)))
    return stackCount(s) ? 'refill.walk' : 'carve.room'
  })
  x.step('refill.walk', (t) => {
    const next = x.next(x.reg(t, L.H1))
    x.setReg(t, L.REST, next)
    if (x.reg(t, L.K) === 1) return 'refill.note'
    x.setReg(t, L.H2, next)
    return 'refill.second'
  })
  x.step('refill.second', (t) => {
    x.setReg(t, L.REST, x.next(x.reg(t, L.H2)))
    return 'refill.note'
  })
  const last = (t: number): number => x.reg(t, L.H2) || x.reg(t, L.H1)
  x.step('refill.note', (t) => {
    x.setRow(t, ROW.GRABCARVED, 0)
    x.setRow(t, ROW.GRABTO, last(t))
    return 'refill.from'
  })
  x.step('refill.from', (t) => {
    x.setRow(t, ROW.GRABFROM, x.reg(t, L.H1))
    return 'refill.take'
  })
  x.step('refill.take', (t) => {
    const s = x.reg(t, L.S)
    const at = x.stack0 + page(t)
    const rest = stackWord(stackCount(s) - x.reg(t, L.K), x.reg(t, L.REST))
    if (b.popWithoutClaim && !x.cas(at, s, rest)) return 'refill.stack'
    x.put(at, rest)
    return b.releaseBeforeHead ? 'refill.early' : 'refill.end'
  })
  x.step('refill.early', (t) => {
    x.put(x.claim0 + page(t), 0)
    return 'refill.end'
  })
  x.step('refill.end', (t) => {
    x.put(x.link(last(t)), 0)
    return 'refill.head'
  })
  x.step('refill.head', (t) => {
    x.setRow(t, ROW.HEAD, x.reg(t, L.H1))
    return b.releaseBeforeHead || b.popWithoutClaim ? filled(t) : 'refill.forget'
  })
  x.step('refill.forget', (t) => {
    x.setRow(t, ROW.GRABFROM, b.staleGrab ? x.row(t, ROW.GRABFROM) : 0)
    return 'refill.release'
  })
  x.step('refill.release', (t) => {
    x.put(x.claim0 + page(t), 0)
    return filled(t)
  })
  const filled = (t: number): string => {
    x.clear(t, L.S, L.H1, L.H2, L.REST, L.K, L.P)
    return 'alloc.peek'
  }

  // ---- carve ----------------------------------------------------------------------------
  x.step('carve.room', (t) => {
    const carved = x.get(x.carved0 + page(t))
    const n = Math.min(x.grab, x.config.per - carved)
    if (!n || b.popWithoutClaim) return 'refill.none'
    x.setReg(t, L.H1, x.firstOf(page(t)) + carved)
    x.setReg(t, L.H2, n === 2 ? x.reg(t, L.H1) + 1 : 0)
    return 'carve.first'
  })
  const begin = (t: number, h: number, next: number): void => {
    const base = x.get(x.base0 + page(t))
    const before = x.get(x.inc(h)) // the base itself if somebody died while carving here
    check(base >= before, `I-GROWS: chunk ${h} starts again at incarnation ${base}`)
    x.put(x.inc(h), base)
    x.put(x.link(h), next)
  }
  x.step('carve.first', (t) => {
    begin(t, x.reg(t, L.H1), x.reg(t, L.H2))
    if (x.reg(t, L.H2)) return 'carve.second'
    return b.commitBeforeNote ? 'carve.commit' : 'carve.note'
  })
  x.step('carve.second', (t) => {
    begin(t, x.reg(t, L.H2), 0)
    return b.commitBeforeNote ? 'carve.commit' : 'carve.note'
  })
  x.step('carve.note', (t) => {
    x.setRow(t, ROW.GRABCARVED, last(t) - x.firstOf(page(t)) + 1)
    x.setRow(t, ROW.GRABTO, last(t))
    return 'carve.from'
  })
  x.step('carve.from', (t) => {
    x.setRow(t, ROW.GRABFROM, x.reg(t, L.H1))
    return b.commitBeforeNote ? 'refill.end' : 'carve.commit'
  })
  x.step('carve.commit', (t) => {
    x.put(x.carved0 + page(t), last(t) - x.firstOf(page(t)) + 1)
    return b.commitBeforeNote ? 'carve.note' : 'refill.end'
  })
}
