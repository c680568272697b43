/**
 * The scan of a writer: home word first, then candidates 0..depth slot by slot. For a creation it
 * also chooses the slot: the first candidate with room enough, else the one with most; candidates
 * beyond the depth are looked at for room only, since the home word says no key of this home is
 * there, and the announcement certifies that it still said so.
 */
import { check } from '../checker/machine.ts'
import { RET_REFILL, startSum } from './read.ts'
import { BUSY, chunkOf, depthOf, isLive, isReserved, L, NONE, pendingOf } from './words.ts'
import { CREATE, RESERVE, ROW, slotVersion, type StepTable, type Table, tagIn } from './words.ts'
import { homeVersion, homeWord, reservedWord, tagWord } from './words.ts'
import { allocStart, EVICT_FOR_ROOM, fillsFirst, refuse, startFill, takeVersion } from './write.ts'

const CHOSEN = 15

export const findSteps: StepTable = (x) => {
  const b = x.broken
  const roomy = x.config.roomy ?? 2

  x.step('find.depth', (t) => {
    x.setReg(t, L.DP, depthOf(x.get(x.homeAt(t))))
    return 'find.home'
  })
  x.step('find.home', (t) => {
    const h = x.get(x.homeAt(t))
    for (const r of [L.W, L.E, L.X0, L.X1, L.XU, L.XE, L.VT, L.BN, L.CN, L.CE, L.C]) x.clear(t, r)
    x.setReg(t, L.H, h)
    if (!b.staleDepth) x.setReg(t, L.DP, depthOf(h))
    x.setReg(t, L.ES, NONE)
    x.setReg(t, L.CS, NONE)
    x.setReg(t, L.S, x.firstSlot(x.call(t).key, 0))
    return 'find.tag'
  })
  x.step('find.tag', (t) => {
    const mine = tagIn(x.get(x.b0 + x.reg(t, L.S))) === x.tagOf(x.call(t).key)
    if (!mine && !fillsFirst(x, t)) return nextSlot(t)
    x.setReg(t, L.X0, mine ? 1 : 0)
    return 'find.slot'
  })
  x.step('find.slot', (t) => {
    const w = x.get(x.a0 + x.reg(t, L.S))
    const mine = x.reg(t, L.X0) === 1
    x.clear(t, L.X0)
    if (!isLive(w)) {
      if (fillsFirst(x, t) && !isReserved(w)) empty(t, w)
      return nextSlot(t)
    }
    if (!mine) return nextSlot(t)
    x.setReg(t, L.W, w)
    return 'find.key'
  })
  /** A candidate beyond the depth: room only. */
  x.step('find.room', (t) => {
    const w = x.get(x.a0 + x.reg(t, L.S))
    if (!isLive(w) && !isReserved(w)) empty(t, w)
    return nextSlot(t)
  })
  const empty = (t: number, w: number): void => {
    if (x.reg(t, L.BN) === CHOSEN) return
    x.setReg(t, L.CN, x.reg(t, L.CN) + 1)
    if (x.reg(t, L.CS) !== NONE) return
    x.setReg(t, L.CS, x.reg(t, L.S))
    x.setReg(t, L.CE, w)
  }
  x.step('find.key', (t) => {
    const h = chunkOf(x.reg(t, L.W))
    if (x.get(x.keyOf(h)) !== x.call(t).key)
      return b.noRecheckOnMismatch ? nextSlot(t) : 'find.recheck'
    x.setReg(t, L.XE, x.get(x.stamp(h)))
    return found(t)
  })
  x.step('find.recheck', (t) =>
    x.get(x.a0 + x.reg(t, L.S)) === x.reg(t, L.W) ? nextSlot(t) : retrySlot(t),
  )
  const retrySlot = (t: number): string => {
    x.clear(t, L.W)
    return 'find.tag'
  }
  const endOfCandidate = (t: number): void => {
    const n = x.reg(t, L.CN)
    if (n > x.reg(t, L.BN) && x.reg(t, L.BN) !== CHOSEN) {
      x.setReg(t, L.BN, n >= roomy ? CHOSEN : n)
      x.setReg(t, L.ES, x.reg(t, L.CS))
      x.setReg(t, L.E, x.reg(t, L.CE))
      x.setReg(t, L.EC, x.reg(t, L.C))
    }
    x.clear(t, L.CN, L.CE)
    x.setReg(t, L.CS, NONE)
  }
  const nextSlot = (t: number): string => {
    const key = x.call(t).key
    x.clear(t, L.W)
    const s = x.reg(t, L.S) + 1
    x.setReg(t, L.S, s)
    const inside = x.reg(t, L.C) <= x.reg(t, L.DP)
    if (s % x.ways) return inside ? 'find.tag' : 'find.room'
    endOfCandidate(t)
    const c = x.reg(t, L.C) + 1
    const more = c < x.candidatesOf(key).length && !(b.evictAtHome && x.reg(t, L.DP) < c)
    if (c <= x.reg(t, L.DP) && more) return candidate(t, c, 'find.tag')
    if (fillsFirst(x, t) && more && x.reg(t, L.BN) !== CHOSEN) return candidate(t, c, 'find.room')
    return fillsFirst(x, t) ? toCreate(t) : absent(t)
  }
  const candidate = (t: number, c: number, step: string): string => {
    x.setReg(t, L.C, c)
    x.setReg(t, L.S, x.firstSlot(x.call(t).key, c))
    return step
  }
  const toCreate = (t: number): string => {
    x.setReg(t, L.S, 0)
    x.setReg(t, L.C, 0)
    x.setReg(t, L.CS, 0)
    if (pendingOf(x.reg(t, L.H))) return 'help.row0'
    if (x.reg(t, L.ES) !== NONE) return x.late ? takeVersion(x, t) : 'reserve.fields'
    if (x.config.eviction === 'none') return refuse(x, t)
    const free = x.candidatesOf(x.call(t).key).some((bucket) => hasEmpty(x, bucket))
    check(!free || x.threads > 1, 'I-ROOM: an eviction although a candidate has an empty slot')
    x.setReg(t, L.MODE, EVICT_FOR_ROOM)
    x.setReg(t, L.S, x.firstSlot(x.call(t).key, 0))
    return 'slot.take'
  }
  const answer = (t: number, result: number): string => {
    x.setReg(t, L.X0, result)
    return x.row(t, ROW.NEW) ? 'drop.bump' : 'row.leave'
  }
  const absent = (t: number): string => {
    const op = x.call(t).op
    return answer(t, op === 'incr' || op === 'grow' ? 0 : op === 'cas' ? 3 : 2)
  }
  const flushed = (t: number): boolean => x.flushes && x.reg(t, L.XE) < x.reg(t, L.F)
  const toReplace = (t: number): string => (x.late ? takeVersion(x, t) : 'replace.fields')

  /** I-EPOCH: an entry stamped before a flush never replaces a younger one. */
  const found = (t: number): string => {
    const newer = x.flushes && x.reg(t, L.XE) > x.reg(t, L.F)
    switch (x.call(t).op) {
      case 'set':
        return newer && !b.buriesNewer ? startSum(x, t, RET_REFILL) : toReplace(t)
      case 'add':
        return flushed(t) ? toReplace(t) : 'find.exists'
      case 'del':
        return 'remove.fields'
      default:
        return flushed(t) ? 'find.exists' : 'copy.half0'
    }
  }
  x.step('find.exists', (t) => {
    if (x.get(x.a0 + x.reg(t, L.S)) !== x.reg(t, L.W) && !b.existsWithoutRecheck)
      return retrySlot(t)
    return flushed(t) ? absent(t) : answer(t, 2)
  })
  x.step('copy.half0', (t) => {
    x.setReg(t, L.X0, x.get(x.value0(chunkOf(x.reg(t, L.W)))))
    return 'copy.half1'
  })
  x.step('copy.half1', (t) => {
    const h = chunkOf(x.reg(t, L.W))
    const op = x.call(t).op
    x.setReg(t, L.X1, x.get(x.value1(h)))
    x.setReg(t, L.XU, x.get(x.uid(h)))
    if (op === 'touch' || op === 'move') {
      x.setReg(t, L.VT, x.get(x.version(h)))
      return startFill(x, t)
    }
    if (op === 'cas' && x.reg(t, L.XU) !== x.reg(t, L.REG)) return 'find.exists'
    // What is made of an entry lives and dies with it: its stamp is the old one's.
    if (x.flushes && b.stampReread && x.reg(t, L.XE) > x.reg(t, L.F)) {
      return startSum(x, t, RET_REFILL)
    }
    if (x.flushes) x.setReg(t, L.F, x.reg(t, L.XE))
    // grow learns the size it needs from the old value; what it read is void if this evicts.
    return x.row(t, ROW.NEW) ? startFill(x, t) : allocStart(x, t)
  })

  createSteps(x)
}

