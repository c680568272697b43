/**
 * Recovery of a dead row's chunks: first its open claim, then the chunk it was freeing, then what
 * its operation owned. Everything ends up in the dead row's own magazine, for the next worker.
 *
 * Under a claim nobody pops, so "not reachable from the stack" means taken, by the claim's holder. For a
 * pushed chunk that is not enough: somebody's refill may have popped it since. Its mark tells.
 */
import { BLOCKED } from '../checker/machine.ts'
import { L, ROW, type StepTable, stackTop } from './words.ts'

export const recoverSteps: StepTable = (x) => {
  const b = x.broken
  const r = x.threads
  const d = (): number => x.victim()
  const grabPage = (): number => x.row(d(), ROW.GRABPAGE)
  const freeing = (): number => x.row(d(), ROW.FREEING)
  const claimOf = (page: number): number => x.claim0 + page

  x.step('recover.start', () => {
    if (x.get(claimOf(grabPage())) !== d() + 1) return recoverFreeing()
    const from = x.row(d(), ROW.GRABFROM)
    return from ? 'recover.taken' : 'recover.release'
  })
  /** Was the grab carried out? */
  x.step('recover.taken', () => {
    const from = x.row(d(), ROW.GRABFROM)
    const cut = from < x.firstOf(grabPage()) + x.get(x.carved0 + grabPage())
    const there = x.reaches(stackTop(x.get(x.stack0 + grabPage())), from)
    if (!cut || (there && !b.adoptsAlways)) return 'recover.release'
    x.setReg(r, L.H1, from)
    return 'recover.unmark'
  })
  x.step('recover.unmark', () => {
    const h = x.reg(r, L.H1)
    const last = h === x.row(d(), ROW.GRABTO)
    const next = last ? 0 : x.next(h)
    x.setLink(h, next, 0)
    x.setReg(r, L.H1, next)
    return last ? 'recover.head' : 'recover.unmark'
  })
  x.step('recover.head', () => {
    x.setRow(d(), ROW.HEAD, x.row(d(), ROW.GRABFROM))
    return 'recover.release'
  })
  x.step('recover.release', () => {
    x.put(claimOf(grabPage()), 0)
    x.clear(r, L.H1)
    return recoverFreeing()
  })

  // ---- the chunk on its way to a magazine or a stack ---------------------------------------------------
  const recoverFreeing = (): string => {
    const h = freeing()
    if (!h) return recoverOld()
    if (x.reaches(x.row(d(), ROW.HEAD), h)) return 'recover.freed'
    return x.row(d(), ROW.PHASE) ? 'recover.record' : 'recover.link'
  }
  x.step('recover.link', () => {
    x.setLink(freeing(), x.row(d(), ROW.HEAD), 0)
    return 'recover.push'
  })
  x.step('recover.push', () => {
    x.setRow(d(), ROW.HEAD, freeing())
    return x.get(claimOf(grabPage())) === d() + 1 ? 'recover.unclaim' : 'recover.freed'
  })
  x.step('recover.freed', () => {
    x.setRow(d(), ROW.FREEING, 0)
    x.setRow(d(), ROW.PHASE, 0)
    return recoverOld()
  })
  x.step('recover.record', () => {
    x.setRow(d(), ROW.GRABPAGE, x.pageOf(freeing()))
    x.setRow(d(), ROW.GRABFROM, 0)
    return 'recover.claim'
  })
  x.step('recover.claim', () => {
    const holder = x.get(claimOf(grabPage()))
    if (!holder) {
      x.put(claimOf(grabPage()), d() + 1)
      return 'recover.generation'
    }
    if (!x.isDead(holder - 1)) return BLOCKED
    x.setVictim(holder - 1)
    return 'recover.start'
  })
  x.step('recover.generation', () => {
    const same = x.generationOf(grabPage()) === x.row(d(), ROW.GENERATION)
    return same || b.generationIgnored ? 'recover.reach' : 'recover.unclaim'
  })
  x.step('recover.reach', () => {
    const top = stackTop(x.get(x.stack0 + grabPage()))
    return x.reaches(top, freeing()) ? 'recover.unclaim' : 'recover.mark'
  })
  x.step('recover.mark', () =>
    x.mark(freeing()) === d() + 1 || b.noMark ? 'recover.back' : 'recover.unclaim',
  )
  /** It never arrived: from here on it belongs to the magazine, and the row says so first. */
  x.step('recover.back', () => {
    x.setRow(d(), ROW.PHASE, 0)
    return 'recover.link'
  })
  x.step('recover.unclaim', () => {
    x.put(claimOf(grabPage()), 0)
    return 'recover.freed'
  })

  // ---- what the operation owned -----------------------------------------------------------------------
  const recoverOld = (): string => {
    const won = x.row(d(), ROW.WON)
    const h = won ? x.row(d(), ROW.OLD) : x.row(d(), ROW.NEW)
    if (!x.row(d(), ROW.BUSY) || !h || x.reaches(x.row(d(), ROW.HEAD), h)) return 'recover.idle'
    x.setReg(r, L.H, h)
    return 'recover.bump'
  }
  x.step('recover.bump', () => {
    x.release(x.reg(r, L.H))
    return 'recover.olink'
  })
  x.step('recover.olink', () => {
    x.setLink(x.reg(r, L.H), x.row(d(), ROW.HEAD), 0)
    return 'recover.opush'
  })
  x.step('recover.opush', () => {
    x.setRow(d(), ROW.HEAD, x.reg(r, L.H))
    return 'recover.idle'
  })
  x.step('recover.idle', () => {
    x.setRow(d(), ROW.BUSY, 0)
    return x.recovered()
  })
}
