/**
 * The words of the table model: one vector for home words, slots, tags, chunks and rows, and what
 * packs and unpacks them. Widths are those of the model; the real ones are in `native-layout/`.
 *
 *   home    version 4 | depth 2 | row+1 2            CAS only; depth never falls
 *   slot A  live: 1 | chunk 4 | version 3            CAS only
 *           empty: 0 | 0 | slot version 3            reserved: 0 | 1 | row 3 | slot version 3
 *   tag B   tag 3 | slot version 3                   stored by the row that reserved the slot
 *   chunk   incarnation (odd: free or being filled) | key, epoch | halves | uid | version | link
 *   row     state (sequence 5, kind 3) | what the operation owns | cells | magazine, parking list
 *   due     flushes performed 4 | time of the next 4     the delayed flush, one word
 */
import type { History } from '../checker/history.ts'
import { type Broken, check, Machine, type Program } from '../checker/machine.ts'

export interface TableProgram extends Program {
  readonly chunks: number
  readonly magazines: readonly number[]
  readonly preload?: readonly { key: number; value: number; slot?: number; parts?: number }[]
  readonly keys?: number
  /** Slots of a bucket. */
  readonly ways?: number
  readonly buckets?: number
  /** Candidate buckets of each key, home first; index 0 is unused. */
  readonly candidates?: readonly (readonly number[])[]
  readonly tags?: readonly number[]
  readonly versionBits?: number
  readonly incarnation?: number
  readonly late?: boolean
  /** A candidate with so many empty slots is taken at once. */
  readonly roomy?: number
  readonly eviction?: 'clock' | 'none'
  readonly bytes?: boolean
  /** Namespace of each key; index 0 is unused. */
  readonly spaces?: readonly number[]
}

export const IDLE = 0
export const BUSY = 1
export const REPLACE = 2
export const REMOVE = 3
export const FREEING = 4
export const CREATE = 5
export const RESERVE = 6
const KINDS = ['idle', 'busy', 'replace', 'remove', 'freeing', 'create', 'reserve']
export const NONE = 255
export const ALL_SPACES = 9
export const TORN = 255
/** Answer: no memory or no room, and nothing changed. */
export const REFUSED = 9
/** What a link word holds once its chunk is free: the magazine uses it. */
export const POISON = 15

const REGISTERS = [
  ...['PC', 'OPI', 'H', 'C', 'S', 'W', 'ES', 'E', 'EC', 'BN', 'CN', 'CS', 'CE', 'ID', 'X0', 'X1'],
  ...['XU', 'XE', 'XK', 'XP', 'P', 'PN', 'F', 'I', 'MODE', 'REG', 'FILLED', 'HS', 'HE', 'HN', 'VT'],
  ...['SUM', 'RET', 'DP', 'EV', 'PK', 'GB'],
] as const
type RegisterName = (typeof REGISTERS)[number]
export const L = Object.fromEntries(REGISTERS.map((n, i) => [n, i])) as Record<RegisterName, number>

/**
 * Row: the record, then cells (two halves of value, epoch, sequence each), then the chunk lists.
 */
const ROW_FIELDS = [
  ...['STATE', 'OLD', 'NEW', 'SLOT', 'EXP', 'TAG', 'BUCKET', 'NEWPART', 'NEWCHAIN', 'OLDCHAIN'],
  ...['FREEING', 'DELTA', 'OLDEP', 'NEWEP', 'SPACE', 'PARKN', 'MAGN'],
  ...['SNAP0', 'SNAP1', 'SNAP2'],
] as const
type RowField = (typeof ROW_FIELDS)[number]
export const ROW = Object.fromEntries(ROW_FIELDS.map((n, i) => [n, i])) as Record<RowField, number>
const CHUNK_FIELDS = 9
const CELL = 6
export const ENTRIES = 0
export const BYTES = 1
export const SIZE = 2

export class Table extends Machine {
  readonly registers = REGISTERS.length
  readonly config: TableProgram
  readonly ways: number
  readonly slots: number
  readonly chunks: number
  readonly keys: number
  readonly versionMask: number
  readonly late: boolean
  readonly flushes: boolean
  readonly delayed: boolean
  readonly cells: number
  readonly home0: number
  readonly a0: number
  readonly b0: number
  readonly epochAll: number
  readonly epoch0: number
  readonly due: number
  /** Only a broken twin keeps the time beside the word that is exchanged. */
  readonly dueTime: number
  readonly clock: number
  readonly versions: number
  readonly lastVersion: number
  private readonly chunk0: number
  private readonly row0: number
  private readonly rowSize: number
  private readonly cell0 = ROW_FIELDS.length
  readonly mag: number
  readonly park: number

