/**
 * How far a hit ratio may be off because it comes from a sample of keys: its standard error, of two
 * things that chance decides.
 *
 *   what is missed   the sample is cut into groups of keys, and their misses differ as samples of
 *                    their size do. Misses are counted, not hits, because hits that are too many
 *                    or too few are corrected (HitCurve.adjust)
 *   how much fits    of n keys between two uses the sample has n times the rate, give or take the
 *                    root of that: so the memory at which the second use hits is off
 */
import { HitCurve } from './hit-curve.ts'
import type { SampledUses } from './sample.ts'
import { StackDistances } from './stack-distances.ts'

const GROUPS = 16

/** @returns by the entries of the whole cache: the standard error, 0 to 1; 0 of all keys */
export function samplingError(sample: SampledUses): (entries: number) => number {
  const { rate, reads, uses, keyBytes } = sample
  if (rate === 1) return () => 0
  const distances = new StackDistances(keyBytes.length)
  const all = new HitCurve()
  const groups = Array.from({ length: GROUPS }, () => new HitCurve())
  for (const use of uses) {
    const key = use < 0 ? ~use : use
    const distance = distances.use(key, 1)
    if (use < 0) continue
    all.note(distance)
    groups[key % GROUPS]!.note(distance)
  }
  return (entries) => {
    const small = entries * rate
    const misses = groups.map((curve) => curve.uses * (1 - curve.at(small)))
    const mean = misses.reduce((sum, one) => sum + one, 0) / GROUPS
    const squares = misses.reduce((sum, one) => sum + (one - mean) ** 2, 0)
    const ofMisses = Math.sqrt((GROUPS / (GROUPS - 1)) * squares) / Math.max(1, reads * rate)
    const give = 1 / Math.sqrt(Math.max(1, small))
    const ofSize = (all.at(small * (1 + give)) - all.at(small * (1 - give))) / 2
    return Math.min(1, Math.hypot(ofMisses, ofSize) * Math.sqrt(1 - rate))
  }
}
