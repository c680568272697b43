/**
 * The table model: the steps put together, the invariants of every state and the audit at the end.
 *
 * Abstracted: CLOCK bits (an eviction takes the first live slot in candidate order), the walk of
 * the hash, key bytes (a number), pages (see ../pages), large versions (they do not wrap here). Key
 * and epoch of a chunk are one access, and so are its second half and uid, and neighbouring row
 * fields.
 */
import type { History, Specification } from '../checker/history.ts'
import { type Broken, type Call, check } from '../checker/machine.ts'
import { findSteps } from './find.ts'
import { currentHalf, publishSteps } from './publish.ts'
import { readSteps } from './read.ts'
import { recoverSteps } from './recover.ts'
import { ALL_SPACES, BYTES, CREATE, chunkOf, depthOf, ENTRIES, homeWord, IDLE } from './words.ts'
import { isLive, isReserved, pendingOf, RESERVE, REFUSED, reserver, ROW, SIZE } from './words.ts'
import { Table, type TableProgram, tagIn, tagWord, versionOf } from './words.ts'
import { afterSum, writeSteps } from './write.ts'

type Entry = readonly [value: number, uid: number] | null
/** Entries by key, the time, the time of the scheduled flush or 0. */
type State = readonly [map: readonly Entry[], time: number, due: number]

/** Sequential specification. */
export function tableSpecification(spaces: readonly number[] = []): Specification {
  return (s: unknown, c: Call) => outcomes(s as State, c, spaces)
}
function outcomes(s: State, c: Call, spaces: readonly number[]): [State, number][] {
  const [map, time, due] = s
  const entry = map[c.key]
  const put = (e: Entry): State => [map.map((old, k) => (k === c.key ? e : old)), time, due]
  const stored: [State, number] = [put([c.value, c.uid]), 1]
  const refused: [State, number] = [s, REFUSED]
  switch (c.op) {
    case 'get':
      return [[s, entry ? entry[0] : 0]]
    case 'gets':
      return [[s, entry ? entry[1] : 0]]
    case 'set':
      return [stored, refused]
    case 'add':
      return [entry ? [s, 2] : stored, refused]
    case 'del':
      return entry ? [[put(null), 1]] : [[s, 2]]
    case 'incr':
    case 'grow':
      return [entry ? [put([entry[0] + 1, c.uid]), entry[0] + 1] : [s, 0], refused]
    case 'cas':
      return [entry ? (entry[1] === c.seenUid ? stored : [s, 2]) : [s, 3], refused]
    case 'touch':
      return [[s, entry ? 1 : 2], refused]
    case 'evict': {
      const all = map.map((e, k): [State, number] => [
        [map.map((old, j) => (j === k ? null : old)), time, due],
        e ? e[1] : 0,
      ])
      return [[s, 0], ...all.filter(([, uid]) => uid)]
    }
    case 'flush': {
      const hit = (k: number): boolean => c.slot === ALL_SPACES || (spaces[k] ?? 0) === c.slot
      return [[[map.map((e, k) => (hit(k) ? null : e)), time, due], 1]]
    }
    case 'flushAt':
      return [[time >= c.value ? [map.map(() => null), time, 0] : [map, time, c.value], 1]]
    case 'tick': {
      const fires = due > 0 && c.value >= due
      return [[[fires ? map.map(() => null) : map, c.value, fires ? 0 : due], 1]]
    }
    default:
      throw new Error(`no specification of ${c.op}`)
  }
}

const FIRST: Record<string, string> = {
  get: 'get.first',
  gets: 'get.first',
  flush: 'flush.add',
  flushAt: 'due.read',
  tick: 'clock.tick',
}

function firstStep(x: Table, t: number, op: string): string {
  if (x.delayed && op !== 'flushAt' && op !== 'tick') return 'begin.due'
  return FIRST[op] ?? (x.row(t, ROW.NEW) ? 'row.clear' : 'row.enter')
}

