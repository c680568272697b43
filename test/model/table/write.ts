/**
 * Writing, first half: the bracket, the allocation of head and continuations, filling, versions.
 *
 * `row.enter .. row.leave` is the bracket of I-QUARANTINE: inside it no (chunk, version) recurs. An
 * eviction inside an operation closes the record under sequence q and goes on under q + 1, which
 * ends the bracket: no slot word read before it may be used after it; owned chunks may.
 */
import { RET_REFILL, RET_WRITE, startSum } from './read.ts'
import { BUSY, IDLE, L, REFUSED, ROW, type StepTable, type Table } from './words.ts'

export const EVICT_FOR_CHUNK = 1
export const EVICT_FOR_ROOM = 2

/** Operations that know their new value at once fill before they scan. */
export const fillsFirst = (x: Table, t: number): boolean => ['set', 'add'].includes(x.call(t).op)
export const keepsVersion = (x: Table, t: number): boolean =>
  ['touch', 'move'].includes(x.call(t).op)
const allocatesFirst = (x: Table, t: number): boolean =>
  ['set', 'add', 'incr', 'cas', 'touch', 'move'].includes(x.call(t).op)

export const writeSteps: StepTable = (x) => {
  const b = x.broken

  // ---- enter ----------------------------------------------------------------------------
  x.step('row.clear', (t) => {
    for (const f of [ROW.NEW, ROW.NEWPART, ROW.NEWCHAIN]) x.setRow(t, f, 0)
    return 'row.enter'
  })
  x.step('row.enter', (t) => {
    if (x.call(t).op !== 'move' && !x.delayed) x.invoke(t, 0, { seenUid: x.reg(t, L.REG) })
    x.setKind(t, BUSY)
    return x.flushes && x.call(t).op !== 'evict' ? startSum(x, t, RET_WRITE) : entered(t)
  })
  const entered = (t: number): string => {
    if (allocatesFirst(x, t)) return allocStart(x, t)
    if (x.call(t).op !== 'evict') return b.staleDepth ? 'find.depth' : 'find.home'
    x.setReg(t, L.S, x.call(t).slot)
    return 'slot.take'
  }
  x.step('alloc.start', (t) => allocStart(x, t))

  // ---- alloc: the chunk is recorded before it leaves the magazine -----------------------
  x.step('alloc.record', (t) => {
    x.setRow(t, ROW.NEW, x.wordFor(x.top(t)))
    return 'alloc.shrink'
  })
  x.step('alloc.shrink', (t) => {
    x.popFrom(t, x.mag, ROW.MAGN)
    x.setReg(t, L.PN, x.call(t).parts - 1)
    return allocated(t)
  })
  /** A continuation belongs to the chain of the unpublished entry before the next one is popped. */
  x.step('part.record', (t) => {
    if (!b.partUnrecorded) x.setRow(t, ROW.NEWPART, x.top(t))
    x.setReg(t, L.P, x.top(t))
    return 'part.shrink'
  })
  x.step('part.shrink', (t) => {
    x.popFrom(t, x.mag, ROW.MAGN)
    if (!b.linkAfterNext || x.reg(t, L.PN) === 1) return 'part.link'
    x.setReg(t, L.PN, x.reg(t, L.PN) - 1)
    x.setReg(t, L.CS, x.reg(t, L.P))
    return 'part.record'
  })
  x.step('part.link', (t) => {
    const p = x.reg(t, L.P)
    x.put(x.link(p), x.row(t, ROW.NEWCHAIN))
    x.put(x.value0(p), x.call(t).value)
    return 'part.own'
  })
  x.step('part.own', (t) => {
    x.setRow(t, ROW.NEWCHAIN, x.reg(t, L.P))
    return 'part.close'
  })
  x.step('part.close', (t) => {
    x.setRow(t, ROW.NEWPART, 0)
    x.setReg(t, L.PN, x.reg(t, L.PN) - 1)
    x.clear(t, L.P)
    if (!x.reg(t, L.CS)) return allocated(t)
    x.setReg(t, L.P, x.reg(t, L.CS))
    x.setReg(t, L.PN, 1)
    x.clear(t, L.CS)
    return 'part.link'
  })
  const allocated = (t: number): string => {
    if (x.reg(t, L.PN)) return allocStart(x, t)
    if (x.call(t).op === 'grow') {
      const kept = x.reg(t, L.EV) === 0
      x.clear(t, L.EV)
      if (kept) return startFill(x, t)
      if (!b.inlineKeepsWord) return 'find.home'
      x.setReg(t, L.S, x.reg(t, L.HS))
      x.setReg(t, L.W, x.reg(t, L.HE))
      return startFill(x, t)
    }
    x.clear(t, L.EV)
    if (x.call(t).op === 'move') {
      x.setReg(t, L.S, x.call(t).slot)
      return 'slot.take'
    }
    return fillsFirst(x, t) ? 'fill.key' : b.staleDepth ? 'find.depth' : 'find.home'
  }
  /** Parked chunks come back once every other row was seen idle or at another sequence. */
  x.step('alloc.unpark', (t) => {
    const u = x.reg(t, L.I)
    const then = x.row(t, ROW.SNAP0 + u)
    const now = u === t ? 0 : x.row(u, ROW.STATE)
    const passed = u === t || (then & 7) === IDLE || (now & 7) === IDLE || then >> 3 !== now >> 3
    if (!passed) {
      x.clear(t, L.I)
      return allocEvict(x, t)
    }
    x.setReg(t, L.I, u + 1)
    if (u + 1 < x.threads) return 'alloc.unpark'
    x.clear(t, L.I)
    x.unpark(t)
    return allocStart(x, t)
  })

  // ---- fill: stale readers may look on --------------------------------------------------
  const source = (t: number): readonly [number, number, number, number] => {
    const c = x.call(t)
    const [x0, x1] = [x.reg(t, L.X0), x.reg(t, L.X1)]
    switch (c.op) {
      case 'incr':
      case 'grow':
        return [c.key, x0 + 1, x1 + 1, c.uid]
      case 'touch':
        return [c.key, x0, x1, x.reg(t, L.XU)]
      case 'move':
        return [x.reg(t, L.XK), x0, x1, x.reg(t, L.XU)]
      default:
        return [c.key, c.value, c.value, c.uid]
    }
  }
  /** Bytes that stale readers may be comparing change only under another incarnation. */
  x.step('fill.again', (t) => {
    const at = x.inc(x.newChunk(t))
    if (!(x.get(at) & 1)) x.put(at, x.get(at) + 2 * (x.versionMask + 1) - 1)
    return 'fill.key'
  })
  x.step('fill.key', (t) => {
    const h = x.newChunk(t)
    x.put(x.keyOf(h), source(t)[0])
    x.put(x.stamp(h), keepsVersion(x, t) ? x.reg(t, L.XE) : x.reg(t, L.F))
    x.put(x.parts(h), x.call(t).parts)
    x.put(x.link(h), x.row(t, ROW.NEWCHAIN))
    return 'fill.half0'
  })
  x.step('fill.half0', (t) => {
    x.put(x.value0(x.newChunk(t)), source(t)[1] & 255)
    return 'fill.half1'
  })
  x.step('fill.half1', (t) => {
    const h = x.newChunk(t)
    x.put(x.value1(h), source(t)[2] & 255)
    x.put(x.uid(h), source(t)[3])
    x.setReg(t, L.FILLED, 1)
    if (!x.late) return 'fill.complete'
    return fillsFirst(x, t) ? 'find.home' : takeVersion(x, t)
  })
  x.step('fill.complete', (t) => {
    const h = x.newChunk(t)
    if (!x.complete(h)) x.bump(h)
    return fillsFirst(x, t) ? (b.staleDepth ? 'find.depth' : 'find.home') : 'replace.fields'
  })

  // ---- late version: taken after the scan, written before the chunk is complete ---------
  x.step('version.again', (t) => {
    const at = x.inc(x.newChunk(t))
    x.put(at, x.get(at) + 2 * (x.versionMask + 1) - 1)
    return 'version.take'
  })
  x.step('version.take', (t) => {
    x.put(x.versions, x.get(x.versions) + 1)
    x.setReg(t, L.VT, x.get(x.versions))
    return 'version.write'
  })
  x.step('version.write', (t) => {
    x.put(x.version(x.newChunk(t)), x.reg(t, L.VT))
    x.clear(t, L.VT)
    return 'version.complete'
  })
  x.step('version.complete', (t) => {
    const h = x.newChunk(t)
    if (!x.complete(h)) x.bump(h)
    return x.reg(t, L.W) ? 'replace.fields' : 'reserve.fields'
  })
}

