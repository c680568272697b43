/**
 * Writing, second half: replace, remove, evict, move; then what the winner of the compare-and-swap
 * alone does: free the old chunks, count, leave. A chain is freed part by part: the part is
 * recorded as `freeing`, the list advances past it, and only then is it pushed, because the push
 * overwrites its link.
 */
import { BUSY, BYTES, chunkOf, CREATE, ENTRIES, FREEING, isLive, isReserved, L } from './words.ts'
import {
  IDLE,
  REMOVE,
  REPLACE,
  ROW,
  SIZE,
  slotVersion,
  type StepTable,
  type Table,
} from './words.ts'
import { allocStart, EVICT_FOR_CHUNK, EVICT_FOR_ROOM, keepsVersion, refuse } from './write.ts'

export const publishSteps: StepTable = (x) => {
  const b = x.broken
  const answer = (t: number, result: number): string => {
    x.setReg(t, L.X0, result)
    return x.row(t, ROW.NEW) ? 'drop.bump' : 'row.leave'
  }

  // ---- evict and move take a slot by index ----------------------------------------------
  x.step('slot.take', (t) => {
    const mode = x.reg(t, L.MODE)
    const w = x.get(x.a0 + x.reg(t, L.S))
    if (!isLive(w)) {
      if (!mode) return answer(t, 0)
      if (!isReserved(w)) x.setReg(t, L.CN, 1)
      return nextVictimSlot(t)
    }
    x.setReg(t, L.W, w)
    if (x.call(t).op === 'move' && !mode) return 'move.key'
    if (mode) x.invoke(t, 6, { op: 'evict' })
    return 'remove.fields'
  })
  const nextVictimSlot = (t: number): string => {
    const key = x.call(t).key
    const s = x.reg(t, L.S) + 1
    x.setReg(t, L.S, s)
    if (s % x.ways) return 'slot.take'
    const c = x.reg(t, L.C) + 1
    if (c < x.candidatesOf(key).length) {
      x.setReg(t, L.C, c)
      x.setReg(t, L.S, x.firstSlot(key, c))
      return 'slot.take'
    }
    const room = x.reg(t, L.CN) === 1
    const mode = x.reg(t, L.MODE)
    x.clear(t, L.MODE, L.CN, L.C, L.S)
    if (mode === EVICT_FOR_ROOM && (room || b.waitForRoom)) return 'find.home'
    return refuse(x, t) // no chunk, or every candidate slot is reserved by somebody who is slow
  }
  x.step('move.key', (t) => {
    const h = chunkOf(x.reg(t, L.W))
    x.setReg(t, L.XK, x.get(x.keyOf(h)))
    x.setReg(t, L.XE, x.get(x.stamp(h)))
    return 'copy.half0'
  })

  // ---- replace --------------------------------------------------------------------------
  const recordOld = (t: number): void => {
    const h = chunkOf(x.reg(t, L.W))
    x.setRow(t, ROW.SLOT, x.reg(t, L.S))
    x.setRow(t, ROW.OLD, x.reg(t, L.W))
    x.setRow(t, ROW.OLDCHAIN, x.get(x.parts(h)) > 1 ? x.get(x.link(h)) : 0)
    x.setRow(t, ROW.OLDEP, x.get(x.stamp(h)))
    x.setRow(t, ROW.SPACE, x.spaceOf(x.get(x.keyOf(h))))
  }
  x.step('replace.fields', (t) => {
    const h = x.newChunk(t)
    recordOld(t)
    x.setRow(t, ROW.NEWEP, x.get(x.stamp(h)))
    const old = chunkOf(x.reg(t, L.W))
    x.setRow(t, ROW.DELTA, 128 + x.get(x.value0(h)) - x.get(x.value0(old)))
    return b.chainBeforeUnlink && x.row(t, ROW.OLDCHAIN) ? 'chain.mark' : 'replace.arm'
  })
  x.step('replace.arm', (t) => {
    x.setKind(t, REPLACE)
    return 'replace.cas'
  })
  x.step('replace.cas', (t) => {
    const at = x.a0 + x.reg(t, L.S)
    if (!x.cas(at, x.reg(t, L.W), x.row(t, ROW.NEW))) return 'replace.disarm'
    x.goesLive(x.row(t, ROW.NEW), keepsVersion(x, t))
    return 'free.bump'
  })
  x.step('replace.disarm', (t) => {
    x.setKind(t, BUSY)
    return x.call(t).op === 'move' ? answer(t, 0) : 'find.home'
  })

  // ---- remove ---------------------------------------------------------------------------
  x.step('remove.fields', (t) => {
    recordOld(t)
    x.setRow(t, ROW.DELTA, 128 - x.get(x.value0(chunkOf(x.reg(t, L.W)))))
    return 'remove.arm'
  })
  x.step('remove.arm', (t) => {
    x.setKind(t, REMOVE)
    return 'remove.stamp'
  })
  /** I-STAMP: the slot's version is read after the slot word it replaces. */
  x.step('remove.stamp', (t) => {
    const v = slotVersion(x.get(x.b0 + x.reg(t, L.S)))
    x.setReg(t, L.E, b.slotUnversioned ? 0 : v)
    return 'remove.cas'
  })
  x.step('remove.cas', (t) =>
    x.cas(x.a0 + x.reg(t, L.S), x.reg(t, L.W), x.reg(t, L.E)) ? 'remove.won' : 'remove.disarm',
  )
  x.step('remove.disarm', (t) => {
    const mode = x.reg(t, L.MODE)
    x.setKind(t, BUSY)
    if (mode) x.respond(t, 0, 6)
    x.clear(t, L.MODE, L.S, L.W, L.E, L.C, L.CN)
    if (mode === EVICT_FOR_CHUNK) return allocStart(x, t)
    return x.call(t).op === 'evict' ? answer(t, 0) : 'find.home'
  })
  x.step('remove.won', (t) => {
    x.setKind(t, FREEING)
    x.setReg(t, L.XU, x.get(x.uid(chunkOf(x.row(t, ROW.OLD)))))
    return 'free.bump'
  })

  // ---- free -----------------------------------------------------------------------------
  x.step('free.bump', (t) => {
    x.bump(chunkOf(x.row(t, ROW.OLD)))
    return 'free.push'
  })
  x.step('free.push', (t) => {
    if (x.push(t, chunkOf(x.row(t, ROW.OLD)))) x.setReg(t, L.PK, 1)
    return x.row(t, ROW.OLDCHAIN) ? 'chain.mark' : afterFree(t)
  })
  /** In BUSY it is the chain of an unpublished entry that goes back, else that of the old one. */
  const chainOf = (t: number): number =>
    x.kind(t) === BUSY && !b.chainBeforeUnlink ? ROW.NEWCHAIN : ROW.OLDCHAIN
  x.step('chain.mark', (t) => {
    x.setRow(t, ROW.FREEING, x.row(t, chainOf(t)))
    return b.advanceAfterPush ? 'chain.push' : 'chain.advance'
  })
  x.step('chain.advance', (t) => {
    x.setRow(t, chainOf(t), x.get(x.link(x.row(t, ROW.FREEING))))
    return b.advanceAfterPush ? nextPart(t) : 'chain.push'
  })
  x.step('chain.push', (t) => {
    if (x.push(t, x.row(t, ROW.FREEING))) x.setReg(t, L.PK, 1)
    return b.advanceAfterPush ? 'chain.advance' : nextPart(t)
  })
  const nextPart = (t: number): string =>
    x.isChunk(x.row(t, chainOf(t))) ? 'chain.mark' : 'chain.close'
  x.step('chain.close', (t) => {
    x.setRow(t, ROW.FREEING, 0)
    return b.chainBeforeUnlink && x.kind(t) === BUSY ? 'replace.arm' : afterFree(t)
  })
  const afterFree = (t: number): string => {
    if (!x.reg(t, L.PK)) return afterSnapshot(t)
    x.clear(t, L.PK)
    x.setReg(t, L.I, t === 0 ? 1 : 0)
    return x.reg(t, L.I) < x.threads ? 'free.snapshot' : afterSnapshot(t)
  }
  /** I-QUARANTINE: whoever is busy now may still hold a word with this chunk and version. */
  x.step('free.snapshot', (t) => {
    const u = x.reg(t, L.I)
    x.setRow(t, ROW.SNAP0 + u, x.row(u, ROW.STATE))
    x.setReg(t, L.I, u + 1 === t ? u + 2 : u + 1)
    return x.reg(t, L.I) < x.threads ? 'free.snapshot' : afterSnapshot(t)
  })
  const afterSnapshot = (t: number): string => {
    x.clear(t, L.I)
    return x.kind(t) === BUSY ? 'row.leave' : countNext(t)
  }
  x.step('drop.bump', (t) => {
    const h = x.newChunk(t)
    if (x.complete(h)) x.bump(h)
    return 'drop.push'
  })
  x.step('drop.push', (t) => {
    if (x.push(t, x.newChunk(t))) x.setReg(t, L.PK, 1)
    return x.row(t, ROW.NEWCHAIN) ? 'chain.mark' : afterFree(t)
  })

  // ---- count: each cell once per sequence number, value first ---------------------------
  x.step('count.start', (t) => countNext(t))
  const countNext = (t: number): string => {
    const cell = nextCell(x, t, x.kind(t), x.reg(t, L.I))
    x.setReg(t, L.I, cell)
    if (cell < x.cells) return 'cell.value'
    x.clear(t, L.I)
    return x.reg(t, L.MODE) ? 'remove.commit' : 'row.leave'
  }
  x.step('cell.value', (t) => {
    writeCell(x, t, x.kind(t), x.reg(t, L.I))
    return 'cell.close'
  })
  x.step('cell.close', (t) => {
    closeCell(x, t, x.reg(t, L.I))
    x.setReg(t, L.I, x.reg(t, L.I) + 1)
    return countNext(t)
  })

  // ---- the end of an eviction inside an operation, and of an operation ------------------
  x.step('remove.commit', (t) => {
    const mode = x.reg(t, L.MODE)
    if (b.inlineSameSequence) x.setKind(t, BUSY)
    else x.advance(t, BUSY)
    x.respond(t, x.reg(t, L.XU), 6)
    x.clear(t, L.MODE, L.S, L.W, L.E, L.XU, L.C, L.CN)
    return mode === EVICT_FOR_CHUNK ? allocStart(x, t) : 'find.home'
  })
  x.step('row.leave', (t) => {
    const kind = x.kind(t)
    const op = x.call(t).op
    x.advance(t, IDLE)
    if (op === 'move') return x.finish(t)
    let result = 1
    if (kind === BUSY) result = x.reg(t, L.X0)
    else if (op === 'incr' || op === 'grow') result = x.reg(t, L.X0) + 1
    else if (op === 'evict') result = x.reg(t, L.XU)
    else if (op === 'del' && x.flushes && x.reg(t, L.XE) < x.reg(t, L.F)) result = 2
    x.respond(t, result)
    if (b.globalFromBefore) x.setReg(t, L.GB, x.get(x.epochAll))
    return x.finish(t, ...(b.globalFromBefore ? [L.GB] : []))
  })
}

