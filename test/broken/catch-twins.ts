/**
 * Explores broken twins on all cores and says which were caught: the source of each is patched in
 * this thread, where types are stripped as well, and loaded in one of a few threads.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BrokenTwin } from './twins.ts'

export interface Catch {
  readonly twin: BrokenTwin
  readonly executions: number
  /** What the check found; none: the twin was not caught. */
  readonly problems: readonly string[]
  /** The shortest schedule that was found and its accesses, when the steps were asked for. */
  readonly seed?: string
  readonly table?: string
  readonly error?: string
}

const TOP = new URL('../../', import.meta.url).href
const FOLDERS = ['src', 'native-layout', 'test/explore', 'test/linearize']
/** A twin may also be one that does not end. */
const TIMEOUT_MS = 60_000
const MOST_THREADS = 2

/**
 * @param caught called for each twin, in the order in which they are done
 * @param steps whether what is found is shrunk and shown
 */
export async function catchTwins(
  twins: readonly BrokenTwin[],
  caught: (one: Catch) => void,
  steps = false,
): Promise<void> {
  const sources = strippedSources()
  const queue = [...twins]
  const threads = Math.min(MOST_THREADS, availableParallelism(), queue.length)
  await Promise.all(Array.from({ length: threads }, () => workOn(queue, sources, caught, steps)))
}

function strippedSources(): Map<string, string> {
  const sources = new Map<string, string>()
  for (const folder of FOLDERS) {
    for (const entry of readdirSync(new URL(folder, TOP), { recursive: true })) {
      const path = `${folder}/${String(entry)}`
      if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue
      sources.set(path, stripTypeScriptTypes(readFileSync(new URL(path, TOP), 'utf8')))
    }
  }
  return sources
}

/** The twin's files; a text that is to be replaced must be there exactly once. */
export function patchedFiles({ name, patches }: BrokenTwin): Map<string, string> {
  const files = new Map<string, string>()
  for (const { file, find, replace } of patches) {
    const text = files.get(file) ?? readFileSync(new URL(file, TOP), 'utf8')
    const pieces = text.split(find)
    if (pieces.length !== 2) {
      throw new Error(`${name}: ${file} holds ${pieces.length - 1} times, not once: ${find}`)
    }
    files.set(file, pieces.join(replace))
  }
  for (const [file, text] of files) files.set(file, stripTypeScriptTypes(text))
  return files
}

async function workOn(
  queue: BrokenTwin[],
  sources: Map<string, string>,
  caught: (one: Catch) => void,
  steps: boolean,
): Promise<void> {
  let thread: Worker | undefined
  for (let twin = queue.shift(); twin !== undefined; twin = queue.shift()) {
    thread ??= startThread(sources)
    const outcome = await soundly(thread, twin, steps)
    if (outcome === undefined) {
      await thread.terminate()
      thread = undefined
    }
    caught({ twin, executions: 0, problems: [], error: 'it takes too long', ...outcome })
  }
  await thread?.terminate()
}

function startThread(sources: Map<string, string>): Worker {
  const workerData = { top: TOP, sources }
  return new Worker(new URL('./twin-thread.mjs', import.meta.url), { workerData, execArgv: [] })
}

type Outcome = Omit<Catch, 'twin'> & { readonly error: string | undefined }

/** What catches a twin says nothing of the source as it is, in as many executions. */
async function soundly(
  thread: Worker,
  twin: BrokenTwin,
  steps: boolean,
): Promise<Outcome | undefined> {
  const outcome = await exploredIn(thread, twin, steps)
  if (outcome === undefined || outcome.problems.length === 0) return outcome
  const asItIs = { ...twin, name: 'as it is', patches: [], within: outcome.executions }
  const silence = await exploredIn(thread, asItIs, false)
  if (silence === undefined || silence.error !== undefined) return silence
  if (silence.problems.length === 0) return outcome
  return { executions: 0, problems: [], error: `the source as it is: ${silence.problems[0]}` }
}

/** Undefined: it took too long. */
function exploredIn(
  thread: Worker,
  twin: BrokenTwin,
  steps: boolean,
): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), TIMEOUT_MS)
    thread.once('error', reject)
    thread.once('message', ({ executions, problems, seed, table, error }) => {
      clearTimeout(timer)
      thread.off('error', reject)
      resolve({ executions, problems, seed, table, error })
    })
    const bounds = { accesses: MOST_ACCESSES, ...twin.bounds, executions: twin.within }
    const { name, program } = twin
    thread.postMessage({ name, program, bounds, steps, patched: patchedFiles(twin) })
  })
}
/** A program that makes so many does not end. */
const MOST_ACCESSES = 12_000
