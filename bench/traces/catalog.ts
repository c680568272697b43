/**
 * Which traces a run replays: the one that the repository carries (web12, see data/README.md), or
 * every trace of the folder that HEDDLE_TRACES names. The others may not be redistributed, so
 * they stay where they are.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunOptions } from '../options.ts'
import { formatOf } from '../../src/load/trace-reader.ts'
import type { Trace } from '../../src/load/trace-reader.ts'

export const CARRIED_TRACE = fileURLToPath(new URL('../data/web12.trace.gz', import.meta.url))

export function traceFiles(options: RunOptions, wantsAll: boolean): string[] {
  const folder = options.tracesFolder
  if (folder === undefined || !wantsAll) return [CARRIED_TRACE]
  const files = readdirSync(folder)
    .filter((name) => formatOf(name) !== undefined)
    .sort()
    .map((name) => join(folder, name))
  if (files.length === 0) throw new Error('the folder that HEDDLE_TRACES names holds no trace')
  return files
}

/** The first requests of a trace, with the keys that they are for: keys are in that order. */
export function shortened(trace: Trace, mostRequests: number): Trace {
  if (trace.requests.length <= mostRequests) return trace
  const requests = trace.requests.slice(0, mostRequests)
  const keys = trace.keys.slice(0, requests.reduce((most, key) => Math.max(most, key), 0) + 1)
  return { ...trace, keys, requests }
}
