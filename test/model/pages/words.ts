/**
 * The words of the page model: where chunks come from and go back to.
 *
 *   drain    0 or page+1 of the page being drained     CAS
 *   state    generation 4 | FREE CUTTING ACTIVE DRAINING   CAS, or a store under the claim
 *   claim    0 or row+1: only the holder changes the next five
 *   stack    count 4 | top chunk 4                     free chunks of the page
 *   carved   chunks given out so far in this cutting
 *   base     incarnation at which this cutting starts
 *   top      highest incarnation of the cutting before
 *   shape    chunk size, 0 while the page holds none
 *   chunk    incarnation | link | value halves
 *   slot     chunk 4 | version 4, or 0: the table, abstracted to one compare-and-swap per change
 *   row      new, old, won | moving | grab | head of the magazine
 *
 * A magazine is a list through the links of its chunks.
 */
import type { History } from '../checker/history.ts'
import { type Broken, check, Machine, type Program } from '../checker/machine.ts'

export interface PageProgram extends Program {
  readonly pages: number
  /** Chunks of a page. */
  readonly per: number
  /** Chunks cut at the start, of each page; those not placed elsewhere are on its stack. */
  readonly carved: readonly number[]
  readonly slots: number
  /** Entries at the start. */
  readonly preload: readonly { slot: number; value: number; chunk: number }[]
  /** Chunks in the magazine of each thread, the top first. */
  readonly magazines: readonly (readonly number[])[]
  /** Chunks a refill takes at most: 1 or 2. */
  readonly grab?: number
}

export const FREE = 0
export const CUTTING = 1
export const ACTIVE = 2
export const DRAINING = 3
export const REFUSED = 9
export const TORN = 255

const REGISTERS = [
  ...['PC', 'OPI', 'W', 'ID', 'X', 'X1', 'P', 'S', 'H1', 'H2', 'REST', 'K', 'H', 'G'],
] as const
type RegisterName = (typeof REGISTERS)[number]
export const L = Object.fromEntries(REGISTERS.map((n, i) => [n, i])) as Record<RegisterName, number>
const ROW_FIELDS = [
  ...['BUSY', 'NEW', 'OLD', 'WON', 'MOVING', 'GRABPAGE', 'GRABFROM', 'GRABTO', 'GRABCARVED'],
  ...['HEAD'],
] as const
type RowField = (typeof ROW_FIELDS)[number]
export const ROW = Object.fromEntries(ROW_FIELDS.map((n, i) => [n, i])) as Record<RowField, number>

export class Pages extends Machine {
  readonly registers = REGISTERS.length
  readonly config: PageProgram
  readonly chunks: number
  readonly grab: number
  readonly state0: number
  readonly claim0: number
  readonly stack0: number
  readonly carved0: number
  readonly base0: number
  readonly top0: number
  readonly shape0: number
  readonly drain: number
  readonly slot0: number
  private readonly chunk0: number
  private readonly row0: number

  constructor(config: PageProgram, history: History, broken: Broken) {
    super(config, history, broken)
    this.config = config
    this.chunks = config.pages * config.per
    this.grab = config.grab ?? 2
    check(this.chunks < 16, 'the model is for small programs')
    this.state0 = this.field(config.pages)
    this.claim0 = this.field(config.pages)
    this.stack0 = this.field(config.pages)
    this.carved0 = this.field(config.pages)
    this.base0 = this.field(config.pages)
    this.top0 = this.field(config.pages)
    this.shape0 = this.field(config.pages)
    this.drain = this.field()
    this.slot0 = this.field(config.slots)
    this.chunk0 = this.field(this.chunks * 4)
    this.row0 = this.field(this.threads * ROW_FIELDS.length)
    this.seal()
  }

  inc = (h: number): number => this.chunk0 + (h - 1) * 4
  link = (h: number): number => this.inc(h) + 1
  value = (h: number): number => this.inc(h) + 2
  value1 = (h: number): number => this.inc(h) + 3
  pageOf = (h: number): number => Math.floor((h - 1) / this.config.per)
  firstOf = (page: number): number => page * this.config.per + 1
  stateOf = (page: number): number => this.get(this.state0 + page) & 3
  generationOf = (page: number): number => this.get(this.state0 + page) >> 2
  wordFor = (h: number): number => (h << 4) | ((this.get(this.inc(h)) >> 1) & 15)
  /** What the slot will hold once the chunk is complete. */
  complete(h: number): void {
    check(this.get(this.inc(h)) < 30, 'incarnation overflow')
    if (this.get(this.inc(h)) & 1) this.put(this.inc(h), this.get(this.inc(h)) + 1)
  }
  release(h: number): void {
    if (!(this.get(this.inc(h)) & 1)) this.put(this.inc(h), this.get(this.inc(h)) + 1)
  }
  row = (t: number, f: number): number => this.m[this.row0 + t * ROW_FIELDS.length + f]
  setRow(t: number, f: number, value: number): void {
    this.put(this.row0 + t * ROW_FIELDS.length + f, value)
  }
  next = (h: number): number => this.get(this.link(h))
  /** Page + 1 of a page that is being drained although the drain word names none. */
  orphan(): number {
    for (let p = 0; p < this.config.pages; p++) if (this.stateOf(p) === DRAINING) return p + 1
    return 0
  }

  firstStep(t: number, opIndex: number): string {
    return this.hooks.firstStep(t, opIndex)
  }
  invariant(): void {
    this.hooks.invariant()
  }
  audit(): void {
    this.hooks.audit()
  }
  protected fill(): unknown {
    return this.hooks.fill()
  }
  hooks = {
    firstStep: (_t: number, _opIndex: number): string => '',
    invariant: (): void => {},
    audit: (): void => {},
    fill: (): unknown => null,
  }
  dump(): string {
    const page = (_: unknown, p: number): string => {
      const s = this.get(this.stack0 + p)
      const name = ['free', 'cutting', 'active', 'draining'][this.stateOf(p)]
      const claim = this.get(this.claim0 + p)
      const stack = `${stackCount(s)}:${stackTop(s)}`
      const carved = this.get(this.carved0 + p)
      return `${name}.${this.generationOf(p)} claim ${claim} stack ${stack} carved ${carved}`
    }
    const pages = Array.from({ length: this.config.pages }, page).join(', ')
    const slots = Array.from({ length: this.config.slots }, (_, s) => this.get(this.slot0 + s) >> 4)
    const heads = this.calls.map((_, t) => this.row(t, ROW.HEAD))
    return `${pages} slots [${slots}] magazines [${heads}]`
  }
}

export const stackCount = (s: number): number => s >> 4
export const stackTop = (s: number): number => s & 15
export const stackWord = (count: number, top: number): number => (count << 4) | top
export const stateWord = (generation: number, state: number): number => (generation << 2) | state

/** Defines steps of the machine: one closure, in which each step is a few lines. */
export type StepTable = (x: Pages) => void
