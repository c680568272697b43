/**
 * Refilling an empty magazine from a page: under its claim, pop up to two chunks from the stack or
 * carve fresh ones. The row says what is grabbed before it is taken; the claim word says whether the
 * grab is still open. Marks are cleared, the list is ended and hung into the magazine, then the claim
 * is released, in this order.
 */
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
    x.setRow(t, ROW.GRABPAGE, page(t))
    if (!b.staleGrab) x.setRow(t, ROW.GRABFROM, 0)
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

  // ---- pop ----------------------------------------------------------------------------------------
  x.step('refill.stack', (t) => {
    const s = x.get(x.stack0 + page(t))
    x.setReg(t, L.S, s)
    x.setReg(t, L.H1, stackTop(s))
    x.setReg(t, L.K, Math.min(x.grab, stackCount(s)))
    return stackCount(s) ? 'refill.walk' : 'carve.room'
  })
  x.step('refill.walk', (t) => {
    const next = x.next(x.reg(t, L.H1))
    x.setReg(t, L.H2, x.reg(t, L.K) === 2 ? next : 0)
    x.setReg(t, L.REST, next)
    if (x.reg(t, L.K) === 2 && next) return 'refill.second'
    x.setReg(t, L.K, 1)
    return 'refill.note'
  })
  x.step('refill.second', (t) => {
    x.setReg(t, L.REST, x.next(x.reg(t, L.H2)))
    return 'refill.note'
  })
  x.step('refill.note', (t) => {
    x.setRow(t, ROW.GRABTO, x.reg(t, L.H2) || x.reg(t, L.H1))
    x.setRow(t, ROW.GRABFROM, x.reg(t, L.H1))
    return 'refill.exchange'
  })
  x.step('refill.exchange', (t) => {
    const s = x.reg(t, L.S)
    const rest = stackWord(stackCount(s) - x.reg(t, L.K), x.reg(t, L.REST))
    return x.cas(x.stack0 + page(t), s, rest) ? afterPop(t) : 'refill.stack'
  })
  const afterPop = (t: number): string => (b.releaseBeforeHead ? 'refill.early' : 'refill.unmark')
  x.step('refill.early', (t) => {
    x.put(x.claim0 + page(t), 0)
    return 'refill.unmark'
  })
  x.step('refill.unmark', (t) => {
    if (!b.marksKept) x.setLink(x.reg(t, L.H1), x.reg(t, L.H2), 0)
    else x.setLink(x.reg(t, L.H1), x.reg(t, L.H2), x.mark(x.reg(t, L.H1)))
    return x.reg(t, L.H2) ? 'refill.end' : 'refill.head'
  })
  x.step('refill.end', (t) => {
    x.setLink(x.reg(t, L.H2), 0, b.marksKept ? x.mark(x.reg(t, L.H2)) : 0)
    return 'refill.head'
  })
  x.step('refill.head', (t) => {
    x.setRow(t, ROW.HEAD, x.reg(t, L.H1))
    return b.releaseBeforeHead || b.popWithoutClaim ? filled(t) : 'refill.release'
  })
  x.step('refill.release', (t) => {
    x.put(x.claim0 + page(t), 0)
    return filled(t)
  })
  const filled = (t: number): string => {
    x.clear(t, L.S, L.H1, L.H2, L.REST, L.K, L.P)
    return 'alloc.peek'
  }

  // ---- carve ----------------------------------------------------------------------------------------
  x.step('carve.room', (t) => {
    const carved = x.get(x.carved0 + page(t))
    const n = Math.min(x.grab, x.config.per - carved)
    if (!n || b.popWithoutClaim) return 'refill.none'
    x.setReg(t, L.H1, x.firstOf(page(t)) + carved)
    x.setReg(t, L.H2, n === 2 ? x.reg(t, L.H1) + 1 : 0)
    return b.commitBeforeNote ? 'carve.commit' : 'carve.note'
  })
  x.step('carve.note', (t) => {
    x.setRow(t, ROW.GRABTO, x.reg(t, L.H2) || x.reg(t, L.H1))
    x.setRow(t, ROW.GRABFROM, x.reg(t, L.H1))
    return 'carve.first'
  })
  x.step('carve.first', (t) => {
    x.put(x.inc(x.reg(t, L.H1)), x.get(x.base0 + page(t)))
    x.setLink(x.reg(t, L.H1), x.reg(t, L.H2), 0)
    return x.reg(t, L.H2) ? 'carve.second' : carved(t)
  })
  x.step('carve.second', (t) => {
    x.put(x.inc(x.reg(t, L.H2)), x.get(x.base0 + page(t)))
    x.setLink(x.reg(t, L.H2), 0, 0)
    return carved(t)
  })
  const carved = (_t: number): string => (b.commitBeforeNote ? 'refill.head' : 'carve.commit')
  x.step('carve.commit', (t) => {
    const last = x.reg(t, L.H2) || x.reg(t, L.H1)
    x.put(x.carved0 + page(t), last - x.firstOf(page(t)) + 1)
    return b.commitBeforeNote ? 'carve.note' : 'refill.head'
  })
}
