/**
 * What a request may cost beside a rival's, and what two workers must reach (goals.ts): by load,
 * for the parts load and redis, each shown beside its figure with a verdict.
 *
 * Where the floor alone costs more than a limit allows (sockets are most of a request at depth 1,
 * and copying most of one of 16 KiB), no server can meet it; then the same limit holds for what
 * lies above the floor.
 */
import { CPU_GOALS, LARGE_CPU_GOAL, THROUGHPUT_GOAL } from '../goals.ts'
import { median } from '../measurement.ts'
import type { Scene } from './scenes.ts'
import type { ServerName } from './servers.ts'

export type Rival = keyof typeof CPU_GOALS

const BY_DEPTH: Readonly<Record<Rival, Readonly<Record<number, number>>>> = CPU_GOALS
export const LARGE_BYTES = 16_384
const LEAST_DEPTH = 16

/** By depth alone: for redis-benchmark. */
export function cpuLimitAt(rival: Rival, depth: number): number | undefined {
  return BY_DEPTH[rival][depth]
}

export function cpuLimit(rival: Rival, { depth, mix, choice, values }: Scene): number | undefined {
  if (mix !== '90/10' || choice !== 'uniform' || values.low !== values.high) return undefined
  if (values.high === LARGE_BYTES) return depth === 1 ? LARGE_CPU_GOAL : undefined
  return values.high === 32 ? cpuLimitAt(rival, depth) : undefined
}

/** Two workers beside the one thread of Redis. */
export function throughputLimit(server: ServerName, scene: Scene): number | undefined {
  const isSmall = cpuLimit('redis', scene) !== undefined && scene.values.high === 32
  return isSmall && scene.depth >= LEAST_DEPTH && /RESP .* 2$/.test(server)
    ? THROUGHPUT_GOAL
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
