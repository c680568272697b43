/** How often the model-based tests run: more, and with other seeds, by environment variables. */

/** Parameters for `fc.assert`: `runs`, times HEDDLE_MODEL_RUNS, from HEDDLE_MODEL_SEED on. */
export function modelRuns(runs: number): {
  numRuns: number
  seed?: number
  endOnFailure?: boolean
} {
  const { HEDDLE_MODEL_RUNS: times, HEDDLE_MODEL_SEED: seed } = process.env
  const numRuns = Math.ceil(runs * Number(times ?? 1))
  return seed === undefined ? { numRuns } : { numRuns, seed: Number(seed), endOnFailure: true }
}