  constructor(config: TableProgram, history: History, broken: Broken) {
    super(config, history, broken)
    const uses = (op: string) => config.threads.some((ops) => ops.some((o) => o.op === op))
    const buckets = config.buckets ?? 1
    this.config = config
    this.ways = config.ways ?? 2
    this.slots = this.ways * buckets
    this.chunks = config.chunks
    this.keys = config.keys ?? 2
    this.versionMask = (1 << (config.versionBits ?? 1)) - 1
    this.late = config.late === true
    this.delayed = uses('flushAt')
    this.flushes = uses('flush') || this.delayed
    this.cells = this.flushes ? SIZE + 2 : config.bytes ? 2 : 1
    check(this.threads <= 3 && this.chunks < POISON, 'the model is for small programs')
    this.home0 = this.field(buckets)
    this.a0 = this.field(this.slots)
    this.b0 = this.field(this.slots)
    this.epochAll = this.field()
    this.epoch0 = this.field(2)
    this.due = this.field()
    this.dueTime = this.field()
    this.clock = this.field()
    this.versions = this.field()
    this.lastVersion = this.field(this.keys + 1)
    this.chunk0 = this.field(this.chunks * CHUNK_FIELDS)
    this.park = this.cell0 + this.cells * CELL
    this.mag = this.park + this.chunks
    this.rowSize = this.mag + this.chunks + 1
    this.row0 = this.field(this.threads * this.rowSize)
    this.seal()
  }

  // ---- chunks ---------------------------------------------------------------------------
  inc = (h: number): number => this.chunk0 + (h - 1) * CHUNK_FIELDS
  keyOf = (h: number): number => this.inc(h) + 1
  value0 = (h: number): number => this.inc(h) + 2
  value1 = (h: number): number => this.inc(h) + 3
  uid = (h: number): number => this.inc(h) + 4
  stamp = (h: number): number => this.inc(h) + 5
  version = (h: number): number => this.inc(h) + 6
  link = (h: number): number => this.inc(h) + 7
  parts = (h: number): number => this.inc(h) + 8
  isChunk = (h: number): boolean => h >= 1 && h <= this.chunks
  complete = (h: number): boolean => (this.get(this.inc(h)) & 1) === 0
  bump(h: number): void {
    this.put(this.inc(h), this.get(this.inc(h)) + 1)
  }

  // ---- words ----------------------------------------------------------------------------
  /** Incarnation i reads 2i-1 while free or being filled, 2i when complete; its version is i. */
  incarnationVersion = (inc: number): number => ((inc + 1) >> 1) & this.versionMask
  wordFor = (h: number): number => 0x80 | (h << 3) | this.incarnationVersion(this.get(this.inc(h)))
  tagOf = (key: number): number => this.config.tags?.[key] ?? key
  spaceOf = (key: number): number => this.config.spaces?.[key] ?? 0
  candidatesOf = (key: number): readonly number[] => this.config.candidates?.[key] ?? [0]
  homeAt = (t: number): number => this.home0 + this.candidatesOf(this.call(t).key)[0]
  /** Slot that follows in candidate order, or NONE. */
  firstSlot = (key: number, candidate: number): number =>
    (this.candidatesOf(key)[candidate] ?? NONE) * this.ways