export function takeVersion(x: Table, t: number): string {
  if (keepsVersion(x, t)) return 'version.write'
  if (!x.complete(x.newChunk(t))) return 'version.take'
  return x.broken.versionKept
    ? x.reg(t, L.W)
      ? 'replace.fields'
      : 'reserve.fields'
    : 'version.again'
}

/** The operation's sum of epochs is known. */
export function afterSum(x: Table): (t: number, ret: number) => string {
  return (t, ret) => {
    x.setReg(t, L.F, x.reg(t, L.SUM))
    if (ret === RET_REFILL) return startFill(x, t)
    return allocatesFirst(x, t) ? 'alloc.start' : 'find.home'
  }
}
export const startFill = (x: Table, t: number): string =>
  x.reg(t, L.FILLED) ? 'fill.again' : 'fill.key'

export function allocStart(x: Table, t: number): string {
  if (x.row(t, ROW.MAGN)) return x.row(t, ROW.NEW) ? 'part.record' : 'alloc.record'
  if (x.row(t, ROW.PARKN)) {
    x.setReg(t, L.I, 0)
    return 'alloc.unpark'
  }
  return allocEvict(x, t)
}
function allocEvict(x: Table, t: number): string {
  if (x.config.eviction === 'none') return refuse(x, t)
  if (x.broken.inlineKeepsWord && !x.reg(t, L.EV)) {
    x.setReg(t, L.HS, x.reg(t, L.S))
    x.setReg(t, L.HE, x.reg(t, L.W))
  }
  x.setReg(t, L.EV, 1)
  x.setReg(t, L.MODE, EVICT_FOR_CHUNK)
  x.setReg(t, L.C, 0)
  x.setReg(t, L.S, x.firstSlot(x.call(t).key, 0))
  return 'slot.take'
}
export function refuse(x: Table, t: number): string {
  x.setReg(t, L.X0, REFUSED)
  return x.row(t, ROW.NEW) ? 'drop.bump' : 'row.leave'
}
