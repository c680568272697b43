/**
 * What threads do with chunks: put, take and get on slots, and the ends of a chunk's life: into the
 * own magazine always; from its top to the stack of its page only under the page's claim, by
 * whoever gets it. Whoever does not keeps the chunk.
 */
import { DRAINING, L, REFUSED, ROW, type StepTable, stackCount, stackTop } from './words.ts'
import { stackWord, TORN } from './words.ts'

export const useSteps: StepTable = (x) => {
  const slotAt = (t: number): number => x.slot0 + x.call(t).slot
  const leave = (t: number): string => {
    x.setRow(t, ROW.BUSY, 0)
    x.respond(t, x.reg(t, L.X))
    return x.finish(t)
  }

  // ---- get ------------------------------------------------------------------------------
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

  // ---- put, take, sweep: the table's exchange, whose winner recovery can tell (see ../table) ----
  x.step('row.enter', (t) => {
    x.invoke(t)
    for (const f of [ROW.NEW, ROW.OLD, ROW.WON]) x.setRow(t, f, 0)
    x.setRow(t, ROW.BUSY, 1)
    const op = x.call(t).op
    return op === 'put' || op === 'spill' ? 'alloc.peek' : 'take.slot'
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
  x.step('free.bump', (t) => {
    x.release(x.row(t, ROW.OLD))
    return 'free.link'
  })
  x.step('free.link', (t) => {
    x.put(x.link(x.row(t, ROW.OLD)), x.row(t, ROW.HEAD))
    return 'free.push'
  })
  x.step('free.push', (t) => {
    x.setRow(t, ROW.HEAD, x.row(t, ROW.OLD))
    return 'row.leave'
  })

  // ---- alloc: chunks of a page being drained go home first, if the page is not claimed ----
  const spilling = (t: number): boolean => x.call(t).op === 'spill'
  x.step('alloc.peek', (t) => {
    const h = x.row(t, ROW.HEAD)
    if (!h) return spilling(t) ? 'row.leave' : 'refill.look'
    if (x.broken.spillsByName) return x.get(x.drain) === x.pageOf(h) + 1 ? 'give.look' : toPop(t)
    return x.stateOf(x.pageOf(h)) === DRAINING ? 'give.look' : toPop(t)
  })
  const toPop = (t: number): string => (spilling(t) ? 'row.leave' : 'alloc.record')
  x.step('alloc.record', (t) => {
    x.setRow(t, ROW.NEW, x.row(t, ROW.HEAD))
    return 'alloc.shrink'
  })
  x.step('alloc.shrink', (t) => {
    x.setRow(t, ROW.HEAD, x.next(x.row(t, ROW.NEW)))
    return 'put.fill'
  })
  x.step('alloc.refused', (t) => {
    x.setReg(t, L.X, REFUSED)
    return leave(t)
  })

  // ---- give the top of the magazine back to its page ------------------------------------
  const unclaimed = x.broken.pushWithoutClaim
  x.step('give.look', (t) =>
    x.get(x.claim0 + x.pageOf(x.row(t, ROW.HEAD))) === 0 ? 'give.record' : toPop(t),
  )
  x.step('give.record', (t) => {
    x.setReg(t, L.P, x.pageOf(x.row(t, ROW.HEAD)))
    x.setRow(t, ROW.GRABFROM, 0)
    x.setRow(t, ROW.GRABPAGE, x.reg(t, L.P))
    return unclaimed ? 'give.moving' : 'give.claim'
  })
  x.step('give.claim', (t) => {
    if (x.cas(x.claim0 + x.reg(t, L.P), 0, t + 1)) return 'give.moving'
    x.clear(t, L.P)
    return toPop(t)
  })
  x.step('give.moving', (t) => {
    x.setRow(t, ROW.MOVING, x.row(t, ROW.HEAD))
    return 'give.shrink'
  })
  x.step('give.shrink', (t) => {
    x.setRow(t, ROW.HEAD, x.next(x.row(t, ROW.MOVING)))
    return 'give.link'
  })
  x.step('give.link', (t) => {
    const s = x.get(x.stack0 + x.reg(t, L.P))
    x.setReg(t, L.S, s)
    x.put(x.link(x.row(t, ROW.MOVING)), stackTop(s))
    return 'give.stack'
  })
  x.step('give.stack', (t) => {
    const s = x.reg(t, L.S)
    const at = x.stack0 + x.reg(t, L.P)
    const pushed = stackWord(stackCount(s) + 1, x.row(t, ROW.MOVING))
    if (unclaimed && !x.cas(at, s, pushed)) return 'give.link'
    x.put(at, pushed)
    return 'give.done'
  })
  x.step('give.done', (t) => {
    x.setRow(t, ROW.MOVING, 0)
    return unclaimed ? given(t) : 'give.release'
  })
  x.step('give.release', (t) => {
    x.put(x.claim0 + x.reg(t, L.P), 0)
    return given(t)
  })
  const given = (t: number): string => {
    x.clear(t, L.P, L.S)
    return 'alloc.peek'
  }
}
