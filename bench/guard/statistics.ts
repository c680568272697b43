/**
 * When is something slower beyond noise? Rounds are pairs: old and new measured one after the other
 * in processes of their own. Of a measurement's pairs the ratio new over old is looked at twice:
 *
 *   size    the median ratio must be at least 1 + LEAST_EFFECT
 *   chance  were both the same, ratios would lie above and below 1 alike: the exact one-sided
 *           Wilcoxon signed-rank test (Wilcoxon, Biometrics Bulletin 1945) of their logarithms
 *           must give a probability below ALPHA
 *
 * Both have to hold, and once more in a second series of fresh pairs (the command repeats what was
 * suspected): a dozen measurements are tested at once, so one series would cry wolf too often.
 */
import { median, spreadOf } from '../measurement.ts'
import type { Spread } from '../measurement.ts'

/** Smaller losses are not named: builds of the same code differ by this much. */
export const LEAST_EFFECT = 0.05
export const ALPHA = 0.01
/** With fewer pairs no outcome is below ALPHA: 2^-7 = 0.0078. */
export const LEAST_ROUNDS = 7
/** Exact up to here: the ranks' sums are counted. */
export const MOST_ROUNDS = 60

export interface Verdict {
  readonly ratio: number
  readonly spread: Spread
  /** Of ratios as high as these or higher, were old and new the same. */
  readonly slowerByChance: number
  readonly fasterByChance: number
  readonly change: 'slower' | 'faster' | 'same'
}

/** @param pairs old and new of each round, in any unit of cost, above 0 */
export function judge(pairs: readonly (readonly [old: number, fresh: number])[]): Verdict {
  const ratios = pairs.map(([old, fresh]) => fresh / old)
  if (!ratios.every((ratio) => ratio > 0 && Number.isFinite(ratio))) {
    throw new Error(`costs must be above 0: ${JSON.stringify(pairs)}`)
  }
  const logarithms = ratios.map(Math.log)
  const slowerByChance = signedRankProbability(logarithms)
  const fasterByChance = signedRankProbability(logarithms.map((one) => -one))
  const ratio = median(ratios)
  const isSlower = ratio >= 1 + LEAST_EFFECT && slowerByChance < ALPHA
  const isFaster = ratio <= 1 / (1 + LEAST_EFFECT) && fasterByChance < ALPHA
  const change = isSlower ? 'slower' : isFaster ? 'faster' : 'same'
  return { ratio, spread: spreadOf(ratios), slowerByChance, fasterByChance, change }
}

/**
 * The probability that the ranks of the positive differences sum up to at least what they do here,
 * where each sign is a fair coin. Zeros are left out, equal sizes share their mean rank.
 */
export function signedRankProbability(differences: readonly number[]): number {
  const present = differences.filter((one) => one !== 0)
  if (present.length > MOST_ROUNDS) throw new Error(`more than ${MOST_ROUNDS} rounds`)
  const doubled = doubledRanks(present.map(Math.abs))
  const seen = present.reduce((sum, one, n) => sum + (one > 0 ? doubled[n]! : 0), 0)
  // ways[s]: how many of the 2^n choices of signs give the (doubled) sum s.
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const ways = new Float64Array(total + 1)
  ways[0] = 1
  for (const rank of doubled) {
    for (let sum = total; sum >= rank; sum--) ways[sum]! += ways[sum - rank]!
  }
  let asHigh = 0
  for (let sum = seen; sum <= total; sum++) asHigh += ways[sum]!
  return asHigh / 2 ** doubled.length
}

/** Twice the ranks, from 2 on, so that the mean of two ranks is whole. */
function doubledRanks(sizes: readonly number[]): number[] {
  return sizes.map((size) => {
    const smaller = sizes.filter((other) => other < size).length
    const equal = sizes.filter((other) => other === size).length
    return 2 * smaller + equal + 1
  })
}
