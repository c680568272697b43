/**
 * A drain from the wish to the new cutting. One page is drained at a time, named by the drain word;
 * the end of a drain and the cutting happen under the claim of the page, so that a refill which is
 * slow cannot meet a page that was cut anew under its hands.
 */
import { ACTIVE, CUTTING, DRAINING, FREE, L, ROW, type StepTable } from './words.ts'
import { stackCount, stateWord } from './words.ts'

export const drainSteps: StepTable = (x) => {
  const b = x.broken
  const page = (t: number): number => x.call(t).slot
  const done = (t: number): string => {
    x.setRow(t, ROW.BUSY, 0)
    x.respond(t, 0)
    return x.finish(t)
  }

  // ---- wish: name the page, then change its state ---------------------------------------
  x.step('wish.read', (t) => {
    x.invoke(t)
    const named = x.get(x.drain)
    if (!named) {
      const orphan = b.orphansForgotten ? 0 : x.orphan()
      x.setReg(t, L.K, orphan)
      return orphan ? 'wish.adopt' : 'wish.state'
    }
    x.setReg(t, L.K, named)
    return 'wish.check'
  })
  x.step('wish.check', (t) => (x.stateOf(x.reg(t, L.K) - 1) === DRAINING ? done(t) : 'wish.unname'))
  x.step('wish.unname', (t) => {
    x.cas(x.drain, x.reg(t, L.K), 0)
    return done(t)
  })
  /** A page whose drain nobody knows of: its drainer died, or was taken for one that gave up. */
  x.step('wish.adopt', (t) => {
    x.cas(x.drain, 0, x.reg(t, L.K))
    return done(t)
  })
  x.step('wish.state', (t) => {
    const s = x.get(x.state0 + page(t))
    x.setReg(t, L.G, s)
    return (s & 3) === ACTIVE ? 'wish.name' : done(t)
  })
  x.step('wish.name', (t) => (x.cas(x.drain, 0, page(t) + 1) ? 'wish.exchange' : done(t)))
  x.step('wish.exchange', (t) => {
    const s = x.reg(t, L.G)
    if (x.cas(x.state0 + page(t), s, stateWord(s >> 2, DRAINING))) return done(t)
    x.setReg(t, L.K, page(t) + 1)
    return 'wish.unname'
  })

  // ---- a drain that does not end is given up: the page goes on as it was
  x.step('abandon.read', (t) => {
    x.invoke(t)
    const s = x.get(x.state0 + page(t))
    x.setReg(t, L.G, s)
    return (s & 3) === DRAINING ? 'abandon.exchange' : done(t)
  })
  x.step('abandon.exchange', (t) => {
    const s = x.reg(t, L.G)
    x.cas(x.state0 + page(t), s, stateWord(s >> 2, ACTIVE))
    x.setReg(t, L.K, page(t) + 1)
    return 'wish.unname'
  })

  // ---- end, cut: a claim that grabs nothing ---------------------------------------------
  const unclaimed = (t: number): boolean => b.freeWithoutClaim === true && x.call(t).op === 'end'
  x.step('page.record', (t) => {
    x.invoke(t)
    x.setRow(t, ROW.GRABFROM, 0)
    x.setRow(t, ROW.GRABPAGE, page(t))
    x.setRow(t, ROW.BUSY, 1)
    return unclaimed(t) ? 'end.count' : 'page.claim'
  })
  x.step('page.claim', (t) => {
    if (!x.cas(x.claim0 + page(t), 0, t + 1)) return done(t)
    return x.call(t).op === 'end' ? 'end.count' : 'cut.state'
  })
  const release = (t: number): string => (unclaimed(t) ? done(t) : 'page.release')
  x.step('page.release', (t) => {
    x.put(x.claim0 + page(t), 0)
    return done(t)
  })
  x.step('end.count', (t) => {
    const p = page(t)
    x.setReg(t, L.G, x.get(x.state0 + p))
    if (x.stateOf(p) !== DRAINING) return release(t)
    const linked = Array.from({ length: x.config.slots }, (_, s) => x.get(x.slot0 + s) >> 4)
    if (b.endIgnoresRows) {
      return linked.some((h) => h && x.pageOf(h) === p) ? release(t) : 'end.top'
    }
    const all = x.get(x.carved0 + p) - (b.endsEarly ? 1 : 0)
    return stackCount(x.get(x.stack0 + p)) >= all ? 'end.top' : release(t)
  })
  x.step('end.top', (t) => {
    const p = page(t)
    const carved = x.get(x.carved0 + p)
    const stride = b.shapeFromPage ? x.get(x.shape0 + p) : 1
    let most = x.get(x.base0 + p)
    for (let n = 0; n < carved; n++) {
      most = Math.max(most, x.get(x.inc(x.firstOf(p) + n * stride)))
    }
    x.put(x.top0 + p, most)
    return 'end.shape'
  })
  x.step('end.shape', (t) => {
    x.put(x.shape0 + page(t), 0)
    return 'end.free'
  })
  x.step('end.free', (t) => {
    x.put(x.state0 + page(t), stateWord(x.reg(t, L.G) >> 2, FREE)) // or given up meanwhile
    return 'end.unname'
  })
  x.step('end.unname', (t) => {
    x.cas(x.drain, page(t) + 1, 0)
    return release(t)
  })
  x.step('cut.state', (t) => {
    const at = x.state0 + page(t)
    if (x.stateOf(page(t)) !== FREE) return 'page.release'
    x.put(at, stateWord((x.get(at) >> 2) + 1, CUTTING))
    return 'cut.base'
  })
  x.step('cut.base', (t) => {
    x.put(x.base0 + page(t), b.sameBase ? 1 : (x.get(x.top0 + page(t)) + 2) | 1)
    return 'cut.stack'
  })
  x.step('cut.stack', (t) => {
    x.put(x.stack0 + page(t), 0)
    return 'cut.carved'
  })
  x.step('cut.carved', (t) => {
    x.put(x.carved0 + page(t), 0)
    return 'cut.shape'
  })
  x.step('cut.shape', (t) => {
    x.put(x.shape0 + page(t), 1)
    return 'cut.active'
  })
  x.step('cut.active', (t) => {
    const at = x.state0 + page(t)
    x.put(at, stateWord(x.get(at) >> 2, ACTIVE))
    return 'page.release'
  })
}
