/** A sentence for the report when other programs are at work. */
import { availableParallelism, loadavg } from 'node:os'
import type { RunOptions } from '../options.ts'

const BUSY_LOAD = 0.7

/** In a whole run the load average is that of the parts before. */
export function busyNote(options: RunOptions): string[] {
  const load = loadavg()[0] as number
  if (!options.chosen || load < BUSY_LOAD) return []
  const words = `load average ${load.toFixed(1)} on ${availableParallelism()} cores`
  return [`The machine was not idle when this began (${words}): latency is also that of others.`]
}
