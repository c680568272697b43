/**
 * The frame of every model in this folder: threads as step machines over one small vector of bytes.
 *
 * A step is a function of the thread number that makes ONE access to memory which other threads may
 * look at (or touches only what nobody reads while the thread lives) and names the step that
 * follows. The vector holds everything, program counters and registers too, so that a state can be
 * hashed, copied and revisited. A thread may be killed before any step; agent number `threads` is
 * the recovery, which finishes the operations of the dead one after the other in their own rows,
 * and may itself die and start over.
 */
import type { History } from './history.ts'

/** A broken invariant or an impossible answer: what the checker looks for. */
export class Violation extends Error {}

export function check(holds: boolean, text: string): void {
  if (!holds) throw new Violation(text)
}

export interface Op {
  readonly op: string
  readonly key?: number
  readonly value?: number
  /** Slot or page the operation works on, when it takes one by index. */
  readonly slot?: number
  /** Chunks of the value. */
  readonly parts?: number
}

export type Call = Required<Op> & { readonly uid: number; readonly seenUid: number }

/** What all programs share; each model adds its own sizes. */
export interface Program {
  readonly name: string
  readonly threads: readonly (readonly Op[])[]
  /** What a new worker does on the row of a recovered one. */
  readonly respawn?: readonly Op[]
  readonly kills?: boolean
  readonly maxKills?: number
  readonly restarts?: boolean
  /** Too large for the default run. */
  readonly deep?: boolean
}

export type Broken = Readonly<Record<string, boolean>>
type Step = (t: number) => string

export const DONE = 'done'
export const BLOCKED = 'blocked'
const DONE_CODE = 254
/** The two registers every model has. */
export const PC = 0
export const OPI = 1

export abstract class Machine {
  readonly threads: number
  readonly history: History
  readonly broken: Broken
  readonly calls: readonly (readonly Call[])[]
  m: Uint8Array = new Uint8Array(0)
  size = 0
  /** Registers of one thread, PC and OPI included. */
  abstract readonly registers: number
  protected readonly dead: number
  protected readonly victimAt: number
  private readonly program: Program
  private readonly own: readonly number[]
  private readonly killsAt: number
  private readonly historyAt: number
  private readonly restartedAt: number
  private base = 0
  private readonly reached = new Uint8Array(256)
  private readonly code: Step[] = []
  private readonly names: string[] = []
  private readonly index: Record<string, number> = {}

  constructor(program: Program, history: History, broken: Broken) {
    this.program = program
    this.history = history
    this.broken = broken
    this.threads = program.threads.length
    this.own = program.threads.map((ops) => ops.length)
    this.calls = program.threads.map((ops, t) =>
      [...ops, ...(program.respawn ?? [])].map((op, i) => ({
        key: 1,
        value: 0,
        slot: 0,
        parts: 1,
        seenUid: 0,
        ...op,
        uid: 1 + t * 8 + i,
      })),
    )
    this.dead = this.field()
    this.victimAt = this.field()
    this.killsAt = this.field()
    this.historyAt = this.field(2)
    this.restartedAt = this.field()
  }

  abstract firstStep(t: number, opIndex: number): string
  abstract invariant(): void
  abstract audit(): void
  abstract dump(): string
  protected abstract fill(): unknown

  /** Reserves bytes of the state vector. */
  field(count = 1): number {
    const at = this.size
    this.size += count
    return at
  }
  /** One access to shared memory, as a rule. */
  step(name: string, fn: Step): void {
    this.index[name] = this.code.length
    this.names.push(name)
    this.code.push(fn)
  }
  /** Called once all fields are laid out: the registers come last. */
  protected seal(): void {
    this.base = this.field((this.threads + 1) * this.registers)
  }

  // ---- memory ---------------------------------------------------------------------------
  bind(memory: Uint8Array): void {
    this.m = memory
  }
  get(at: number): number {
    return this.m[at]
  }
  put(at: number, value: number): void {
    check(value >= 0 && value <= 255, 'a word of the model overflows')
    this.m[at] = value
  }
  cas(at: number, expected: number, value: number): boolean {
    if (this.m[at] !== expected) return false
    this.put(at, value)
    return true
  }
  reg(t: number, r: number): number {
    return this.m[this.base + t * this.registers + r]
  }
  setReg(t: number, r: number, value: number): void {
    this.put(this.base + t * this.registers + r, value)
  }
  clear(t: number, ...registers: number[]): void {
    for (const r of registers) this.setReg(t, r, 0)
  }
  isDead(t: number): boolean {
    return ((this.m[this.dead] >> t) & 1) === 1
  }