  // ---- rows -----------------------------------------------------------------------------
  rowAt = (t: number, f: number): number => this.row0 + t * this.rowSize + f
  row = (t: number, f: number): number => this.m[this.row0 + t * this.rowSize + f]
  setRow(t: number, f: number, value: number): void {
    this.put(this.rowAt(t, f), value)
  }
  kind = (t: number): number => this.row(t, ROW.STATE) & 7
  sequence = (t: number): number => this.row(t, ROW.STATE) >> 3
  setKind(t: number, kind: number): void {
    this.setRow(t, ROW.STATE, (this.sequence(t) << 3) | kind)
  }
  /** Closes what the record counts under its sequence number. */
  advance(t: number, kind: number): void {
    check(this.sequence(t) < 31, 'sequence overflow')
    this.setRow(t, ROW.STATE, ((this.sequence(t) + 1) << 3) | kind)
  }
  newChunk = (t: number): number => chunkOf(this.row(t, ROW.NEW))
  top = (t: number): number => this.row(t, this.mag + this.row(t, ROW.MAGN) - 1)
  pushTo(t: number, list: number, count: number, h: number): void {
    this.setRow(t, list + this.row(t, count), h)
    this.setRow(t, count, this.row(t, count) + 1)
  }
  popFrom(t: number, list: number, count: number): number {
    const n = this.row(t, count) - 1
    const h = this.row(t, list + n)
    this.setRow(t, list + n, 0)
    this.setRow(t, count, n)
    return h
  }
  /** Is the chunk in the row's magazine or parking list? */
  holds(t: number, h: number): boolean {
    for (let i = 0; i < this.row(t, ROW.MAGN); i++) if (this.row(t, this.mag + i) === h) return true
    for (let i = 0; i < this.row(t, ROW.PARKN); i++) {
      if (this.row(t, this.park + i) === h) return true
    }
    return false
  }
  /** Frees a chunk into the own magazine, or parks it when its version would recur. */
  push(t: number, h: number): boolean {
    this.put(this.link(h), POISON)
    const wraps = this.incarnationVersion(this.get(this.inc(h))) === 0
    if (wraps && !this.broken.noQuarantine) {
      this.pushTo(t, this.park, ROW.PARKN, h)
      return true
    }
    check(this.row(t, ROW.MAGN) <= this.chunks, 'I-ONE-OWNER: a chunk was freed twice')
    this.pushTo(t, this.mag, ROW.MAGN, h)
    return false
  }
  unpark(t: number): void {
    while (this.row(t, ROW.PARKN)) {
      this.pushTo(t, this.mag, ROW.MAGN, this.popFrom(t, this.park, ROW.PARKN))
    }
    for (let u = 0; u < this.threads; u++) this.setRow(t, ROW.SNAP0 + u, 0)
  }
  cellAt = (t: number, cell: number): number => this.rowAt(t, this.cell0 + cell * CELL)

  /** Ghost: versions of successive entries of one key strictly increase; a copy keeps its own. */
  goesLive(word: number, kept = false): void {
    if (!this.late) return
    const v = this.get(this.version(chunkOf(word)))
    const at = this.lastVersion + this.get(this.keyOf(chunkOf(word)))
    const ok = kept ? v === this.get(at) : v > this.get(at)
    check(ok, `I-ORDER: version ${v} follows ${this.get(at)}`)
    this.put(at, v)
  }

  // The rest of the machine is defined beside the steps; see table.ts.
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
    const slot = (_: unknown, s: number): string => {
      const w = this.get(this.a0 + s)
      const h = chunkOf(w)
      if (isReserved(w)) return `reserved.t${reserver(w)}.${slotVersion(w)}`
      if (!isLive(w)) return `empty.${w}`
      return `c${h}v${versionOf(w)}(k${this.get(this.keyOf(h))}=${this.get(this.value0(h))})`
    }
    const slots = Array.from({ length: this.slots }, slot).join(' ')
    const kinds = this.calls.map((_, t) => KINDS[this.kind(t)]).join(',')
    const homes = Array.from({ length: this.slots / this.ways }, (_, b) => {
      const h = this.get(this.home0 + b)
      return `${homeVersion(h)}/d${depthOf(h)}/${pendingOf(h) || '-'}`
    })
    return `home ${homes.join(' ')} [${slots}] rows ${kinds}`
  }
}

export const isLive = (w: number): boolean => w >= 0x80
export const isReserved = (w: number): boolean => (w & 0xc0) === 0x40
export const reserver = (w: number): number => (w >> 3) & 7
export const chunkOf = (w: number): number => (w >> 3) & 15
export const versionOf = (w: number): number => w & 7
export const slotVersion = (w: number): number => w & 7
export const homeVersion = (h: number): number => h >> 4
export const depthOf = (h: number): number => (h >> 2) & 3
export const pendingOf = (h: number): number => h & 3
export const tagIn = (b: number): number => b >> 3
export function homeWord(version: number, depth: number, pending: number): number {
  check(version < 16, 'home version overflow')
  return (version << 4) | (depth << 2) | pending
}
export function reservedWord(t: number, version: number): number {
  check(version < 7, 'slot version overflow')
  return 0x40 | (t << 3) | version
}
export const tagWord = (tag: number, version: number): number => (tag << 3) | version

/** Defines steps of the machine: one closure, in which each step is a few lines. */
export type StepTable = (x: Table) => void
