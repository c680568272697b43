/**
 * What a request may cost beside a rival's, and what two workers must reach: the limits of the
 * parts load and redis, each shown beside its figure with a verdict.
 *
 * Where the floor alone costs more than a limit allows (sockets are most of a request at depth 1,
 * and copying most of one of 16 KiB), no server can meet it; then the same limit holds for what
 * lies above the floor.
 */
import { median } from '../measurement.ts'
import type { Scene } from './scenes.ts'
import type { ServerName } from './servers.ts'

export type Rival = 'memcached -t 1' | 'redis'

/** Times the rival's processor time per operation, at most, by depth; values of 32 bytes. */
const MOST: Readonly<Record<Rival, Readonly<Record<number, number>>>> = {
  'memcached -t 1': { 1: 1, 16: 0.25, 64: 0.2 },
  redis: { 1: 1, 16: 0.8, 64: 0.7 },
}
/** The same for values of 16 KiB. */
const MOST_LARGE = 1
export const LARGE_BYTES = 16_384
/** Times the throughput of Redis, at least, from this depth on. */
export const LEAST_THROUGHPUT = 1.5
const LEAST_DEPTH = 16

/** By depth alone: for redis-benchmark. */
export function cpuLimitAt(rival: Rival, depth: number): number | undefined {
  return MOST[rival][depth]
}

export function cpuLimit(rival: Rival, { depth, mix, choice, values }: Scene): number | undefined {
  if (mix !== '90/10' || choice !== 'uniform' || values.low !== values.high) return undefined
  if (values.high === LARGE_BYTES) return depth === 1 ? MOST_LARGE : undefined
  return values.high === 32 ? cpuLimitAt(rival, depth) : undefined
}

/** Two workers beside the one thread of Redis. */
export function throughputLimit(server: ServerName, scene: Scene): number | undefined {
  const isSmall = cpuLimit('redis', scene) !== undefined && scene.values.high === 32
  return isSmall && scene.depth >= LEAST_DEPTH && /RESP .* 2$/.test(server)
    ? LEAST_THROUGHPUT
    : undefined
}

/**
 * @param ratios to the rival, round by round
 * @param ofFloor the floor's own ratios to the rival
 * @param above ratios of what lies above the floor
 */
export function verdictOn(
  limit: number | undefined,
  ratios: readonly number[],
  ofFloor: readonly number[] = [],
  above: readonly number[] = [],
): string {
  if (limit === undefined) return '-'
  if (median(ratios) <= limit) return 'met'
  const isImpossible = ofFloor.length > 0 && median(ofFloor) > limit
  const counted = above.filter(Number.isFinite)
  if (!isImpossible || counted.length === 0) return 'not met'
  return median(counted) <= limit ? 'met above the floor' : 'not met, nor above the floor'
}
