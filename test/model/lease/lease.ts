/**
 * The lease model: who may write to one row, while threads attach, work, close, die, are declared
 * dead by others and recovered by whoever comes first.
 *
 *   lease      thread + 1 | FREE, LIVE, DEAD     CAS; one word, so it cannot name the wrong thread
 *   recoverer  0 or thread + 1                   CAS; with ROWLESS: one that wants the row itself
 *   tid        thread + 1 once known, 0 before   what a probe asks the kernel about
 *
 * Abstracted: what recovery does in the row (two steps that must meet nobody), the recoverers' own
 * rows (whether a recoverer is dead is read directly). A killed thread stays dead; a thread at the
 * end of its program is gone as well, so that late notices are explored too.
 *
 * I-ONE-MASTER: a living thread's row is LIVE, nobody else works in it, and one recoverer at a time
 * works in that of a dead one. I-NAMED: whoever died, the lease says who it was.
 */
import type { History } from '../checker/history.ts'
import { type Broken, check, DONE, Machine, type Program } from '../checker/machine.ts'

export const FREE = 0
export const LIVE = 1
export const DEAD = 2
export const ROWLESS = 16
export const L = { PC: 0, OPI: 1, HAS: 2, LW: 3, SEEN: 4, TID: 5 }

export class Lease extends Machine {
  readonly registers = 6
  protected readonly lease: number
  protected readonly recoverer: number
  protected readonly tid: number
  /** Only a broken twin keeps the thread beside the lease. */
  private readonly thread: number
  private readonly attachments: number
  private readonly killed: number
  /** Ghosts: the living thread that attached, the recoverer at work. */
  protected readonly owner: number
  protected readonly atWork: number

  constructor(program: Program, history: History, broken: Broken) {
    super(program, history, broken)
    this.lease = this.field()
    this.recoverer = this.field()
    this.tid = this.field()
    this.thread = this.field()
    this.attachments = this.field()
    this.killed = this.field()
    this.owner = this.field()
    this.atWork = this.field()
    this.seal()
    this.ownerSteps()
    this.noticeSteps()
    this.recoverSteps()
    this.step('recover.start', () => this.recovered())
  }

  firstStep(t: number, opIndex: number): string {
    const first: Record<string, string> = {
      attach: 'attach.look',
      adopt: 'adopt.look',
      work: 'work.enter',
      close: 'close.tid',
      notice: 'notice.lease',
      probe: 'probe.lease',
    }
    return first[this.calls[t][opIndex].op]
  }
  protected fill(): unknown {
    return null
  }
  override kill(t: number): void {
    this.put(this.killed, this.get(this.killed) | (1 << t))
    if (this.get(this.owner) === t + 1) this.put(this.owner, 0)
    if (this.get(this.atWork) === t + 1) this.put(this.atWork, 0)
    super.kill(t)
  }
  /** Killed for good, or at the end of its program. */
  private gone(t: number): boolean {
    return this.at(t) === DONE
  }
  /** The living thread that attached to the row, + 1; 0 for none. */
  protected living(): number {
    const owner = this.get(this.owner)
    return owner && !this.gone(owner - 1) ? owner : 0
  }
  /**
   * Two twins keep the thread in a word of its own, one of them clears it before the lease is free.
   */
  private isBeside(): boolean {
    return this.broken.threadBesideLease === true || this.broken.threadCleared === true
  }
  protected next(t: number): string {
    return this.finish(t, L.HAS)
  }

  private ownerSteps(): void {
    const beside = this.isBeside()
    this.step('attach.look', (t) => {
      const word = this.get(this.lease)
      this.setReg(t, L.LW, word)
      return (word & 3) === FREE ? 'attach.take' : this.next(t)
    })
    this.step('attach.take', (t) => {
      const who = beside ? this.get(this.attachments) + 1 : t + 1
      if (!this.cas(this.lease, this.reg(t, L.LW), (who << 2) | LIVE)) return this.next(t)
      this.put(this.attachments, this.get(this.attachments) + 1)
      this.setReg(t, L.HAS, 1)
      this.put(this.owner, t + 1)
      return beside ? 'attach.thread' : 'attach.tid'
    })
    this.step('attach.thread', (t) => {
      this.put(this.thread, t + 1)
      return 'attach.tid'
    })
    this.step('attach.tid', (t) => {
      this.put(this.tid, t + 1)
      return this.next(t)
    })
    const alone = (): void => {
      check(this.get(this.atWork) === 0, 'I-ONE-MASTER: a row is recovered under a living thread')
    }
    this.step('work.enter', (t) => {
      if (!this.reg(t, L.HAS)) return this.next(t)
      alone()
      return 'work.leave'
    })
    this.step('work.leave', (t) => {
      alone()
      return this.next(t)
    })
    this.step('close.tid', (t) => {
      if (!this.reg(t, L.HAS)) return this.next(t)
      if (!this.broken.tidKept) this.put(this.tid, 0)
      if (this.broken.threadCleared) this.put(this.thread, 0)
      return 'close.lease'
    })
    this.step('close.lease', (t) => {
      const word = this.get(this.lease)
      this.cas(this.lease, word, word & ~3)
      this.put(this.owner, 0)
      this.setReg(t, L.HAS, 0)
      return this.next(t)
    })
  }

