/**
 * One disturbance in the middle of one load: the load runs at a fixed rate and is recorded in
 * slices; what was due from the moment of the disturbance until a little after its end is its
 * window, what was due before it the calm one of the same run.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { mergeSlices } from '../../src/load/findings.ts'
import type { Findings } from '../../src/load/findings.ts'
import { START_IN_MS } from '../../src/load/pool.ts'
import type { LoadSession } from '../../src/load/pool.ts'
import type { Slice } from '../../src/load/recording.ts'
import type { RunOptions } from '../options.ts'
import { OPEN_DEPTH } from '../load/closed-loop.ts'
import { refuseErrors } from '../load/subjects.ts'
import type { Disturbance } from './disturbances.ts'

export const SLICE_MS = 50
/** What was due this long after its end still belongs to the disturbance. */
const AFTERMATH_MS = 200
/** Compiled code and connections take a while to be what they will be. */
const SKIPPED_SLICES = 2

/** What came of one disturbance in one run. */
export interface Disturbed {
  readonly calm: Slice
  readonly during: Slice
  /** Of the disturbance, from its begin to its end. */
  readonly ms: number
  /** p99 of each slice, in microseconds, from the beginning of the run. */
  readonly timeline: readonly number[]
  readonly lost: number
  readonly proof: string
}

export async function playDisturbed(
  session: LoadSession,
  name: string,
  disturbance: Disturbance,
  order: { readonly rate: number; readonly calmSeconds: number; readonly options: RunOptions },
): Promise<Disturbed> {
  const { atMs, seconds: lastsSeconds, mayLose = false, mayMiss = false } = disturbance
  const { rate, calmSeconds, options } = order
  const calmMs = calmSeconds * 1000
  if (atMs !== undefined) await delay(Math.max(0, atMs - Date.now() - calmMs - START_IN_MS))
  const beginAt = Date.now() + START_IN_MS
  const running = session.run({
    ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: options.seed },
    ...{ depth: OPEN_DEPTH, seconds: calmSeconds + lastsSeconds + 0.5, rate },
    ...{ allowMisses: mayMiss, sliceMs: SLICE_MS, reconnects: mayLose },
  })
  const happening = (async () => {
    await delay(Math.max(0, (atMs ?? beginAt + calmMs) - Date.now()))
    const fromMs = Date.now() - beginAt
    const proof = await disturbance.happen()
    return { fromMs, toMs: Date.now() - beginAt, proof }
  })()
  const [ran, happened] = await Promise.allSettled([running, happening])
  if (happened.status === 'rejected') throw happened.reason
  if (ran.status === 'rejected') throw ran.reason
  const found: Findings = ran.value
  refuseErrors(name, disturbance.name, found)
  const { fromMs, toMs, proof } = happened.value
  const more = await disturbance.after?.()
  // What was due just before may have been on the way when it began: it is no calm request.
  const first = Math.floor(fromMs / SLICE_MS) - 1
  const last = Math.ceil((toMs + AFTERMATH_MS) / SLICE_MS)
  const calm = mergeSlices(found.slices.slice(SKIPPED_SLICES, first))
  const during = mergeSlices(found.slices.slice(first, last))
  if (calm.response.totalCount === 0 || during.response.totalCount === 0) {
    const place = `from ${Math.round(fromMs)} to ${Math.round(toMs)} ms`
    throw new Error(`${name}: ${disturbance.name} ${place} was not within the load`)
  }
  return {
    ...{ calm, during, ms: toMs - fromMs, lost: found.lost },
    timeline: found.slices.map(({ response }) => response.getValueAtPercentile(99) / 1000),
    proof: [proof, more].filter((text) => text !== undefined && text !== '').join('; '),
  }
}
