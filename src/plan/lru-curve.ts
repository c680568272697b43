/** From the uses of keys to the hit-ratio curve of LRU, over entries or over bytes. */
import { HitCurve } from './hit-curve.ts'
import type { SampledUses } from './sample.ts'
import { StackDistances } from './stack-distances.ts'

/**
 * @param weights of each key: what it takes of the cache. Undefined: 1, so the curve is over
 *   entries
 * @param countsFirst whether the first read of a key is a miss; otherwise it is left out, as if
 *   the cache had been warm
 * @returns the curve over the size of a cache for all keys, not only those of the sample
 */
export function lruCurve(
  sample: SampledUses,
  weights?: ArrayLike<number>,
  countsFirst = true,
): HitCurve {
  const { uses, rate, reads, keyBytes } = sample
  const distances = new StackDistances(keyBytes.length)
  const curve = new HitCurve()
  let sampled = 0
  let first = 0
  for (const use of uses) {
    const key = use < 0 ? ~use : use
    const own = weights === undefined ? 1 : (weights[key] as number)
    const distance = distances.use(key, own)
    if (use < 0) continue
    sampled++
    if (distance === Number.POSITIVE_INFINITY) first++
    if (countsFirst || distance < Number.POSITIVE_INFINITY) {
      curve.note((distance - own) / rate + own)
    }
  }
  if (rate < 1)
    curve.adjust(Math.max(sampled > 0 ? 1 : 0, reads * rate - (countsFirst ? 0 : first)))
  return curve
}
