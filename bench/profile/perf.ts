/**
 * Linux' perf on a running server: samples of its processor time with their stacks, counted by
 * category. The clock of the processor's time is the event (cpu-clock), which virtual machines
 * have, too. `node --perf-basic-prof` writes the names of compiled JavaScript where perf looks for
 * them; kernel and native code have theirs.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { categoryOfNative, categoryOfScript, categoryOfSyscall, programIn } from './categories.ts'
import type { Category } from './categories.ts'

const TOOL = 'perf'
const EVENT = 'cpu-clock'
const HERTZ = 1999
const MOST_OUTPUT = 2 ** 30
const run = promisify(execFile)

export interface Frame {
  readonly symbol: string
  /** The file that it is in: a program, a library, `[kernel.kallsyms]`, a map of JavaScript. */
  readonly binary: string
}

/** Samples by category, and the most frequent functions of each. */
export interface Counted {
  readonly samples: number
  readonly byCategory: ReadonlyMap<Category, number>
  readonly byFunction: ReadonlyMap<string, number>
}

/** Undefined where perf works on processes of ours; else why not. */
export function whyNoPerf(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-perf-'))
  try {
    const args = ['record', '-e', EVENT, '-o', join(folder, 'try'), '--', 'true']
    execFileSync(TOOL, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
    return undefined
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT') return 'perf is not installed (Debian package linux-perf)'
    return `perf cannot record here: ${(stderr ?? message).trim().split('\n')[0]}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Looks at a process for so many seconds, all its threads. */
export async function recordPerf(pid: number, seconds: number): Promise<Counted> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-perf-'))
  const file = join(folder, 'data')
  try {
    const how = ['record', '-q', '-e', EVENT, '-F', String(HERTZ), '-g', '-p', String(pid)]
    await run(TOOL, [...how, '-o', file, '--', 'sleep', String(seconds)])
    const fields = ['script', '-i', file, '-F', 'tid,ip,sym,dso']
    const { stdout } = await run(TOOL, fields, { maxBuffer: MOST_OUTPUT })
    return countStacks(stacksIn(stdout))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Flags of Node that name compiled JavaScript for perf, and where V8 logs beside that. */
export interface Names {
  readonly nodeFlags: readonly string[]
  remove(): void
}

/** V8 also writes a log for each thread, which nobody reads: it goes to a folder of its own. */
export function prepareNames(): Names {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-perf-'))
  return {
    nodeFlags: ['--perf-basic-prof', `--logfile=${join(folder, 'v8.log')}`],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The names that --perf-basic-prof leaves; perf wants them until its last look at the process. */
export function removeMap(pid: number): void {
  rmSync(join('/tmp', `perf-${pid}.map`), { force: true })
}

/** The stacks of `perf script`, innermost frame first: a head, a frame a line, an empty line. */
export function stacksIn(text: string): Frame[][] {
  return text
    .split('\n\n')
    .map((block) => block.split('\n').flatMap(frameIn))
    .filter((frames) => frames.length > 0)
}

function frameIn(line: string): Frame[] {
  const [, symbol, file] = /^\s+[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?)\)$/.exec(line) ?? []
  return symbol === undefined ? [] : [{ symbol, binary: basename(file!) }]
}

export function countStacks(stacks: readonly Frame[][]): Counted {
  const byCategory = new Map<Category, number>()
  const byFunction = new Map<string, number>()
  for (const frames of stacks) {
    const category = categoryOf(frames)
    byCategory.set(category, (byCategory.get(category) ?? 0) + 1)
    const name = `${category} | ${nameOf(frames)}`
    byFunction.set(name, (byFunction.get(name) ?? 0) + 1)
  }
  return { samples: stacks.length, byCategory, byFunction }
}

const isKernel = ({ binary }: Frame) => binary.startsWith('[kernel')
const SYSCALL = /^(?:__x64_sys|__arm64_sys|__se_sys|ksys|__sys)_/
/** `JS:*'name file:///.../src/x.ts:1:2`, where the sign says how well it is compiled. */
const SCRIPT = /^JS:[*+~^]*'?(\S*) (.*?)(?::\d+:\d+)?$/

function categoryOf(frames: readonly Frame[]): Category {
  const leaf = frames[0]!
  if (isKernel(leaf)) {
    const entry = frames.find(({ symbol }) => SYSCALL.test(symbol))
    return entry === undefined ? 'syscalls: wait and others' : categoryOfSyscall(entry.symbol)
  }
  const script = SCRIPT.exec(leaf.symbol)
  if (script !== null) return categoryOfScript(script[2]!, script[1]!)
  const program = programIn(frames.map(({ binary }) => binary))
  const native = categoryOfNative(leaf.symbol, leaf.binary, program)
  if (native !== undefined) return native
  // Builtins and V8's own functions work for the JavaScript that called them.
  const caller = frames.map(({ symbol }) => SCRIPT.exec(symbol)).find((one) => one !== null)
  if (caller != null) return categoryOfScript(caller[2]!, caller[1]!)
  // What lies between the event loop and JavaScript.
  const isGlue = frames.some((one) => categoryOfNative(one.symbol, one.binary) === 'event loop')
  return isGlue ? 'event loop' : 'others'
}

function nameOf([leaf]: readonly Frame[]): string {
  if (isKernel(leaf!)) return 'kernel'
  const script = SCRIPT.exec(leaf!.symbol)
  if (script === null)
    return leaf!.symbol === '[unknown]' ? `${leaf!.binary}, no name` : leaf!.symbol
  const file = /((?:src|native-layout|workers)\/.*|node:.*)$/.exec(script[2]!)?.[1] ?? script[2]
  return `${script[1]} ${file}`
}
