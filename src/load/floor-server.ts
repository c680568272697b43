/**
 * Starts the floor (bench/floor/floor.c): the C program that answers and stores nothing. What the
 * generator reaches against it is the generator's own floor; no figure beyond it says anything
 * about a server. It is compiled on demand into a temporary folder, which a source checkout and a
 * C compiler are needed for; where one is missing, the answer is a sentence that says so.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Target } from './connection.ts'
import { SMALLEST_VALUE } from './workload.ts'

export interface FloorServer {
  readonly target: Target
  readonly pid: number
  stop(): void
}

const SOURCE = 'bench/floor/floor.c'
/** From src/load/ and from dist/src/load/. */
const ROOTS = ['../..', '../../..']
const COMPILERS = ['cc', 'gcc', 'clang']
const START_TIMEOUT_MS = 30_000
const run = promisify(execFile)

/** Where its source is; undefined in an installed package. */
export function sourceOfFloor(): string | undefined {
  return ROOTS.map((root) => join(import.meta.dirname, root, SOURCE)).find(existsSync)
}

export interface FloorOrder {
  /** It answers both on its one port. */
  readonly protocol?: 'memcached' | 'redis'
  readonly valueBytes?: number
  /** A command that it is put behind, such as `taskset -c 0`. */
  readonly prefix?: readonly string[]
}

/** The running floor, or why there is none. */
export async function startFloor(order: FloorOrder = {}): Promise<FloorServer | string> {
  const { protocol = 'memcached', valueBytes = SMALLEST_VALUE, prefix = [] } = order
  const source = sourceOfFloor()
  if (source === undefined) return `${SOURCE} is not here: it comes with the source of heddle`
  const folder = mkdtempSync(join(tmpdir(), 'heddle-floor-'))
  const binary = join(folder, 'floor')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const why = await compile(source, binary)
  if (why !== undefined) {
    remove()
    return why
  }
  // It ends when its input is closed, so it outlives no generator, however that ends.
  const [command, ...args] = [...prefix, binary, '0', String(valueBytes)]
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const port = await portOf(child).finally(remove)
  const target: Target = { protocol, host: '127.0.0.1', port }
  return { target, pid: child.pid as number, stop: () => child.kill() }
}

/** Undefined when it worked. */
async function compile(source: string, binary: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${SOURCE} needs Linux (epoll)`
  for (const compiler of COMPILERS) {
    try {
      await run(compiler, ['-O2', '-o', binary, source])
      return undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      return `${compiler} did not compile ${SOURCE}: ${(error as Error).message}`
    }
  }
  return `no C compiler (tried ${COMPILERS.join(', ')})`
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the floor did not start')), START_TIMEOUT_MS)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the floor ended with code ${code}`)))
    child.stdout?.on('data', (text) => {
      clearTimeout(timer)
      const port = /memcached=127\.0\.0\.1:(\d+)/.exec(String(text))?.[1]
      if (port === undefined) reject(new Error(`the floor said ${text}`))
      else resolve(Number(port))
    })
  })
}
