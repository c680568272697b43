/**
 * The Universal Scalability Law (N. J. Gunther, "Guerrilla Capacity Planning", 2007): N threads do
 *
 *   C(N) = N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * times the work of one. sigma is what they wait for each other (or for a shared resource in turn),
 * kappa what each pays for every other one (cache lines that travel, races that are lost). With
 *
 *   y(N) = (N / C(N) - 1) / (N - 1) = sigma + kappa N
 *
 * it is a straight line. Measurements at two or more N above 1 give both; a single one, as on two
 * cores, gives only sigma + kappa N for that N, and what lies beyond is between all sigma and all
 * kappa. Both are kept at 0 or more: better than linear is not foretold from noise.
 */
export interface UslModel {
  readonly sigma: number
  readonly kappa: number
}

/** Models between which the truth lies. */
export interface UslBounds {
  /** All of what is lost is sigma: it grows least. */
  readonly hopeful: UslModel
  /** All of it is kappa: it grows with the square. */
  readonly grim: UslModel
  /** Whether the measurements tell the two apart. */
  readonly isDetermined: boolean
}

export interface Capacity {
  readonly threads: number
  /** Times one thread. */
  readonly times: number
}

export function capacityAt({ sigma, kappa }: UslModel, threads: number): number {
  return threads / (1 + sigma * (threads - 1) + kappa * threads * (threads - 1))
}

/** From here on more threads do less: infinity without kappa. */
export function peakOf({ sigma, kappa }: UslModel): number {
  if (kappa === 0) return Number.POSITIVE_INFINITY
  return Math.max(1, Math.sqrt(Math.max(0, 1 - sigma) / kappa))
}

/** @param measured at one thread it is 1 by definition, so that an entry of it is not looked at */
export function fitUsl(measured: readonly Capacity[]): UslBounds {
  const points = measured
    .filter(({ threads }) => threads > 1)
    .map(({ threads, times }) => ({ n: threads, y: (threads / times - 1) / (threads - 1) }))
  if (points.length === 0) throw new Error('a model needs a measurement of two threads or more')
  if (new Set(points.map(({ n }) => n)).size === 1) {
    const y = Math.max(0, meanOf(points.map((point) => point.y)))
    const { n } = points[0]!
    const hopeful = { sigma: y, kappa: 0 }
    return { hopeful, grim: { sigma: 0, kappa: y / n }, isDetermined: false }
  }
  const model = leastSquares(points)
  return { hopeful: model, grim: model, isDetermined: true }
}

interface Point {
  readonly n: number
  readonly y: number
}

/** y = sigma + kappa n, neither below 0. */
function leastSquares(points: readonly Point[]): UslModel {
  const n = meanOf(points.map((point) => point.n))
  const y = meanOf(points.map((point) => point.y))
  const across = points.reduce((sum, point) => sum + (point.n - n) ** 2, 0)
  const kappa = points.reduce((sum, point) => sum + (point.n - n) * (point.y - y), 0) / across
  if (kappa <= 0) return { sigma: Math.max(0, y), kappa: 0 }
  const sigma = y - kappa * n
  if (sigma >= 0) return { sigma, kappa }
  const squares = points.reduce((sum, point) => sum + point.n ** 2, 0)
  const products = points.reduce((sum, point) => sum + point.n * point.y, 0)
  return { sigma: 0, kappa: Math.max(0, products / squares) }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** What is foretold: from the grim model of slow rounds to the hopeful one of fast rounds. */
export interface Forecast {
  readonly threads: number
  readonly low: number
  readonly high: number
}

/**
 * @param rounds capacities of each round; the quarter and the three quarters of them are taken for
 * what the measurement itself leaves open
 */
export function forecast(
  rounds: readonly (readonly Capacity[])[],
  threads: readonly number[],
): Forecast[] {
  const slow = fitUsl(quantileOf(rounds, 0.25))
  const fast = fitUsl(quantileOf(rounds, 0.75))
  return threads.map((count) => ({
    threads: count,
    low: Math.min(capacityAt(slow.grim, count), capacityAt(slow.hopeful, count)),
    high: Math.max(capacityAt(fast.grim, count), capacityAt(fast.hopeful, count)),
  }))
}

/** For each number of threads that quantile of the rounds. */
export function quantileOf(rounds: readonly (readonly Capacity[])[], share: number): Capacity[] {
  const counts = [...new Set(rounds.flat().map(({ threads }) => threads))]
  return counts.map((threads) => {
    const times = rounds
      .flat()
      .filter((one) => one.threads === threads)
      .map((one) => one.times)
      .sort((a, b) => a - b)
    return { threads, times: times[Math.round(share * (times.length - 1))]! }
  })
}
