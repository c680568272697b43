/**
 * The lease model, and a thread that finds no free row, and perhaps nobody who could recover one:
 * it takes the row of a dead thread over. It names itself the recoverer first and reads that again
 * after it has changed the lease; a recoverer reads the lease again after it has named itself. So
 * one of the two sees the other, whoever is slow.
 */
import type { History } from '../checker/history.ts'
import { type Broken, check, type Program } from '../checker/machine.ts'
import { DEAD, FREE, L, Lease, LIVE, ROWLESS } from './lease.ts'

/** What the thread calls itself in RECOVERER: it has no row by which one could see it die. */
const nameOf = (t: number): number => (t + 1) | ROWLESS
const leaseOf = (t: number, status: number): number => ((t + 1) << 2) | status

class AdoptedLease extends Lease {
  constructor(program: Program, history: History, broken: Broken) {
    super(program, history, broken)
    this.lookSteps()
    this.takeSteps()
  }

  private lookSteps(): void {
    this.step('adopt.look', (t) => {
      const word = this.get(this.lease)
      this.setReg(t, L.LW, word)
      if ((word & 3) === FREE) return 'attach.take'
      return (word & 3) === DEAD ? 'adopt.seen' : this.next(t)
    })
    this.step('adopt.seen', (t) => {
      this.setReg(t, L.SEEN, this.get(this.recoverer))
      return this.mayTakeOver(this.reg(t, L.SEEN)) ? 'adopt.name' : this.next(t)
    })
    this.step('adopt.name', (t) => {
      const isNamed = this.cas(this.recoverer, this.reg(t, L.SEEN), nameOf(t))
      return isNamed ? 'adopt.unname' : this.next(t)
    })
    /** Else a probe would find the dead thread's id beside the new lease. */
    this.step('adopt.unname', (t) => {
      this.put(this.tid, 0)
      return 'adopt.lease'
    })
    this.step('adopt.lease', (t) => {
      return this.cas(this.lease, this.reg(t, L.LW), leaseOf(t, LIVE))
        ? 'adopt.check'
        : 'adopt.drop'
    })
    this.step('adopt.check', (t) => {
      if (this.broken.adoptsUnchecked) return 'adopt.begin'
      return this.get(this.recoverer) === nameOf(t) ? 'adopt.begin' : 'adopt.back'
    })
  }

  private takeSteps(): void {
    this.step('adopt.back', (t) => {
      this.cas(this.lease, leaseOf(t, LIVE), leaseOf(t, DEAD))
      return 'adopt.drop'
    })
    this.step('adopt.drop', (t) => {
      this.cas(this.recoverer, nameOf(t), 0)
      return this.next(t)
    })
    this.step('adopt.begin', (t) => {
      check(!this.living(), 'I-ONE-MASTER: a living row is taken over')
      check(!this.get(this.atWork), 'I-ONE-MASTER: two recover one row')
      this.setReg(t, L.HAS, 1)
      this.put(this.owner, t + 1)
      this.put(this.atWork, t + 1)
      return 'adopt.tid'
    })
    this.step('adopt.tid', (t) => {
      this.put(this.tid, t + 1)
      return 'adopt.end'
    })
    this.step('adopt.end', (t) => {
      check(this.get(this.atWork) === t + 1, 'I-ONE-MASTER: two recover one row')
      this.put(this.atWork, 0)
      return 'adopt.drop'
    })
  }
}

export const leaseSpecification = () => []
export const makeLease = (program: Program, history: History, broken: Broken): Lease =>
  new AdoptedLease(program, history, broken)
