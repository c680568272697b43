/**
 * The accesses of a failing schedule as a table to read: who, in which step, at which line of the
 * source, what it did to which word, and the values before and after.
 */
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Executor } from './execution.ts'
import { machine, type Witness } from './machine.ts'
import { DEATH, END, INVOKE, KIND_NAMES, RETURN, RING, SWAP, WAIT } from './trace.ts'

const root = resolve(import.meta.dirname, '../..')
/** Files of the explorer itself, which are on top of each stack. */
const OWN_FILE = /^test\/explore\/[\w-]+\.ts$/
const FRAMES = 16
const MOST_ROWS = 400
const MOST_RESULT = 60

export class FailureTable implements Witness {
  readonly #executor: Executor
  readonly #rows: string[][] = []
  #kind = 0
  #word = 0
  #span = 1
  #before: number[] = []
  #line = ''

  constructor(executor: Executor) {
    this.#executor = executor
  }

  comes(kind: number, word: number, span: number): void {
    this.#kind = kind
    this.#word = word
    this.#span = span
    this.#before = this.#values()
    this.#line = kind >= INVOKE ? '' : callerOf()
  }

  happened(value: number): void {
    const { trace } = this.#executor
    const at = trace.count - 1
    const index = trace.thread[at]!
    const thread = `${' '.repeat(index)}${String.fromCharCode(97 + index)}`
    const row = [String(at), thread]
    if (this.#kind >= INVOKE) this.#rows.push([...row, this.#mark(index), '', '', ''])
    else this.#rows.push([...row, this.#line, KIND_NAMES[this.#kind]!, ...this.#change(at, value)])
  }

  /** The table, its columns aligned. */
  text(): string {
    const rows = this.#rows.length <= MOST_ROWS ? this.#rows : this.#shortened()
    const widths = [0, 1, 2, 3, 4].map((column) =>
      Math.max(...rows.filter(isAccess).map((row) => row[column]!.length), 0),
    )
    return rows
      .map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')
  }

  #shortened(): string[][] {
    const left = this.#rows.length - MOST_ROWS
    const half = MOST_ROWS / 2
    const between = ['', '', `... ${left} more accesses ...`, '', '', '']
    return [...this.#rows.slice(0, half), between, ...this.#rows.slice(-half)]
  }

  #values(): number[] {
    const { words } = this.#executor
    return Array.from({ length: this.#span }, (_, at) => words.get(this.#word + at))
  }

  #mark(index: number): string {
    const thread = this.#executor.threads[index]!
    const call = thread.calls.at(-1)
    const label = (call?.returned === Infinity ? call.label : undefined) ?? ''
    if (this.#kind === INVOKE) return `begins ${this.#nextLabel(index)}`
    if (this.#kind === DEATH) return `dies${label === '' ? '' : ` in ${label}`}`
    if (this.#kind === END) return 'ends'
    const outcome = call?.error === undefined ? show(call?.result) : `threw ${show(call.error)}`
    return this.#kind === RETURN ? `${label} gives ${outcome}` : ''
  }

  #nextLabel(index: number): string {
    const thread = this.#executor.threads[index]!
    return thread.steps[thread.calls.length]?.label ?? ''
  }

  #change(at: number, value: number): [string, string] {
    const { trace } = this.#executor
    const name = this.#nameOf(this.#word)
    const before = this.#before.map(hex).join(' ')
    const after = this.#values().map(hex).join(' ')
    if (this.#kind === RING) return [name, '']
    if (this.#kind === WAIT) return [name, value === 1 ? `${before}, sleeps` : before]
    if (trace.wrote[at] === 1) return [name, `${before} -> ${after}`]
    if (trace.older[at]! > 0) return [name, `${hex(value)}, while the newest is ${before}`]
    return [name, this.#kind === SWAP ? `${before}, not swapped` : before]
  }

  #nameOf(word: number): string {
    const { words, prepared } = this.#executor
    const at = words.bufferOf(word)
    const offset = words.byteOffsetOf(word)
    const buffer = words.buffers[at]!
    const name = prepared.memory.includes(buffer) ? prepared.nameOf?.(buffer, offset) : undefined
    return name ?? `memory[${at}]+${offset}`
  }
}

function isAccess(row: readonly string[]): boolean {
  return row[3] !== ''
}

function hex(value: number): string {
  return Math.abs(value) < 1 << 16 ? String(value) : `0x${(value >>> 0).toString(16)}`
}

function show(value: unknown): string {
  const text =
    value instanceof Error
      ? value.message
      : typeof value === 'object'
        ? JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part))
        : String(value)
  return text.length > MOST_RESULT ? `${text.slice(0, MOST_RESULT)}...` : text
}

/** File and line of the code that made the access. */
function callerOf(): string {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  Error.captureStackTrace(holder)
  Error.stackTraceLimit = limit
  for (const frame of holder.stack?.split('\n').slice(1) ?? []) {
    const match = /(file:\/\/[^\s)]+|\/[^\s)]+):(\d+):\d+\)?$/.exec(frame)
    if (match === null) continue
    const path = match[1]!.startsWith('file:') ? fileURLToPath(match[1]!) : match[1]!
    const file = relative(root, path.split('?')[0]!)
    if (!OWN_FILE.test(file) || file.endsWith('.test.ts')) return `${file}:${match[2]}`
  }
  return '?'
}

/** Runs a schedule again with a witness, and gives the table of what happened. */
export function witnessed(executor: Executor, run: () => void): string {
  const table = new FailureTable(executor)
  machine.witness = table
  try {
    run()
  } finally {
    machine.witness = undefined
  }
  return table.text()
}
