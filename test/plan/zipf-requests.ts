/** Requests for keys by Zipf's law, always the same. */
import { randomNumbers } from '../../bench/workload.ts'

const SEED = 5

export function zipfRequests(keys: number, exponent: number, count: number): Uint32Array {
  const sums: number[] = []
  let total = 0
  for (let rank = 1; rank <= keys; rank++) sums.push((total += rank ** -exponent))
  const next = randomNumbers(SEED)
  return Uint32Array.from({ length: count }, () => {
    const place = ((next() % 2 ** 30) / 2 ** 30) * total
    let [low, high] = [0, keys - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < place) low = middle + 1
      else high = middle
    }
    return low
  })
}
