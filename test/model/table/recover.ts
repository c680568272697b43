/**
 * Recovery of a dead thread, inside the dead thread's own row: finishes its operation or undoes it.
 * Every decision is written down before anything is freed, so that another recovery may start over
 * after any step.
 *
 * Was `new` published? In this order: it is in its slot; or another row saw it linked; or its
 * incarnation moved on. Did a removal win? Not while `old` is linked or somebody else freed it.
 */
import { BLOCKED } from '../checker/machine.ts'
import { isCounted, nextCell, writeCell, closeCell } from './publish.ts'
import { BUSY, chunkOf, CREATE, depthOf, FREEING, homeVersion, homeWord, IDLE } from './words.ts'
import { isReserved, L, pendingOf, REMOVE, REPLACE, RESERVE, ROW, slotVersion } from './words.ts'
import { type StepTable, versionOf } from './words.ts'

export const recoverSteps: StepTable = (x) => {
  const b = x.broken
  const r = x.threads
  const d = (): number => x.victim()
  const homeOf = (): number => x.home0 + x.row(d(), ROW.BUCKET)
  const slotOf = (): number => x.a0 + x.row(d(), ROW.SLOT)
  /** Looks at every other row in turn. */
  const scanRows = (scan: string, end: string): string => {
    x.setReg(r, L.I, x.threads > 1 && d() === 0 ? 1 : 0)
    return x.threads > 1 ? scan : end
  }
  const nextRow = (scan: string, end: string): string => {
    const u = x.reg(r, L.I) + 1
    x.setReg(r, L.I, u === d() ? u + 1 : u)
    if (x.reg(r, L.I) < x.threads) return scan
    x.clear(r, L.I)
    return end
  }
  const armed = (u: number): boolean => [REPLACE, REMOVE, FREEING].includes(x.kind(u))
  /** The chunk is complete under the version of the word: it was never freed since. */
  const untouched = (word: number): boolean => {
    const h = chunkOf(word)
    return x.complete(h) && x.incarnationVersion(x.get(x.inc(h))) === versionOf(word)
  }

  x.step('recover.start', () => {
    switch (x.kind(d())) {
      case BUSY:
        return recoverNew()
      case REPLACE:
        return b.recoverAsLost ? recoverNew() : 'recover.slot'
      case CREATE:
        return 'recover.home'
      case RESERVE:
        return b.recoverKeepsReservation ? recoverNew() : 'recover.release'
      case REMOVE:
        return 'recover.linked'
      case FREEING:
        return recoverOld(FREEING)
      default:
        return recoverSnapshots()
    }
  })

  // ---- creation -------------------------------------------------------------------------
  x.step('recover.home', () => {
    const h = x.get(homeOf())
    if (pendingOf(h) !== d() + 1) return 'recover.slot'
    x.setReg(r, L.H, h)
    return 'recover.place'
  })
  x.step('recover.place', () => {
    const word = x.row(d(), ROW.NEW)
    if (x.cas(slotOf(), x.row(d(), ROW.EXP), word)) x.goesLive(word)
    return 'recover.clear'
  })
  x.step('recover.clear', () => {
    const h = x.reg(r, L.H)
    x.cas(homeOf(), h, homeWord(homeVersion(h), depthOf(h), 0))
    x.clear(r, L.H)
    return 'recover.slot'
  })
  x.step('recover.release', () => {
    const word = x.row(d(), ROW.EXP)
    x.cas(slotOf(), word, slotVersion(word))
    return 'recover.disarm'
  })

  // ---- was `new` published? -------------------------------------------------------------
  x.step('recover.slot', () => {
    const a = x.get(slotOf())
    const creating = x.kind(d()) === CREATE
    if (a === x.row(d(), ROW.NEW)) return published()
    if (creating && isReserved(a) && a === x.row(d(), ROW.EXP)) return 'recover.release'
    return scanRows('recover.others', 'recover.incarnation')
  })
  x.step('recover.others', () => {
    const u = x.reg(r, L.I)
    if (!b.recoverIgnoresOthers && armed(u)) return 'recover.old'
    return nextRow('recover.others', 'recover.incarnation')
  })
  x.step('recover.old', () => {
    const u = x.reg(r, L.I)
    if (x.row(u, ROW.OLD) === x.row(d(), ROW.NEW)) {
      x.clear(r, L.I)
      return published()
    }
    return nextRow('recover.others', 'recover.incarnation')
  })
  x.step('recover.incarnation', () =>
    untouched(x.row(d(), ROW.NEW)) ? 'recover.disarm' : published(),
  )
  x.step('recover.disarm', () => {
    if (!b.recoverUndecided) x.setKind(d(), BUSY)
    return recoverNew()
  })
  const published = (): string => {
    const kind = x.kind(d())
    if (kind === CREATE) {
      x.setReg(r, L.MODE, CREATE)
      return recoverCells()
    }
    if (b.recoverFreesNewChain) x.setRow(d(), ROW.OLDCHAIN, x.row(d(), ROW.NEWCHAIN))
    return recoverOld(REPLACE)
  }

  // ---- did the removal win? -------------------------------------------------------------
  x.step('recover.linked', () => {
    if (x.get(slotOf()) === x.row(d(), ROW.OLD)) return 'recover.disarm'
    return scanRows('recover.removers', 'recover.removed')
  })
  x.step('recover.removers', () => {
    const u = x.reg(r, L.I)
    if (armed(u) && x.row(u, ROW.OLD) === x.row(d(), ROW.OLD)) {
      if (x.kind(u) === FREEING) return 'recover.disarm'
      if (!x.isDead(u)) return BLOCKED // live: postpone until it has moved on
      if (x.kind(u) === REPLACE) {
        x.setVictim(u)
        x.clear(r, L.I)
        return 'recover.start'
      }
    }
    return nextRow('recover.removers', 'recover.removed')
  })
  x.step('recover.removed', () => {
    if (!untouched(x.row(d(), ROW.OLD))) return 'recover.disarm'
    x.setKind(d(), FREEING)
    return recoverOld(FREEING)
  })

  // ---- free what the operation unlinked -------------------------------------------------
  const recoverOld = (mode: number): string => {
    x.setReg(r, L.MODE, mode)
    if (x.holds(d(), chunkOf(x.row(d(), ROW.OLD)))) return recoverFreeing()
    return x.complete(chunkOf(x.row(d(), ROW.OLD))) ? 'recover.bump' : 'recover.push'
  }
  x.step('recover.bump', () => {
    const h = chunkOf(x.row(d(), ROW.OLD))
    if (x.complete(h)) x.bump(h)
    return 'recover.push'
  })
  x.step('recover.push', () => {
    x.push(d(), chunkOf(x.row(d(), ROW.OLD)))
    return recoverFreeing()
  })
  /** A part that left its list but is not in the magazine yet. */
  const recoverFreeing = (): string => {
    const h = x.row(d(), ROW.FREEING)
    const listed = h === x.row(d(), ROW.OLDCHAIN) || h === x.row(d(), ROW.NEWCHAIN)
    if (!h || listed || x.holds(d(), h) || b.recoverForgetsFreeing) return recoverChain()
    return 'recover.freeing'
  }
  x.step('recover.freeing', () => {
    x.push(d(), x.row(d(), ROW.FREEING))
    return recoverChain()
  })
  /** The rest of a chain, with the same three steps as in life. */
  const chainOf = (): number => (x.reg(r, L.MODE) ? ROW.OLDCHAIN : ROW.NEWCHAIN)
  const recoverChain = (): string => {
    const h = x.row(d(), chainOf())
    if (h && !b.recoverForgetsChain) return 'recover.mark'
    return x.row(d(), ROW.FREEING) ? 'recover.close' : afterChain()
  }
  x.step('recover.mark', () => {
    x.setRow(d(), ROW.FREEING, x.row(d(), chainOf()))
    return 'recover.advance'
  })
  x.step('recover.advance', () => {
    x.setRow(d(), chainOf(), x.get(x.link(x.row(d(), ROW.FREEING))))
    return 'recover.part'
  })
  x.step('recover.part', () => {
    x.push(d(), x.row(d(), ROW.FREEING))
    return recoverChain()
  })
  x.step('recover.close', () => {
    x.setRow(d(), ROW.FREEING, 0)
    return afterChain()
  })
  const afterChain = (): string => {
    const mode = x.reg(r, L.MODE)
    return mode ? recoverCells() : recoverSnapshots()
  }

  // ---- count ----------------------------------------------------------------------------
  const recoverCells = (): string => {
    const kind = x.reg(r, L.MODE)
    let cell = x.reg(r, L.I)
    for (;;) {
      cell = nextCell(x, d(), kind, cell)
      if (cell === x.cells || b.recountAlways || !isCounted(x, d(), cell)) break
      cell++
    }
    x.setReg(r, L.I, cell)
    if (cell < x.cells) return 'recover.cell'
    x.clear(r, L.I, L.MODE)
    return kind === FREEING ? 'recover.counted' : recoverSnapshots()
  }
  x.step('recover.cell', () => {
    writeCell(x, d(), x.reg(r, L.MODE), x.reg(r, L.I))
    return 'recover.cellclose'
  })
  x.step('recover.cellclose', () => {
    closeCell(x, d(), x.reg(r, L.I))
    x.setReg(r, L.I, x.reg(r, L.I) + 1)
    return recoverCells()
  })
  /** The removal is settled; what an eviction interrupted is given back like any busy record. */
  x.step('recover.counted', () => {
    x.advance(d(), BUSY)
    return recoverNew()
  })

  // ---- give back what was never published -----------------------------------------------
  const recoverNew = (): string => {
    x.clear(r, L.MODE)
    const word = x.row(d(), ROW.NEW)
    if (!word || x.holds(d(), chunkOf(word))) return recoverPart()
    return x.complete(chunkOf(word)) ? 'recover.nbump' : 'recover.npush'
  }
  x.step('recover.nbump', () => {
    const h = x.newChunk(d())
    if (x.complete(h)) x.bump(h)
    return 'recover.npush'
  })
  x.step('recover.npush', () => {
    x.push(d(), x.newChunk(d()))
    return recoverPart()
  })
  /** Popped but not yet linked: neither in the magazine nor at the head of the chain. */
  const recoverPart = (): string => {
    const p = x.row(d(), ROW.NEWPART)
    const known = !p || x.holds(d(), p) || p === x.row(d(), ROW.NEWCHAIN)
    return known || b.recoverForgetsPart ? recoverFreeing() : 'recover.newpart'
  }
  x.step('recover.newpart', () => {
    x.push(d(), x.row(d(), ROW.NEWPART))
    return recoverFreeing()
  })

  // ---- parked chunks start a fresh quarantine; then the row is idle ---------------------
  const recoverSnapshots = (): string => {
    x.clear(r, L.I)
    return x.row(d(), ROW.PARKN) ? scanRows('recover.snapshot', 'recover.idle') : 'recover.idle'
  }
  x.step('recover.snapshot', () => {
    const u = x.reg(r, L.I)
    x.setRow(d(), ROW.SNAP0 + u, x.row(u, ROW.STATE))
    return nextRow('recover.snapshot', 'recover.idle')
  })
  x.step('recover.idle', () => {
    x.advance(d(), IDLE)
    return x.recovered()
  })
}
