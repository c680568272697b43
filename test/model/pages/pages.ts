/**
 * The page model: the steps put together, the invariants of every state and the audit at the end.
 *
 * Abstracted: the table (a slot is one word, and recovery is told which exchange won: the table
 * model shows that it can tell), size classes (a page is cut anew into the same places under
 * incarnations above all old ones), quarantine (versions do not wrap here), the choice of the page
 * to drain.
 */
import type { History, Specification } from '../checker/history.ts'
import { type Broken, type Call, check } from '../checker/machine.ts'
import { drainSteps } from './drain.ts'
import { recoverSteps } from './recover.ts'
import { refillSteps } from './refill.ts'
import { useSteps } from './use.ts'
import { ACTIVE, CUTTING, DRAINING, FREE, type PageProgram, Pages, REFUSED, ROW } from './words.ts'
import { stackCount, stackTop, stackWord, stateWord } from './words.ts'

/** State: the value in each slot, 0 for none. */
export const pageSpecification: Specification = (state: unknown, c: Call) => {
  const s = state as readonly number[]
  const put = (value: number): number[] => s.map((v, i) => (i === c.slot ? value : v))
  switch (c.op) {
    case 'get':
      return [[s, s[c.slot]]]
    case 'put':
      return [
        [put(c.value), 1],
        [s, REFUSED],
      ]
    case 'take':
      return [[put(0), s[c.slot]]]
    case 'sweep':
      return [
        [s, 0],
        [put(0), s[c.slot]],
      ]
    default:
      return [[s, 0]]
  }
}

const FIRST: Record<string, string> = {
  get: 'get.first',
  put: 'row.enter',
  take: 'row.enter',
  sweep: 'row.enter',
  spill: 'row.enter',
  drain: 'wish.read',
  abandon: 'abandon.read',
  end: 'page.record',
  cut: 'page.record',
}

export function makePages(config: PageProgram, history: History, broken: Broken): Pages {
  const x = new Pages(config, history, broken)
  useSteps(x)
  refillSteps(x)
  drainSteps(x)
  recoverSteps(x)
  x.hooks = {
    firstStep: (t, i) => FIRST[x.calls[t][i].op],
    fill: () => fill(x),
    invariant: () => invariant(x),
    audit: () => audit(x),
  }
  return x
}

function fill(x: Pages): number[] {
  const slots: number[] = Array(x.config.slots).fill(0)
  const placed = new Set<number>()
  for (const { slot, value, chunk } of x.config.preload) {
    placed.add(chunk)
    x.put(x.inc(chunk), 2)
    x.put(x.value(chunk), value)
    x.put(x.value1(chunk), value)
    x.put(x.slot0 + slot, x.wordFor(chunk))
    slots[slot] = value
  }
  for (const [t, list] of x.config.magazines.entries()) {
    for (const h of [...list].reverse()) {
      placed.add(h)
      x.put(x.inc(h), 1)
      x.put(x.link(h), x.row(t, ROW.HEAD))
      x.setRow(t, ROW.HEAD, h)
    }
  }
  for (let p = 0; p < x.config.pages; p++) {
    x.put(x.state0 + p, stateWord(1, ACTIVE))
    x.put(x.base0 + p, 1)
    x.put(x.shape0 + p, 1)
    x.put(x.carved0 + p, x.config.carved[p])
    for (let i = 0; i < x.config.carved[p]; i++) {
      const h = x.firstOf(p) + i
      if (placed.has(h)) continue
      const s = x.get(x.stack0 + p)
      x.put(x.inc(h), 1)
      x.put(x.link(h), stackTop(s))
      x.put(x.stack0 + p, stackWord(stackCount(s) + 1, h))
    }
  }
  return slots
}

function owned(x: Pages): Set<number> {
  const seen = new Set<number>()
  const owner = (h: number, where: string): void => {
    check(!seen.has(h), `I-ONE-OWNER: chunk ${h} is ${where} and elsewhere`)
    check(h >= 1 && h <= x.chunks, `I-ONE-OWNER: no chunk ${h} is ${where}`)
    const p = x.pageOf(h)
    const empty = x.stateOf(p) === FREE || x.stateOf(p) === CUTTING
    const cut = !empty && h < x.firstOf(p) + x.get(x.carved0 + p)
    check(cut || where === 'stacked', `I-DRAINED: chunk ${h} of a page not cut is ${where}`)
    seen.add(h)
  }
  for (let s = 0; s < x.config.slots; s++) {
    const w = x.get(x.slot0 + s)
    if (!w) continue
    owner(w >> 4, 'linked')
    check((x.get(x.inc(w >> 4)) & 1) === 0, `I-COMPLETE: linked chunk ${w >> 4} is free`)
  }
  for (let t = 0; t < x.threads; t++) {
    for (let h = x.row(t, ROW.HEAD); h; h = x.next(h)) owner(h, 'in a magazine')
  }
  for (let p = 0; p < x.config.pages; p++) {
    const s = x.get(x.stack0 + p)
    let h = stackTop(s)
    for (let n = 0; n < stackCount(s); n++, h = x.next(h)) {
      owner(h, 'stacked')
      check(x.pageOf(h) === p, `I-STACK: chunk ${h} is on the stack of page ${p}`)
    }
    check(h === 0, `I-STACK: the stack of page ${p} is longer than its count`)
  }
  return seen
}

function invariant(x: Pages): void {
  owned(x)
}

/** At quiescence: every chunk that was cut is in one place, no claim is left, values are right. */
function audit(x: Pages): void {
  const seen = owned(x)
  for (let p = 0; p < x.config.pages; p++) {
    check(x.get(x.claim0 + p) === 0, `I-CLAIM: page ${p} is still claimed`)
    const named = x.get(x.drain) === p + 1 || (!x.broken.orphansForgotten && !x.get(x.drain))
    const lost = x.stateOf(p) === DRAINING && !named
    check(!lost, `I-ORPHAN: page ${p} is being drained and nobody will look at it`)
    check(x.stateOf(p) !== CUTTING, `I-CLAIM: page ${p} is half cut`)
    if (x.stateOf(p) === FREE) continue
    for (let i = 0; i < x.get(x.carved0 + p); i++) {
      check(seen.has(x.firstOf(p) + i), `I-NO-LEAK: chunk ${x.firstOf(p) + i} is lost`)
    }
  }
  const slots = Array.from({ length: x.config.slots }, (_, s) => {
    const h = x.get(x.slot0 + s) >> 4
    return h ? x.get(x.value(h)) : 0
  })
  const possible = x.history.audit(x.historyId(), slots)
  check(possible, 'I-HISTORY: the final slots are no possible outcome')
}
