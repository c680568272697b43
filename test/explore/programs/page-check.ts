/**
 * What is promised about pages between classes, asked when a program has ended: whoever died or
 * gave up, a page that was emptied for a class waits for no other one, and for that one not for
 * ever; and memory is good for values of all sizes.
 */
import { add, load } from '#atomics'
import { CLASS, CONTROL } from '../../../native-layout/control-block.ts'
import {
  PAGE,
  PAGE_ACTIVE,
  PAGE_FREE,
  pageClassOf,
  pageStateOf,
} from '../../../native-layout/page.ts'
import type { PageNumber, SizeClass } from '../../../native-layout/units.ts'
import { checkIntegrity } from '../../../src/memory/check-integrity.ts'
import { cutFree } from '../../../src/memory/cut-page.ts'
import { giveBackTop } from '../../../src/memory/page-claim.ts'
import { hasPage } from '../../../src/memory/page-demand.ts'
import { enter, leave, renew } from '../../../src/memory/row.ts'
import { settle } from '../../../src/memory/slab-allocator.ts'
import { classAddress, type MemoryView, pageAddress } from '../../../src/memory/view.ts'
import type { Run } from '../program.ts'
import type { World } from './world.ts'

/** The classes of the pieces of values, in pages of 512 bytes, by the names of their writes. */
export const MIDDLE: SizeClass = 1
export const NEXT: SizeClass = 2
export const WIDE: SizeClass = 4
/** Bytes of the values that take them. */
export const BYTES = [1, 16, 24, 32, 40]
/** In a text whose first letter no other key has. */
const KEYS = '~'

export function stateOf(view: MemoryView, page: PageNumber): number {
  return load(view.control, pageAddress(view, page) + PAGE.STATE)
}

/**
 * All that is asked of every program about pages.
 * @param wishedFor classes that it empties a page for
 */
export function pageProblems(world: World, wishedFor: readonly SizeClass[]): string[] {
  const { view } = world.janitor
  const problems: string[] = []
  for (const page of freePages(view)) {
    const owner = pageClassOf(stateOf(view, page)) - 1
    if (owner < 0 || wishedFor.includes(owner)) continue
    problems.push(`page ${page} waits for class ${owner}, for which nobody emptied one`)
  }
  return [...problems, ...refusals(world), ...keptPages(view)]
}

/** A value of each size finds room, once free chunks are home. */
function refusals(world: World): string[] {
  const problems: string[] = []
  sendAllHome(world)
  const { engine, view } = world.janitor
  for (const [at, bytes] of BYTES.entries()) {
    try {
      engine.set(KEYS + at, '7'.repeat(bytes))
    } catch (error) {
      if (view.policy.name !== 'none') problems.push(`${bytes} bytes find no room: ${error}`)
    }
  }
  return [...problems, ...checkIntegrity(view).problems]
}

function sendAllHome({ actors, janitor }: World): void {
  for (const { view } of [...actors, janitor]) {
    settle(view)
    for (let of = 0; of < view.classes.bytes.length; of++) while (giveBackTop(view, of));
  }
}

/** Whoever looks has every free page, once those that they were emptied for have had their time. */
function keptPages(view: MemoryView): string[] {
  const { pages, pageBytes } = view.plan
  add(view.control, CONTROL.TURNS, pages * pageBytes)
  enter(view)
  for (let looks = 0; looks < 2 * pages; looks++) {
    if (!cutFree(view, view.classes.bytes.length - 1, false)) renew(view)
  }
  leave(view)
  return freePages(view).map((page) => `nobody can have page ${page}: ${stateOf(view, page)}`)
}

function freePages(view: MemoryView): PageNumber[] {
  const pages = Array.from({ length: view.plan.pages }, (_, at) => at + 1)
  return pages.filter((page) => pageStateOf(stateOf(view, page)) === PAGE_FREE)
}

/** A page that a class was to have is not one of another class's. */
export function strangers(view: MemoryView, page: PageNumber, meantFor: SizeClass): string[] {
  const state = stateOf(view, page)
  const of = pageClassOf(state)
  if (pageStateOf(state) !== PAGE_ACTIVE || of === meantFor) return []
  return [`page ${page} was emptied for class ${meantFor}, and class ${of} has it`]
}

/**
 * The first write is not refused, if it is over before another thread begins: there is room for it.
 * Of later ones that cannot be said: who stands still, or is idle, may hold back what they need.
 */
export function refused({ calls, dead }: Run): string[] {
  const [first, ...others] = calls
  if (dead.length > 0 || first?.error === undefined) return []
  if (others.some(({ invoked }) => invoked < first.returned)) return []
  return [`${first.label} was refused: ${String(first.error)}`]
}

/** How often a class without a page borrowed, if nobody died; and no page was emptied for it. */
export function loans(world: World, { dead }: Run, expected: number): string[] {
  const { view } = world.janitor
  const problems: string[] = []
  const lent = load(view.control, classAddress(MIDDLE) + CLASS.LENT)
  if (dead.length === 0 && lent !== expected) {
    problems.push(`${expected} chunks were borrowed, counted are ${lent}`)
  }
  const drained = load(view.control, CONTROL.DRAIN)
  if (drained !== 0) problems.push(`page ${drained} is emptied for a few chunks`)
  return problems
}

/** A class that goes on borrowing gets a page of its own, and begins to count anew. */
export function getsPage(world: World): string[] {
  const { engine, view } = world.janitor
  if (hasPage(view, MIDDLE)) return []
  sendAllHome(world)
  for (let n = 0; n < MOST_WRITES && !hasPage(view, MIDDLE); n++) {
    engine.set(KEYS + n, '7'.repeat(BYTES[MIDDLE]!))
  }
  if (!hasPage(view, MIDDLE)) return ['the class goes on borrowing, and gets no page']
  const lent = load(view.control, classAddress(MIDDLE) + CLASS.LENT)
  return lent === 0 ? [] : [`the class has a page, and ${lent} chunks count as borrowed`]
}
/** More than the chunks of a page. */
const MOST_WRITES = 24
