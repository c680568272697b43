/**
 * What the project is held to, each figure in one place: the parts of the bench show them beside
 * what they measured, `npm run bench:targets` beside what the recorded runs found (targets/). Which
 * load a limit of the servers is about says load/limits.ts.
 */

/** Times a rival's processor time per operation, at most, by depth; values of 32 bytes. */
export const CPU_GOALS = {
  'memcached -t 1': { 1: 1, 16: 0.25, 64: 0.2 },
  redis: { 1: 1, 16: 0.8, 64: 0.7 },
} as const
/** The same for values of 16 KiB, at depth 1. */
export const LARGE_CPU_GOAL = 1
/** Times the throughput of Redis, at least, with two workers, from depth 16 on. */
export const THROUGHPUT_GOAL = 1.5
/**
 * Bytes of an operation below which nothing was allocated: what the measurement makes of none, and
 * what the runtime itself leaves behind, compiled code among it.
 */
export const NOTHING_BYTES = 1

/** Of calls in a process, in times of the other's time, at most; of threads, at least. */
export const EMBEDDED_GOALS = {
  getBesideLru: 1,
  getBytesBesideLru: 0.7,
  largeGetBesideMap: 1,
  hundredBesideGets: 0.4,
  twoThreads: 1.8,
} as const
/** Of a near hit's time, in times of another cache's, at most. */
export const NEAR_GOALS = [
  ['Map', 1.5],
  ['lru-cache', 1],
] as const

/** Bytes of an entry beyond key and value without rounding, at most; what is stretched for. */
export const BEYOND_BYTES = { goal: 30, stretch: 24 } as const
/** Percent, at most: what rounding takes, what is over and still held, what expiry costs a core. */
export const [MOST_ROUNDING, MOST_HELD, MOST_EXPIRY_CPU] = [4, 5, 2] as const
/** Percent of what a fresh cache holds, at least, after the sizes of the values have changed. */
export const FEWEST_KEPT = 95

/** Points between a policy and its simulation, at most. */
export const MOST_DIFFERENCE = 0.5
/** Points of s3-fifo above LRU: of all traces on average, and the least. */
export const GAIN_GOALS = { mean: 3, least: -4 } as const
/** Points by which forecasts from so large a share of the keys are off on average, at most. */
export const FORECAST_GOALS = [
  [1, 2],
  [0.1, 3],
] as const