/** Ghost: only a thread that is alone can be held to what it did not see change. */
function hasEmpty(x: Table, bucket: number): boolean {
  for (let s = bucket * x.ways; s < (bucket + 1) * x.ways; s++) {
    if (!isLive(x.get(x.a0 + s)) && !isReserved(x.get(x.a0 + s))) return true
  }
  return false
}

/**
 * Creation: reserve a slot privately, tag it by a plain store, announce in the home word (which
 * also raises the depth), place, clear. Place and clear may be done by anybody who meets the
 * announcement.
 */
const createSteps: StepTable = (x) => {
  const b = x.broken

  x.step('reserve.fields', (t) => {
    const h = x.newChunk(t)
    x.setRow(t, ROW.SLOT, x.reg(t, L.ES))
    x.setRow(t, ROW.EXP, reservedWord(b.reserveNameless ? 0 : t, x.reg(t, L.E)))
    x.setRow(t, ROW.TAG, x.tagOf(x.call(t).key))
    x.setRow(t, ROW.BUCKET, x.candidatesOf(x.call(t).key)[0])
    x.setRow(t, ROW.DELTA, 128 + x.get(x.value0(h)))
    x.setRow(t, ROW.NEWEP, x.get(x.stamp(h)))
    x.setRow(t, ROW.SPACE, x.spaceOf(x.call(t).key))
    return 'reserve.arm'
  })
  x.step('reserve.arm', (t) => {
    x.setKind(t, RESERVE)
    return 'reserve.cas'
  })
  x.step('reserve.cas', (t) => {
    const taken = x.row(t, ROW.EXP)
    if (!x.cas(x.a0 + x.reg(t, L.ES), x.reg(t, L.E), taken)) return 'create.disarm'
    x.setReg(t, L.E, taken)
    return b.tagAfterAnnounce ? 'create.arm' : 'reserve.tag'
  })
  x.step('reserve.tag', (t) => {
    const v = b.slotUnversioned ? 0 : slotVersion(x.reg(t, L.E)) + 1
    x.put(x.b0 + x.reg(t, L.ES), tagWord(x.row(t, ROW.TAG), v))
    return b.tagAfterAnnounce ? 'create.place' : 'create.arm'
  })
  x.step('reserve.release', (t) => {
    x.put(x.a0 + x.reg(t, L.ES), slotVersion(x.reg(t, L.E)))
    return 'create.disarm'
  })
  x.step('create.arm', (t) => {
    x.setKind(t, CREATE)
    return 'create.announce'
  })
  x.step('create.announce', (t) => {
    const h = x.reg(t, L.H)
    const at = x.homeAt(t)
    const now = x.get(at)
    const lost = b.announceFresh ? pendingOf(now) !== 0 : now !== h
    if (lost) return b.reserveKept ? 'create.disarm' : 'reserve.release'
    const base = b.announceFresh ? now : h
    const deeper = Math.max(depthOf(base), x.reg(t, L.EC))
    const depth = b.depthAfterPlace ? depthOf(base) : b.depthFalls ? x.reg(t, L.EC) : deeper
    x.put(at, homeWord(homeVersion(base) + 1, depth, t + 1))
    x.setReg(t, L.H, x.get(at))
    return b.tagAfterAnnounce ? 'reserve.tag' : 'create.place'
  })
  x.step('create.disarm', (t) => {
    x.setKind(t, BUSY)
    return 'find.home'
  })
  x.step('create.place', (t) => {
    if (x.cas(x.a0 + x.reg(t, L.ES), x.reg(t, L.E), x.row(t, ROW.NEW))) {
      x.goesLive(x.row(t, ROW.NEW))
    }
    return 'create.clear'
  })
  x.step('create.clear', (t) => {
    const h = x.reg(t, L.H)
    const depth = b.depthAfterPlace ? Math.max(depthOf(h), x.reg(t, L.EC)) : depthOf(h)
    x.cas(x.homeAt(t), h, homeWord(homeVersion(h), depth, 0))
    return 'count.start'
  })

  // ---- help: finish whoever is announced ------------------------------------------------
  const endHelp = (t: number): string => {
    x.clear(t, L.HS, L.HE, L.HN)
    return 'find.home'
  }
  x.step('help.row0', (t) => {
    const u = pendingOf(x.reg(t, L.H)) - 1
    x.setReg(t, L.HS, x.row(u, ROW.SLOT))
    x.setReg(t, L.HE, x.row(u, ROW.EXP))
    return 'help.row1'
  })
  x.step('help.row1', (t) => {
    x.setReg(t, L.HN, x.row(pendingOf(x.reg(t, L.H)) - 1, ROW.NEW))
    return b.helpWithoutRecheck ? 'help.place' : 'help.recheck'
  })
  x.step('help.recheck', (t) => (x.get(x.homeAt(t)) === x.reg(t, L.H) ? 'help.place' : endHelp(t)))
  x.step('help.place', (t) => {
    const placed = x.cas(x.a0 + x.reg(t, L.HS), x.reg(t, L.HE), x.reg(t, L.HN))
    if (placed) x.goesLive(x.reg(t, L.HN))
    return 'help.clear'
  })
  x.step('help.clear', (t) => {
    const h = x.reg(t, L.H)
    x.cas(x.homeAt(t), h, homeWord(homeVersion(h), depthOf(h), 0))
    return endHelp(t)
  })
}