// ---- cells: two halves of (value, epoch, sequence); the half with the greater sequence counts
// ----
export function currentHalf(x: Table, t: number, cell: number): number {
  const at = x.cellAt(t, cell)
  return x.get(at + 2) >= x.get(at + 5) ? at : at + 3
}
const olderHalf = (x: Table, t: number, cell: number): number => {
  const at = x.cellAt(t, cell)
  const current = currentHalf(x, t, cell)
  if (x.broken.cellInPlace) return current
  return current === at ? at + 3 : at
}
/** What the decided operation changes in a cell: [value, epoch], or nothing. */
function changed(x: Table, t: number, kind: number, cell: number): [number, number] | undefined {
  const at = currentHalf(x, t, cell)
  let [value, epoch] = [x.get(at), x.get(at + 1)]
  const count = (stamp: number, by: number): void => {
    if (stamp < epoch) return
    value = stamp === epoch ? (value + by) & 255 : by & 255
    epoch = stamp
  }
  const before = `${value},${epoch}`
  if (cell === ENTRIES) count(0, kind === CREATE ? 1 : kind === FREEING ? -1 : 0)
  else if (cell === BYTES) count(0, x.row(t, ROW.DELTA) - 128)
  else if (cell === SIZE + x.row(t, ROW.SPACE)) {
    if (kind !== CREATE) count(x.row(t, ROW.OLDEP), -1)
    if (kind !== FREEING) count(x.row(t, ROW.NEWEP), 1)
  }
  return `${value},${epoch}` === before ? undefined : [value, epoch]
}
export function nextCell(x: Table, t: number, kind: number, from: number): number {
  let cell = from
  while (cell < x.cells && !changed(x, t, kind, cell)) cell++
  return cell
}
export function writeCell(x: Table, t: number, kind: number, cell: number): void {
  const half = olderHalf(x, t, cell)
  const change = changed(x, t, kind, cell)
  if (!change) return
  x.put(half, change[0])
  x.put(half + 1, change[1])
}
export function closeCell(x: Table, t: number, cell: number): void {
  x.put(olderHalf(x, t, cell) + 2, x.sequence(t))
}
export function isCounted(x: Table, t: number, cell: number): boolean {
  const at = x.cellAt(t, cell)
  return x.get(at + 2) === x.sequence(t) || x.get(at + 5) === x.sequence(t)
}
