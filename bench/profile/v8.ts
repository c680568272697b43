/**
 * V8's own profiler on a running server of this project: what its threads spent on which function
 * of JavaScript. It works everywhere, and sees nothing of the kernel: all of native code, system
 * calls included, is one thing to it.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { categoryOfScript } from './categories.ts'
import type { Category } from './categories.ts'

/** What V8 cannot tell apart; the others are as perf's. */
export type V8Category = Category | 'native code'

const PRELOAD = fileURLToPath(new URL('./preload.ts', import.meta.url))
const WAIT_MS = 20
const GIVE_UP_MS = 60_000
/** A thread that only waits, and what the profiler itself takes to begin. */
const IDLE = '(idle)'
const OWN_URL = 'node:inspector'

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
}
export interface CpuProfile {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface V8Profiler {
  /** For the environment of the server. */
  readonly environment: Readonly<Record<string, string>>
  /** @param play what is to be looked at */
  during(play: () => Promise<unknown>): Promise<ReadonlyMap<V8Category, number>>
  remove(): void
}

export function prepareV8(): V8Profiler {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-v8-'))
  const now = join(folder, 'now')
  return {
    environment: { NODE_OPTIONS: `--import=${PRELOAD}`, BENCH_PROFILE_FOLDER: folder },
    async during(play) {
      writeFileSync(now, '')
      const sampling = () => filesIn(folder, '.started').length
      await until(() => sampling() === filesIn(folder, '.here').length, 'does not begin')
      await play()
      rmSync(now)
      await until(() => sampling() === 0, 'wrote no profile')
      const files = filesIn(folder, '.cpuprofile')
      const found = new Map<V8Category, number>()
      for (const file of files) {
        addProfile(found, JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
        rmSync(file)
      }
      return found
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending))
  return names.map((name) => join(folder, name))
}

/** Waits for all threads: each looks by itself, and how soon is up to the machine. */
async function until(isSo: () => boolean, complaint: string): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`a thread of the server ${complaint}`)
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
  }
}

/** Adds the microseconds of each category; waiting does not count. */
export function addProfile(found: Map<V8Category, number>, profile: CpuProfile): void {
  const categories = new Map(profile.nodes.map((node) => [node.id, categoryOf(node)]))
  profile.samples.forEach((id, n) => {
    const category = categories.get(id)
    if (category === undefined) return
    found.set(category, (found.get(category) ?? 0) + (profile.timeDeltas[n] ?? 0))
  })
}

function categoryOf({ callFrame }: Node): V8Category | undefined {
  const { functionName, url } = callFrame
  if (functionName === IDLE || url === OWN_URL) return undefined
  if (functionName === '(garbage collector)') return 'memory management'
  // `(program)` is native code; so are functions without a file, which V8 or Node has built in.
  return url === '' ? 'native code' : categoryOfScript(url, functionName)
}
