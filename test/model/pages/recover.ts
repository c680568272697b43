/**
 * Recovery of a dead row's chunks: first its open claim, then the chunk on its way, then what its
 * operation owned. Everything ends up in the dead row's own magazine, for the next worker.
 *
 * The stack has one writer, the holder of the claim: as long as the dead row holds it, the top of
 * the stack (or the carving mark) tells whether the last step was taken.
 */
import { CUTTING, FREE, L, ROW, type StepTable, stackTop, stateWord } from './words.ts'

export const recoverSteps: StepTable = (x) => {
  const b = x.broken
  const r = x.threads
  const d = (): number => x.victim()
  const page = (): number => x.row(d(), ROW.GRABPAGE)
  const top = (): number => stackTop(x.get(x.stack0 + page()))

  x.step('recover.start', () => {
    if (x.get(x.claim0 + page()) !== d() + 1) return recoverMoving()
    if (x.stateOf(page()) === CUTTING) return 'recover.uncut'
    return x.row(d(), ROW.GRABFROM) ? 'recover.batch' : recoverGiven()
  })
  x.step('recover.uncut', () => {
    x.put(x.shape0 + page(), 0)
    return 'recover.free'
  })
  x.step('recover.free', () => {
    const at = x.state0 + page()
    x.put(at, stateWord(x.get(at) >> 2, FREE))
    return 'recover.release'
  })
  /** Was the batch taken? */
  x.step('recover.batch', () => {
    const from = x.row(d(), ROW.GRABFROM)
    const carved = x.row(d(), ROW.GRABCARVED)
    const taken = carved ? x.get(x.carved0 + page()) === carved : top() !== from || b.adoptsAlways
    if (!taken || x.row(d(), ROW.HEAD) === from) return recoverGiven()
    return 'recover.end'
  })
  x.step('recover.end', () => {
    x.put(x.link(x.row(d(), ROW.GRABTO)), 0)
    return 'recover.head'
  })
  x.step('recover.head', () => {
    x.setRow(d(), ROW.HEAD, x.row(d(), ROW.GRABFROM))
    return recoverGiven()
  })
  const recoverGiven = (): string => {
    const moving = x.row(d(), ROW.MOVING)
    const here = moving && x.pageOf(moving) === page() && top() === moving
    return here && !b.movingForgotten ? 'recover.given' : 'recover.release'
  }
  x.step('recover.given', () => {
    x.setRow(d(), ROW.MOVING, 0)
    return 'recover.release'
  })
  x.step('recover.release', () => {
    x.put(x.claim0 + page(), 0)
    return recoverMoving()
  })

  // ---- a chunk between magazine and page: on top of neither, it goes back to the magazine ----
  const recoverMoving = (): string => {
    const moving = x.row(d(), ROW.MOVING)
    if (!moving) return recoverOwned()
    return x.row(d(), ROW.HEAD) === moving ? 'recover.moved' : 'recover.mlink'
  }
  x.step('recover.mlink', () => {
    x.put(x.link(x.row(d(), ROW.MOVING)), x.row(d(), ROW.HEAD))
    return 'recover.mpush'
  })
  x.step('recover.mpush', () => {
    x.setRow(d(), ROW.HEAD, x.row(d(), ROW.MOVING))
    return 'recover.moved'
  })
  x.step('recover.moved', () => {
    x.setRow(d(), ROW.MOVING, 0)
    return recoverOwned()
  })

  // ---- what the operation owned ---------------------------------------------------------
  const recoverOwned = (): string => {
    const h = x.row(d(), ROW.WON) ? x.row(d(), ROW.OLD) : x.row(d(), ROW.NEW)
    if (!x.row(d(), ROW.BUSY) || !h || x.row(d(), ROW.HEAD) === h) return 'recover.idle'
    x.setReg(r, L.H, h)
    return 'recover.bump'
  }
  x.step('recover.bump', () => {
    x.release(x.reg(r, L.H))
    return 'recover.link'
  })
  x.step('recover.link', () => {
    x.put(x.link(x.reg(r, L.H)), x.row(d(), ROW.HEAD))
    return 'recover.push'
  })
  x.step('recover.push', () => {
    x.setRow(d(), ROW.HEAD, x.reg(r, L.H))
    return 'recover.idle'
  })
  x.step('recover.idle', () => {
    x.setRow(d(), ROW.BUSY, 0)
    return x.recovered()
  })
}