export function makeTable(config: TableProgram, history: History, broken: Broken): Table {
  const x = new Table(config, history, broken)
  readSteps(x, afterSum(x))
  writeSteps(x)
  findSteps(x)
  publishSteps(x)
  recoverSteps(x)
  x.hooks = {
    firstStep: (t, i) => firstStep(x, t, x.calls[t][i].op),
    fill: () => fill(x),
    invariant: () => invariant(x),
    audit: () => audit(x),
  }
  return x
}

function fill(x: Table): State {
  const map: Entry[] = Array(x.keys + 1).fill(null)
  let next = 1
  for (const [i, p] of (x.config.preload ?? []).entries()) {
    const s = p.slot ?? i
    const h = next++
    const uid = 100 + i
    x.put(x.inc(h), 2)
    for (const [at, v] of [
      [x.keyOf(h), p.key],
      [x.value0(h), p.value],
      [x.value1(h), p.value],
      [x.uid(h), uid],
      [x.parts(h), p.parts ?? 1],
    ] as const) {
      x.put(at, v)
    }
    for (let n = 1; n < (p.parts ?? 1); n++) {
      x.put(x.link(next), x.get(x.link(h)))
      x.put(x.value0(next), p.value)
      x.put(x.inc(next), 1)
      x.put(x.link(h), next++)
    }
    x.put(x.a0 + s, x.wordFor(h))
    x.put(x.b0 + s, tagWord(x.tagOf(p.key), 0))
    const candidates = x.candidatesOf(p.key)
    const home = x.home0 + candidates[0]
    const depth = candidates.indexOf(Math.floor(s / x.ways))
    x.put(home, homeWord(0, Math.max(depth, depthOf(x.get(home))), 0))
    if (x.late) {
      x.put(x.versions, i + 1)
      x.put(x.version(h), i + 1)
      x.put(x.lastVersion + p.key, i + 1)
    }
    map[p.key] = [p.value, uid]
    const cells = [
      [ENTRIES, 1],
      [BYTES, p.value],
      [SIZE + x.spaceOf(p.key), 1],
    ] as const
    for (const [cell, by] of cells) {
      const at = x.cellAt(0, cell)
      if (cell < x.cells) x.put(at, x.get(at) + by)
    }
  }
  for (let h = next; h <= x.chunks; h++) x.put(x.inc(h), 2 * (x.config.incarnation ?? 1) - 1)
  for (const [t, count] of x.config.magazines.entries()) {
    x.setRow(t, ROW.STATE, 1 << 3)
    for (let i = 0; i < count; i++) x.pushTo(t, x.mag, ROW.MAGN, next++)
  }
  if (next !== x.chunks + 1) throw new Error(`${x.config.name}: chunks do not add up`)
  return [map, 0, 0]
}

/** Marks a chunk as owned by one place. */
function owner(seen: Set<number>, h: number, where: string): void {
  check(!seen.has(h), `I-ONE-OWNER: chunk ${h} is ${where} and elsewhere`)
  seen.add(h)
}