  /** A notice names a thread that is gone; a probe finds one by asking about the tid in the row. */
  private noticeSteps(): void {
    const beside = this.isBeside()
    this.step('notice.lease', (t) => {
      const word = this.get(this.lease)
      const named = this.call(t).slot
      if (!this.gone(named)) return this.next(t)
      this.setReg(t, L.LW, word)
      if ((word & 3) === DEAD) return 'recover.look'
      if (beside) return (word & 3) === LIVE ? 'notice.thread' : this.next(t)
      return word === (((named + 1) << 2) | LIVE) ? 'declare' : this.next(t)
    })
    this.step('notice.thread', (t) =>
      this.get(this.thread) === this.call(t).slot + 1 ? 'declare' : this.next(t),
    )
    this.step('declare', (t) => {
      const word = this.reg(t, L.LW)
      if (!this.cas(this.lease, word, (word & ~3) | DEAD)) return this.next(t)
      return 'recover.lease'
    })
    this.step('probe.lease', (t) => {
      const word = this.get(this.lease)
      this.setReg(t, L.LW, word)
      if ((word & 3) === DEAD) return 'recover.look'
      return (word & 3) === LIVE ? 'probe.tid' : this.next(t)
    })
    this.step('probe.tid', (t) => {
      const tid = this.get(this.tid)
      return tid && tid !== t + 1 && this.gone(tid - 1) ? 'declare' : this.next(t)
    })
  }

  private recoverSteps(): void {
    const b = this.broken
    this.step('recover.lease', (t) => {
      const word = this.get(this.lease)
      this.setReg(t, L.LW, word)
      return (word & 3) === DEAD ? 'recover.look' : this.next(t)
    })
    /** One recoverer a row; that of a dead recoverer is taken over. */
    this.step('recover.look', (t) => {
      const seen = this.get(this.recoverer)
      this.setReg(t, L.SEEN, seen)
      return seen === t + 1 || this.mayTakeOver(seen) ? 'recover.take' : this.next(t)
    })
    this.step('recover.take', (t) => {
      if (!this.cas(this.recoverer, this.reg(t, L.SEEN), t + 1)) return this.next(t)
      return b.takenUnchecked ? 'recover.begin' : 'recover.again'
    })
    this.step('recover.again', (t) =>
      this.get(this.lease) === this.reg(t, L.LW) ? 'recover.begin' : 'recover.drop',
    )
    this.step('recover.drop', (t) => {
      this.cas(this.recoverer, t + 1, 0)
      return this.next(t)
    })
    this.step('recover.begin', (t) => {
      check(!this.living(), 'I-ONE-MASTER: a living row is recovered')
      check(!this.get(this.atWork), 'I-ONE-MASTER: two recover one row')
      this.put(this.atWork, t + 1)
      return 'recover.end'
    })
    this.step('recover.end', (t) => {
      check(!this.living(), 'I-ONE-MASTER: a living row is recovered')
      this.put(this.atWork, this.get(this.atWork) === t + 1 ? 0 : this.get(this.atWork))
      return 'free.tid'
    })
    this.step('free.tid', () => {
      if (!b.tidKept) this.put(this.tid, 0)
      if (b.threadCleared) this.put(this.thread, 0)
      return b.recovererFirst ? 'free.recoverer' : 'free.lease'
    })
    this.step('free.lease', (t) => {
      const word = this.get(this.lease)
      this.cas(this.lease, word, word & ~3)
      return b.recovererFirst ? this.next(t) : 'free.recoverer'
    })
    this.step('free.recoverer', (t) => {
      this.put(this.recoverer, 0)
      return b.recovererFirst ? 'free.lease' : this.next(t)
    })
  }

  /** Nobody, or a recoverer that is dead, or one of which nobody can know whether it is. */
  protected mayTakeOver(recoverer: number): boolean {
    if (recoverer === 0 || (recoverer & ROWLESS) !== 0) return true
    return ((this.get(this.killed) >> (recoverer - 1)) & 1) === 1
  }

  invariant(): void {
    if (!this.living()) return
    check((this.get(this.lease) & 3) === LIVE, `I-ONE-MASTER: the row of a living thread is taken`)
  }
  /** At the end a dead thread's row can be told from a living one's, and no recoverer is left. */
  audit(): void {
    this.invariant()
    const live = (this.get(this.lease) & 3) === LIVE
    const nameless = this.broken.threadCleared && !this.get(this.thread) && !this.get(this.tid)
    check(!live || !nameless, 'I-NAMED: a row is leased and nobody can tell to whom')
    const recoverer = this.get(this.recoverer)
    const dead = recoverer && (this.get(this.killed) >> ((recoverer & ~ROWLESS) - 1)) & 1
    check(!recoverer || dead === 1, 'I-ONE-MASTER: a recoverer is left behind')
  }
  dump(): string {
    const word = this.get(this.lease)
    const status = ['free', 'live', 'dead'][word & 3]
    const [recoverer, tid] = [this.get(this.recoverer), this.get(this.tid)]
    return `lease ${word >> 2}.${status} recoverer ${recoverer} tid ${tid}`
  }
}
