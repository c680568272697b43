/**
 * What threads do with chunks: put, take, get on slots; then the ends of a chunk's life, into the own
 * magazine or, when its page is being drained, onto the stack of its page; and the drain itself.
 *
 * A push onto a page's stack can be met by a death at any step, and the pushed chunk may be popped
 * by somebody's refill before anyone looks. So the pusher leaves its mark in the link, the popper
 * clears it under the claim, and the row says when the link has been written (phase 1).
 */
import { ACTIVE, DRAINING, FREE, L, REFUSED, ROW, type StepTable } from './words.ts'
import { stackCount, stackTop, stackWord, stateWord, TORN } from './words.ts'

export const useSteps: StepTable = (x) => {
  const b = x.broken
  const slotAt = (t: number): number => x.slot0 + x.call(t).slot
  const leave = (t: number): string => {
    x.setRow(t, ROW.BUSY, 0)
    x.respond(t, x.reg(t, L.X))
    return x.finish(t)
  }

  // ---- get --------------------------------------------------------------------------------------
  x.step('get.first', (t) => {
    x.invoke(t)
    return readSlot(t)
  })
  x.step('get.slot', (t) => readSlot(t))
  const readSlot = (t: number): string => {
    const w = x.get(slotAt(t))
    x.setReg(t, L.W, w)
    if (w) return 'get.incarnation'
    x.respond(t, 0)
    return x.finish(t)
  }
  const again = (t: number): string => {
    x.clear(t, L.W, L.ID, L.X, L.X1)
    return 'get.slot'
  }
  x.step('get.incarnation', (t) => {
    const id = x.get(x.inc(x.reg(t, L.W) >> 4))
    x.setReg(t, L.ID, id)
    return id & 1 ? again(t) : 'get.value'
  })
  x.step('get.value', (t) => {
    x.setReg(t, L.X, x.get(x.value(x.reg(t, L.W) >> 4)))
    return 'get.value1'
  })
  x.step('get.value1', (t) => {
    x.setReg(t, L.X1, x.get(x.value1(x.reg(t, L.W) >> 4)))
    return 'get.recheck'
  })
  x.step('get.recheck', (t) => (x.get(slotAt(t)) === x.reg(t, L.W) ? 'get.same' : again(t)))
  x.step('get.same', (t) => {
    if (x.get(x.inc(x.reg(t, L.W) >> 4)) !== x.reg(t, L.ID)) return again(t)
    x.respond(t, x.reg(t, L.X) === x.reg(t, L.X1) ? x.reg(t, L.X) : TORN)
    return x.finish(t)
  })

  // ---- put and take: the table's exchange, whose winner recovery can tell (see ../table) -------------
  x.step('row.enter', (t) => {
    x.invoke(t)
    for (const f of [ROW.NEW, ROW.OLD, ROW.WON]) x.setRow(t, f, 0)
    x.setRow(t, ROW.BUSY, 1)
    return x.call(t).op === 'put' ? 'alloc.peek' : 'take.slot'
  })
  x.step('put.fill', (t) => {
    x.put(x.value(x.row(t, ROW.NEW)), x.call(t).value)
    return 'put.fill1'
  })
  x.step('put.fill1', (t) => {
    x.put(x.value1(x.row(t, ROW.NEW)), x.call(t).value)
    return 'put.complete'
  })
  x.step('put.complete', (t) => {
    x.complete(x.row(t, ROW.NEW))
    return 'put.slot'
  })
  x.step('put.slot', (t) => {
    x.setReg(t, L.W, x.get(slotAt(t)))
    x.setRow(t, ROW.OLD, x.reg(t, L.W) >> 4)
    return 'put.exchange'
  })
  x.step('put.exchange', (t) => {
    if (!x.cas(slotAt(t), x.reg(t, L.W), x.wordFor(x.row(t, ROW.NEW)))) return 'put.slot'
    x.setRow(t, ROW.WON, 1)
    x.setReg(t, L.X, 1)
    return x.row(t, ROW.OLD) ? 'free.bump' : 'row.leave'
  })
  x.step('row.leave', leave)
  x.step('take.slot', (t) => {
    const w = x.get(slotAt(t))
    x.setReg(t, L.W, w)
    x.setRow(t, ROW.OLD, w >> 4)
    if (!w) return 'row.leave'
    return x.call(t).op === 'sweep' ? 'sweep.state' : 'take.exchange'
  })
  x.step('sweep.state', (t) =>
    x.stateOf(x.pageOf(x.reg(t, L.W) >> 4)) === DRAINING ? 'take.exchange' : 'row.leave',
  )
  x.step('take.exchange', (t) => {
    if (!x.cas(slotAt(t), x.reg(t, L.W), 0)) return 'take.slot'
    x.setRow(t, ROW.WON, 1)
    x.setReg(t, L.X, x.get(x.value(x.row(t, ROW.OLD))))
    return 'free.bump'
  })

  // ---- free -----------------------------------------------------------------------------------------
  x.step('free.bump', (t) => {
    x.release(x.row(t, ROW.OLD))
    return 'free.record'
  })
  x.step('free.record', (t) => {
    const h = x.row(t, ROW.OLD)
    x.setRow(t, ROW.FREEING, h)
    x.setRow(t, ROW.PHASE, 0)
    x.setRow(t, ROW.GENERATION, x.generationOf(x.pageOf(h)))
    x.setReg(t, L.G, x.stateOf(x.pageOf(h)))
    return 'free.forget'
  })
  x.step('free.forget', (t) => {
    x.setRow(t, ROW.OLD, 0)
    return x.reg(t, L.G) === DRAINING ? 'push.read' : 'own.link'
  })
  x.step('own.link', (t) => {
    x.setLink(x.row(t, ROW.FREEING), x.row(t, ROW.HEAD), 0)
    return 'own.push'
  })
  x.step('own.push', (t) => {
    x.setRow(t, ROW.HEAD, x.row(t, ROW.FREEING))
    return 'free.done'
  })
  x.step('free.done', (t) => {
    x.setRow(t, ROW.FREEING, 0)
    x.setRow(t, ROW.PHASE, 0)
    x.clear(t, L.S)
    return x.reg(t, L.DONE) || x.row(t, ROW.WON) ? 'row.leave' : 'alloc.peek'
  })

  // ---- push onto the stack of the page ---------------------------------------------------------------
  const stackOf = (t: number): number => x.stack0 + x.pageOf(x.row(t, ROW.FREEING))
  x.step('push.read', (t) => {
    x.setReg(t, L.S, x.get(stackOf(t)))
    return 'push.link'
  })
  x.step('push.link', (t) => {
    x.setLink(x.row(t, ROW.FREEING), stackTop(x.reg(t, L.S)), t + 1)
    return x.row(t, ROW.PHASE) ? 'push.exchange' : 'push.phase'
  })
  x.step('push.phase', (t) => {
    x.setRow(t, ROW.PHASE, 1)
    return 'push.exchange'
  })
  x.step('push.exchange', (t) => {
    const s = x.reg(t, L.S)
    const pushed = stackWord(stackCount(s) + 1, x.row(t, ROW.FREEING))
    return x.cas(stackOf(t), s, pushed) ? 'free.done' : 'push.read'
  })

  // ---- alloc: a chunk of a draining page goes to its page instead -------------------------------------
  x.step('alloc.peek', (t) => {
    const h = x.row(t, ROW.HEAD)
    if (!h) {
      x.setReg(t, L.P, 0)
      return x.reg(t, L.DONE) ? 'row.leave' : 'refill.look'
    }
    return x.stateOf(x.pageOf(h)) === DRAINING ? 'spill.record' : 'alloc.record'
  })
  x.step('alloc.record', (t) => {
    if (x.reg(t, L.DONE)) return 'row.leave'
    x.setRow(t, ROW.NEW, x.row(t, ROW.HEAD))
    return 'alloc.shrink'
  })
  x.step('alloc.shrink', (t) => {
    x.setRow(t, ROW.HEAD, x.next(x.row(t, ROW.NEW)))
    return 'put.fill'
  })
  x.step('spill.record', (t) => {
    const h = x.row(t, ROW.HEAD)
    x.setRow(t, ROW.FREEING, h)
    x.setRow(t, ROW.PHASE, 0)
    x.setRow(t, ROW.GENERATION, x.generationOf(x.pageOf(h)))
    return 'spill.shrink'
  })
  x.step('spill.shrink', (t) => {
    x.setRow(t, ROW.HEAD, x.next(x.row(t, ROW.FREEING)))
    return 'push.read'
  })
  x.step('spill.enter', (t) => {
    x.invoke(t)
    for (const f of [ROW.NEW, ROW.OLD, ROW.WON]) x.setRow(t, f, 0)
    x.setRow(t, ROW.BUSY, 1)
    x.setReg(t, L.DONE, 1)
    return 'alloc.peek'
  })
  x.step('alloc.refused', (t) => {
    x.setReg(t, L.X, REFUSED)
    return leave(t)
  })

  // ---- drain, its end, a new cutting -------------------------------------------------------------------
  x.step('drain.start', (t) => {
    const p = x.call(t).slot
    const s = x.get(x.state0 + p)
    x.invoke(t)
    if ((s & 3) === ACTIVE) x.put(x.state0 + p, stateWord(s >> 2, DRAINING))
    x.respond(t, 0)
    return x.finish(t)
  })
  /** A claim held for the end of a drain or a new cutting grabs nothing: recovery just releases it. */
  x.step('page.record', (t) => {
    x.invoke(t)
    x.setRow(t, ROW.GRABPAGE, x.call(t).slot)
    x.setRow(t, ROW.GRABFROM, 0)
    x.setRow(t, ROW.BUSY, 1)
    const unclaimed = b.freeWithoutClaim && x.call(t).op === 'end'
    return unclaimed ? 'end.count' : 'page.claim'
  })
  x.step('page.claim', (t) => {
    if (!x.cas(x.claim0 + x.call(t).slot, 0, t + 1)) return 'row.leave'
    return x.call(t).op === 'end' ? 'end.count' : 'cut.state'
  })
  const unclaim = (t: number): string =>
    b.freeWithoutClaim && x.call(t).op === 'end' ? 'row.leave' : 'page.release'
  x.step('end.count', (t) => {
    const p = x.call(t).slot
    const all = x.get(x.carved0 + p) - (b.endsEarly ? 1 : 0)
    x.setReg(t, L.G, x.get(x.state0 + p))
    if (x.stateOf(p) !== DRAINING) return unclaim(t)
    if (b.endIgnoresRows) {
      for (let s = 0; s < x.config.slots; s++) {
        const w = x.get(x.slot0 + s)
        if (w && x.pageOf(w >> 4) === p) return unclaim(t)
      }
      return 'end.base'
    }
    return stackCount(x.get(x.stack0 + p)) >= all ? 'end.base' : unclaim(t)
  })
  x.step('end.base', (t) => {
    const p = x.call(t).slot
    let most = 0
    for (let h = x.firstOf(p); h < x.firstOf(p + 1); h++) most = Math.max(most, x.get(x.inc(h)))
    x.put(x.base0 + p, b.sameBase ? 1 : most + 2 - ((most + 1) & 1))
    return 'end.free'
  })
  x.step('end.free', (t) => {
    const p = x.call(t).slot
    const seen = x.reg(t, L.G)
    x.cas(x.state0 + p, seen, stateWord((seen >> 2) + 1, FREE))
    return unclaim(t)
  })
  x.step('cut.state', (t) => (x.stateOf(x.call(t).slot) === FREE ? 'cut.stack' : 'page.release'))
  x.step('cut.stack', (t) => {
    x.put(x.stack0 + x.call(t).slot, 0)
    return 'cut.carved'
  })
  x.step('cut.carved', (t) => {
    x.put(x.carved0 + x.call(t).slot, 0)
    return 'cut.active'
  })
  x.step('cut.active', (t) => {
    const at = x.state0 + x.call(t).slot
    x.put(at, stateWord(x.get(at) >> 2, ACTIVE))
    return 'page.release'
  })
  x.step('page.release', (t) => {
    x.put(x.claim0 + x.call(t).slot, 0)
    return 'row.leave'
  })
}
