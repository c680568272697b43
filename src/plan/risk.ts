/**
 * How much a forecast can be relied on at one size of memory. Three things make it unsafe, and each
 * is known beforehand:
 *
 *   a cliff   the curve rises by many points within a tenth of the memory, as it does where a loop
 *             begins to fit: what is a little wrong about memory is much wrong about hits
 *   sample    few keys were sampled, or a few of them miss much
 *   policies  the planned policy differs from LRU by many points, or random eviction is better
 *             than LRU by as many, as it is on loops and scans: how entries fall into size classes
 *             then decides too, which a sample does not show
 */
import type { Forecast } from './forecast.ts'

export interface Risk {
  /** The hit ratio to expect, 0 to 1: from and to. */
  readonly low: number
  readonly high: number
  /** How much the hit ratio changes from a tenth less to a tenth more of the memory, 0 to 1. */
  readonly rise: number
  /** The standard error of the sample, 0 to 1. */
  readonly standardError: number
  /** How far policies lie apart, 0 to 1. */
  readonly policySpread: number
  /** The memory, in bytes, at which the curve is flat again; undefined where it is not steep. */
  readonly cliffEnd: number | undefined
  /** Why it is unsafe; none: it is not. */
  readonly reasons: readonly Reason[]
}

export type Reason = 'cliff' | 'sample' | 'policies'

/** A share of the memory, to both sides. */
const TENTH = 0.1
/** Points from which on they are a reason. */
const STEEP_RISE = 0.05
const LARGE_ERROR = 0.0125
const WIDE_SPREAD = 0.05
/** A smaller sample says little, whatever its own groups say of its error. */
const LEAST_KEYS = 1000
/** Two standard errors: 95 of 100 samples lie within. */
const ERRORS = 2
/** What a forecast from all keys is off by. */
const LEAST_ERROR = 0.01
/** The end of a cliff is looked for in steps of a fiftieth. */
const STEP = 1.02
const LEAST_MEMORY = 2 * 2 ** 20

export function riskAt(forecast: Forecast, memory: number): Risk {
  const hitRatio = forecast.hitRatioAt(memory)
  const below = forecast.hitRatioAt(Math.max(LEAST_MEMORY, memory * (1 - TENTH)))
  const above = forecast.hitRatioAt(memory * (1 + TENTH))
  const rise = above - below
  const standardError = forecast.standardErrorAt(memory)
  const policies = forecast.policiesAt(memory)
  const policySpread = Math.max(...policies) - Math.min(...policies)
  const reasons: Reason[] = []
  if (rise >= STEEP_RISE) reasons.push('cliff')
  const isSmall = forecast.sampledKeys < LEAST_KEYS
  if (isSmall || standardError >= LARGE_ERROR) reasons.push('sample')
  if (policySpread >= WIDE_SPREAD) reasons.push('policies')
  const apart = policySpread >= WIDE_SPREAD && !forecast.isReplayed ? policies : []
  const chance = LEAST_ERROR + ERRORS * standardError
  return {
    low: Math.max(0, Math.min(hitRatio, below, ...apart) - chance),
    high: Math.min(forecast.most, Math.max(hitRatio, above, ...apart) + chance),
    ...{ rise, standardError, policySpread, reasons },
    cliffEnd: rise >= STEEP_RISE ? endOfCliff(forecast, memory) : undefined,
  }
}

function endOfCliff(forecast: Forecast, from: number): number {
  const last = forecast.memoryForAll
  for (let memory = from; memory < last; memory *= STEP) {
    const ahead = forecast.hitRatioAt(memory * (1 + TENTH)) - forecast.hitRatioAt(memory)
    if (ahead < STEEP_RISE / 2) return memory
  }
  return Math.max(from, last)
}