function invariant(x: Table): void {
  const keys = new Set<number>()
  const chunks = new Set<number>()
  for (let s = 0; s < x.slots; s++) {
    const w = x.get(x.a0 + s)
    if (isReserved(w) && !x.broken.reserveNameless) {
      const u = reserver(w)
      const named = x.row(u, ROW.SLOT) === s && x.row(u, ROW.EXP) === w
      const open = x.kind(u) === RESERVE || x.kind(u) === CREATE
      check(named && open, 'I-RESERVE: a reserved slot is not in the record of its row')
    }
    if (!isLive(w)) continue
    const h = chunkOf(w)
    check(x.isChunk(h), 'I-COMPLETE: a slot names no chunk')
    check(!chunks.has(h), `I-ONE-SLOT: chunk ${h} is linked twice`)
    owner(chunks, h, 'linked')
    check(x.complete(h), `I-COMPLETE: linked chunk ${h} is free or half filled`)
    const version = x.incarnationVersion(x.get(x.inc(h)))
    check(version === versionOf(w), 'I-COMPLETE: slot and chunk disagree about the version')
    for (let p = x.get(x.link(h)), n = x.get(x.parts(h)) - 1; n > 0; n--, p = x.get(x.link(p))) {
      check(x.isChunk(p), 'I-CHAIN: the chain of a linked entry is broken')
      owner(chunks, p, 'part of an entry')
    }
    const k = x.get(x.keyOf(h))
    check(!keys.has(k), `I-ONE-ENTRY: key ${k} is linked twice`)
    keys.add(k)
    check(tagIn(x.get(x.b0 + s)) === x.tagOf(k), `I-TAG: slot ${s} has the wrong tag`)
    const candidates = x.candidatesOf(k)
    const depth = depthOf(x.get(x.home0 + candidates[0]))
    const deep = candidates.indexOf(Math.floor(s / x.ways))
    check(deep >= 0 && deep <= depth, `I-DEPTH: key ${k} is deeper than its home word says`)
  }
  for (let t = 0; t < x.threads; t++) {
    for (let i = 0; i < x.row(t, ROW.MAGN); i++) owner(chunks, x.row(t, x.mag + i), 'free')
    for (let i = 0; i < x.row(t, ROW.PARKN); i++) owner(chunks, x.row(t, x.park + i), 'parked')
  }
}

/** At quiescence: no leak, no double, exact counters, the table is an outcome of the history. */
function audit(x: Table): void {
  invariant(x)
  const fires = (x.get(x.due) & 15) > 0 && x.get(x.clock) >= (x.get(x.due) & 15)
  const sumOf = (space: number): number =>
    x.get(x.epochAll) + x.get(x.epoch0 + space) + (x.get(x.due) >> 4) + (fires ? 1 : 0)
  const map: Entry[] = Array(x.keys + 1).fill(null)
  const want = [0, 0, 0, 0]
  let chunks = 0
  for (let s = 0; s < x.slots; s++) {
    const w = x.get(x.a0 + s)
    check(!isReserved(w), 'I-RESERVE: a reservation is left behind')
    if (!isLive(w)) continue
    const h = chunkOf(w)
    const k = x.get(x.keyOf(h))
    chunks += x.get(x.parts(h))
    want[ENTRIES]++
    want[BYTES] += x.get(x.value0(h))
    const multiple = x.get(x.parts(h)) > 1
    check(multiple || x.get(x.value0(h)) === x.get(x.value1(h)), 'I-COMPLETE: a torn entry')
    if (x.get(x.stamp(h)) < sumOf(x.spaceOf(k))) continue
    map[k] = [x.get(x.value0(h)), x.get(x.uid(h))]
    want[SIZE + x.spaceOf(k)]++
  }
  const sums = [0, 0, 0, 0]
  for (let t = 0; t < x.threads; t++) {
    chunks += x.row(t, ROW.MAGN) + x.row(t, ROW.PARKN)
    check(x.kind(t) === IDLE, 'I-BRACKET: a row is not idle at the end')
    for (let cell = 0; cell < x.cells; cell++) {
      const at = currentHalf(x, t, cell)
      if (cell >= SIZE && x.get(at + 1) !== sumOf(cell - SIZE)) continue
      sums[cell] = (sums[cell] + x.get(at)) & 255
    }
  }
  check(chunks === x.chunks, `I-NO-LEAK: ${chunks} of ${x.chunks} chunks accounted for`)
  for (let cell = 0; cell < x.cells; cell++) {
    const name = ['entries', 'bytes', 'size of namespace 0', 'size of namespace 1'][cell]
    const what = `I-COUNT: ${name} counted ${sums[cell]}, there are ${want[cell]}`
    check(sums[cell] === want[cell], what)
  }
  for (let b = 0; b < x.slots / x.ways; b++) {
    check(pendingOf(x.get(x.home0 + b)) === 0, 'I-RESERVE: an announcement is left behind')
  }
  const due = fires ? 0 : x.get(x.due) & 15
  const possible = x.history.audit(x.historyId(), [map, x.get(x.clock), due])
  check(possible, 'I-HISTORY: the final table is no possible outcome')
}
