/**
 * Reading: get and gets, and the sum of the epoch words that decides whether an entry is flushed.
 *
 * A reader writes nothing. It looks through the home bucket, reads the depth, and goes on to that
 * candidate; per slot it copies, then re-reads the slot word, then the head's incarnation. A miss
 * needs no certificate: an entry never changes its slot, and one deeper than the depth was created
 * after the depth was read. Chains are followed without looking at the continuations' own headers:
 * while the slot word and the head's incarnation stand, nobody has freed a part of the chain.
 */
import { check } from '../checker/machine.ts'
import {
  chunkOf,
  depthOf,
  isLive,
  L,
  NONE,
  ROW,
  type Table,
  TORN,
  tagIn,
  versionOf,
} from './words.ts'

const COPY = [L.SUM, L.W, L.ID, L.X0, L.X1, L.XU, L.XE, L.XK, L.P, L.PN]

export const RET_READ = 1
export const RET_WRITE = 2
export const RET_REFILL = 3

type AfterSum = (t: number, ret: number) => string
type ReadSteps = (x: Table, afterSum: AfterSum) => void

export const readSteps: ReadSteps = (x, afterSum) => {
  const b = x.broken

  const miss = (t: number): string => {
    x.setReg(t, L.REG, 0)
    x.respond(t, 0)
    return x.finish(t)
  }
  const nextSlot = (t: number): string => {
    x.clear(t, ...COPY)
    const s = x.reg(t, L.S) + 1
    x.setReg(t, L.S, s)
    if (s % x.ways) return 'get.tag'
    return x.reg(t, L.C) === 0 ? 'get.depth' : nextCandidate(t)
  }
  const nextCandidate = (t: number): string => {
    const key = x.call(t).key
    const candidate = x.reg(t, L.C) + 1
    if (candidate > x.reg(t, L.DP) || candidate >= x.candidatesOf(key).length) return miss(t)
    x.setReg(t, L.C, candidate)
    x.setReg(t, L.S, x.firstSlot(key, candidate))
    return 'get.tag'
  }
  const retrySlot = (t: number): string => {
    x.clear(t, ...COPY)
    return 'get.tag'
  }
  /**
   * After the home bucket: whoever was deeper before this step is covered by the depth read now.
   */
  x.step('get.depth', (t) => {
    x.setReg(t, L.DP, b.missAtHome ? 0 : depthOf(x.get(x.homeAt(t))))
    return nextCandidate(t)
  })
  x.step('get.first', (t) => {
    if (!x.delayed) x.invoke(t)
    x.setReg(t, L.S, x.firstSlot(x.call(t).key, 0))
    return readTag(t)
  })
  const readTag = (t: number): string => {
    const tag = tagIn(x.get(x.b0 + x.reg(t, L.S)))
    return tag === x.tagOf(x.call(t).key) ? 'get.slot' : nextSlot(t)
  }
  x.step('get.tag', (t) => readTag(t))
  x.step('get.slot', (t) => {
    const w = x.get(x.a0 + x.reg(t, L.S))
    if (!isLive(w)) return nextSlot(t)
    x.setReg(t, L.W, w)
    return 'get.incarnation'
  })
  x.step('get.incarnation', (t) => {
    const inc = x.get(x.inc(chunkOf(x.reg(t, L.W))))
    if (b.noIncarnation) return 'get.key'
    if (inc & 1 || x.incarnationVersion(inc) !== versionOf(x.reg(t, L.W))) return retrySlot(t)
    x.setReg(t, L.ID, inc)
    return 'get.key'
  })
  x.step('get.key', (t) => {
    const h = chunkOf(x.reg(t, L.W))
    const same = x.get(x.keyOf(h)) === x.call(t).key
    x.setReg(t, L.XK, same ? 1 : 0)
    x.setReg(t, L.PN, same ? x.get(x.parts(h)) - 1 : 0)
    if (same) return 'get.half0'
    return b.noRecheckOnMismatch ? nextSlot(t) : 'get.recheck'
  })
  x.step('get.half0', (t) => {
    x.setReg(t, L.X0, x.get(x.value0(chunkOf(x.reg(t, L.W)))))
    return 'get.half1'
  })
  x.step('get.half1', (t) => {
    const h = chunkOf(x.reg(t, L.W))
    x.setReg(t, L.X1, x.get(x.reg(t, L.PN) ? x.value0(h) : x.value1(h)))
    x.setReg(t, L.XU, x.get(x.uid(h)))
    x.setReg(t, L.XE, x.get(x.stamp(h)))
    if (!x.reg(t, L.PN)) return copied(t)
    x.setReg(t, L.P, x.get(x.link(h)))
    return b.validateBeforeChain ? 'get.recheck' : 'get.part'
  })
  /** A part of the chain; the handle may be garbage, so it is bounded before it is followed. */
  x.step('get.part', (t) => {
    const p = x.reg(t, L.P)
    if (!x.isChunk(p)) {
      x.setReg(t, L.X1, TORN)
      x.clear(t, L.P, L.PN)
      return copied(t)
    }
    if (x.get(x.value0(p)) !== x.reg(t, L.X0)) x.setReg(t, L.X1, TORN)
    x.setReg(t, L.PN, x.reg(t, L.PN) - 1)
    x.setReg(t, L.P, x.reg(t, L.PN) ? x.get(x.link(p)) : 0)
    if (x.reg(t, L.PN)) return 'get.part'
    return b.validateBeforeChain ? validated(t) : copied(t)
  })
  /**
   * Flushed or not is asked before the validation: what it says held while the entry was linked.
   */
  const copied = (t: number): string => (x.flushes ? startSum(x, t, RET_READ) : judged(t))
  const judged = (t: number): string => (b.noValidation ? validated(t) : 'get.recheck')
  x.step('get.recheck', (t) => {
    if (x.get(x.a0 + x.reg(t, L.S)) !== x.reg(t, L.W)) return retrySlot(t)
    return b.noIncarnation ? validated(t) : 'get.reincarnation'
  })
  x.step('get.reincarnation', (t) => {
    if (x.get(x.inc(chunkOf(x.reg(t, L.W)))) !== x.reg(t, L.ID)) return retrySlot(t)
    if (b.validateBeforeChain && x.reg(t, L.PN)) return 'get.part'
    return validated(t)
  })
  const validated = (t: number): string => {
    if (!x.reg(t, L.XK)) return nextSlot(t)
    return answerRead(x, t, !x.flushes || x.reg(t, L.XE) >= x.reg(t, L.SUM))
  }

  // ---- the sum of epochs: a snapshot although its words are read one after the other, because
  // each of them only grows and only by one: the sum passes every value between the first read and
  // the last.
  x.step('sum.due', (t) => {
    x.setReg(t, L.SUM, x.get(x.due) >> 4)
    return 'sum.all'
  })
  x.step('sum.all', (t) => {
    const all = b.globalFromBefore && !x.reg(t, L.XK) ? x.reg(t, L.GB) : x.get(x.epochAll)
    x.setReg(t, L.SUM, x.reg(t, L.SUM) + all)
    return 'sum.space'
  })
  x.step('sum.space', (t) => {
    const sum = x.reg(t, L.SUM) + x.get(x.epoch0 + x.spaceOf(x.call(t).key))
    const ret = x.reg(t, L.RET)
    x.clear(t, L.RET)
    x.setReg(t, L.SUM, sum)
    if (ret === RET_READ) return judged(t)
    const next = afterSum(t, ret)
    x.clear(t, L.SUM)
    return next
  })

  // ---- before each operation: a delayed flush that is due comes first
  x.step('begin.due', (t) => {
    if (!x.reg(t, L.MODE)) x.invoke(t, 0, { seenUid: x.reg(t, L.REG) })
    x.setReg(t, L.MODE, 1)
    x.setReg(t, L.I, x.get(x.due))
    return x.get(x.due) & 15 ? 'begin.clock' : begun(t)
  })
  const scheduled = (t: number): number =>
    b.timeBesideWord ? x.get(x.dueTime) : x.reg(t, L.I) & 15
  x.step('begin.clock', (t) => (x.get(x.clock) >= scheduled(t) ? 'begin.perform' : begun(t)))
  x.step('begin.perform', (t) => {
    const d = x.reg(t, L.I)
    if (b.performTwice) x.put(x.due, ((x.get(x.due) >> 4) + 1) << 4)
    else x.cas(x.due, d, ((d >> 4) + 1) << 4)
    return 'begin.due'
  })
  const begun = (t: number): string => {
    x.clear(t, L.I, L.MODE)
    if (x.call(t).op === 'get') return 'get.first'
    return x.row(t, ROW.NEW) ? 'row.clear' : 'row.enter'
  }

  // ---- flushes --------------------------------------------------------------------------
  x.step('flush.add', (t) => {
    const space = x.call(t).slot
    const at = space > 1 ? x.epochAll : x.epoch0 + space
    x.invoke(t)
    x.put(at, x.get(at) + 1)
    if (b.flushResets && at === x.epochAll) x.put(x.epoch0, 0)
    x.respond(t, 1)
    return x.finish(t)
  })
  x.step('due.read', (t) => {
    if (!x.reg(t, L.MODE)) x.invoke(t)
    x.setReg(t, L.MODE, 1)
    x.setReg(t, L.I, x.get(x.due))
    return x.get(x.due) & 15 ? 'due.clock' : 'due.schedule'
  })
  x.step('due.clock', (t) => (x.get(x.clock) >= scheduled(t) ? 'due.perform' : 'due.schedule'))
  x.step('due.perform', (t) => {
    x.cas(x.due, x.reg(t, L.I), ((x.reg(t, L.I) >> 4) + 1) << 4)
    return 'due.read'
  })
  x.step('due.schedule', (t) => {
    const d = x.reg(t, L.I)
    const time = b.timeBesideWord ? 1 : x.call(t).value
    if (b.timeBesideWord) x.put(x.dueTime, x.call(t).value)
    if (!x.cas(x.due, d, (d & 0xf0) | time)) return 'due.read'
    x.respond(t, 1)
    return x.finish(t)
  })
  x.step('clock.tick', (t) => {
    x.invoke(t)
    check(x.call(t).value > x.get(x.clock), 'the clock goes forward')
    x.put(x.clock, x.call(t).value)
    x.respond(t, 1)
    return x.finish(t)
  })
}

export function startSum(x: Table, t: number, ret: number): string {
  x.setReg(t, L.RET, ret)
  x.setReg(t, L.SUM, 0)
  return x.delayed ? 'sum.due' : 'sum.all'
}

function answerRead(x: Table, t: number, alive: boolean): string {
  const torn = x.reg(t, L.X0) !== x.reg(t, L.X1)
  const uids = x.call(t).op === 'gets'
  const seen = alive ? x.reg(t, L.XU) : 0
  if (uids) x.setReg(t, L.REG, seen)
  x.respond(t, !alive ? 0 : torn ? NONE : uids ? seen : x.reg(t, L.X0))
  return x.finish(t, ...(uids ? [L.REG] : []))
}