  // ---- the operation in hand, and the history -------------------------------------------
  call(t: number): Call {
    return this.calls[t][this.reg(t, OPI)]
  }
  private callId(t: number, sub: number): number {
    return t * 64 + this.reg(t, OPI) * 8 + sub
  }
  private setHistory(id: number): void {
    this.m[this.historyAt] = id & 255
    this.m[this.historyAt + 1] = id >> 8
  }
  historyId(): number {
    return this.m[this.historyAt] | (this.m[this.historyAt + 1] << 8)
  }
  invoke(t: number, sub = 0, part: Partial<Call> = {}): void {
    const call = { ...this.call(t), ...part }
    this.setHistory(this.history.invoke(this.historyId(), this.callId(t, sub), call))
  }
  respond(t: number, result: number, sub = 0): void {
    const next = this.history.respond(this.historyId(), this.callId(t, sub), result)
    const what = this.call(t).op
    check(next >= 0, `not linearizable: ${what} of thread ${t} answers ${result}`)
    this.setHistory(next)
  }
  /** Ends the operation: registers are cleared, except those named. */
  finish(t: number, ...kept: number[]): string {
    const opIndex = this.reg(t, OPI) + 1
    const values = kept.map((r) => this.reg(t, r))
    for (let r = 0; r < this.registers; r++) this.setReg(t, r, 0)
    this.setReg(t, OPI, opIndex)
    kept.forEach((r, i) => {
      this.setReg(t, r, values[i])
    })
    if (opIndex === this.own[t] || opIndex === this.calls[t].length) return DONE
    return this.firstStep(t, opIndex)
  }

  // ---- recovery -------------------------------------------------------------------------
  victim(): number {
    return this.m[this.victimAt] - 1
  }
  setVictim(t: number): void {
    this.m[this.victimAt] = t + 1
  }
  private nextVictim(): string {
    this.m[this.victimAt] = 0
    for (let t = this.threads - 1; t >= 0; t--) if (this.isDead(t)) this.setVictim(t)
    return this.m[this.victimAt] ? 'recover.start' : DONE
  }
  /** The row of the victim is clean: its operation took effect by now or never will. */
  recovered(): string {
    const d = this.victim()
    for (let r = 1; r < this.registers; r++) this.setReg(this.threads, r, 0)
    this.m[this.dead] &= ~(1 << d)
    for (let sub = 0; sub < 8; sub++) {
      this.setHistory(this.history.abandon(this.historyId(), this.callId(d, sub)))
    }
    if (this.program.respawn?.length) {
      this.setReg(d, OPI, this.own[d])
      this.goTo(d, this.firstStep(d, this.own[d]))
    }
    return this.nextVictim()
  }

  // ---- what the checker calls -----------------------------------------------------------
  initial(): Uint8Array {
    this.m = new Uint8Array(this.size)
    const state = this.fill()
    for (let t = 0; t < this.threads; t++) this.goTo(t, this.own[t] ? this.firstStep(t, 0) : DONE)
    this.goTo(this.threads, DONE)
    this.setHistory(this.history.initial(state))
    return this.m
  }
  private goTo(t: number, name: string): void {
    const code = name === DONE ? DONE_CODE : this.index[name]
    if (code === undefined) throw new Error(`no step ${name}`)
    this.setReg(t, PC, code)
  }
  at(t: number): string {
    const code = this.reg(t, PC)
    return code === DONE_CODE ? DONE : this.names[code]
  }
  /** Runs one step of thread t. False: it cannot move now (recovery only). */
  run(t: number): boolean {
    this.reached[this.reg(t, PC)] = 1
    const next = this.code[this.reg(t, PC)](t)
    if (next === BLOCKED) return false
    this.goTo(t, next)
    return true
  }
  /** Steps that no run of this machine has come to. */
  unreached(): string[] {
    return this.names.filter((_, code) => !this.reached[code])
  }
  runnable(t: number): boolean {
    return this.reg(t, PC) !== DONE_CODE && !(t < this.threads && this.isDead(t))
  }
  quiescent(): boolean {
    for (let t = 0; t <= this.threads; t++) if (this.reg(t, PC) !== DONE_CODE) return false
    return true
  }
  completed(t: number): number {
    return this.reg(t, OPI)
  }
  /** Neither before its first step (no event) nor as a respawned worker. */
  killable(t: number): boolean {
    return (
      this.m[this.killsAt] < (this.program.maxKills ?? 1) &&
      this.runnable(t) &&
      this.reg(t, OPI) < this.own[t] &&
      !(this.reg(t, OPI) === 0 && this.at(t) === this.firstStep(t, 0))
    )
  }
  kill(t: number): void {
    this.m[this.dead] |= 1 << t
    this.m[this.killsAt]++
    if (!this.m[this.victimAt]) this.goTo(this.threads, this.nextVictim())
    for (let r = 0; r < this.registers; r++) if (r !== OPI) this.setReg(t, r, 0)
    this.setReg(t, PC, DONE_CODE)
  }
  restartable(): boolean {
    const at = this.at(this.threads)
    if (!this.program.restarts || this.m[this.restartedAt]) return false
    return at !== DONE && at !== 'recover.start'
  }
  restart(): void {
    this.m[this.restartedAt] = 1
    for (let r = 0; r < this.registers; r++) this.setReg(this.threads, r, 0)
    this.goTo(this.threads, 'recover.start')
  }
  label(t: number): string {
    if (t === this.threads) return 'recovery'
    const c = this.call(t)
    return c ? `${c.op}(${c.key}${c.value ? `,${c.value}` : ''})` : '-'
  }
}
