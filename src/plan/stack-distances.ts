/**
 * LRU stack distances: for each use of a key, how much an LRU cache must hold for it to be a hit,
 * which is the weight of all distinct keys used since the last use, the key itself included. One
 * pass answers for caches of every size (R. L. Mattson et al., "Evaluation techniques for storage
 * hierarchies", IBM Systems Journal 9(2), 1970).
 *
 * Each key stands at the moment of its last use, its weight in a Fenwick tree over moments, so that
 * a use costs O(log n) (B. T. Bennett and V. J. Kruskal, "LRU stack processing", IBM Journal of
 * Research and Development 19(4), 1975). When the moments are used up, those that no key stands at
 * any more are dropped and the rest move together.
 */
const FIRST_MOMENTS = 1 << 12
const NOWHERE = 0

export class StackDistances {
  /** Moments from 1 on: the key that stands there, or -1. */
  #keyAt: Int32Array
  #tree: Float64Array
  /** By key: the moment of its last use. */
  #momentOf: Int32Array
  #weightOf: Float64Array
  #now = 0
  #live = 0
  #total = 0

  /** @param keys how many there are; they are numbered from 0 on */
  constructor(keys: number) {
    this.#momentOf = new Int32Array(keys)
    this.#weightOf = new Float64Array(keys)
    this.#keyAt = new Int32Array(FIRST_MOMENTS + 1)
    this.#tree = new Float64Array(FIRST_MOMENTS + 1)
  }

  /**
   * A use of a key.
   * @param weight of the key from now on, 1 or more: 1 to count entries, its bytes to count bytes
   * @returns the weight that an LRU cache must hold for this to be a hit; Infinity: the first use
   */
  use(key: number, weight: number): number {
    const moment = this.#momentOf[key] as number
    let distance = Number.POSITIVE_INFINITY
    if (moment === NOWHERE) {
      this.#live++
    } else {
      distance = this.#total - this.#before(moment) + weight
      this.#add(moment, -(this.#weightOf[key] as number))
      this.#keyAt[moment] = -1
    }
    if (this.#now + 1 === this.#keyAt.length) {
      this.#momentOf[key] = NOWHERE
      this.#moveTogether()
    }
    const now = ++this.#now
    this.#momentOf[key] = now
    this.#weightOf[key] = weight
    this.#keyAt[now] = key
    this.#add(now, weight)
    return distance
  }

  #add(moment: number, weight: number): void {
    this.#total += weight
    for (let at = moment; at < this.#tree.length; at += at & -at) this.#tree[at]! += weight
  }

  /** The weight at all moments up to this one, itself included. */
  #before(moment: number): number {
    let sum = 0
    for (let at = moment; at > 0; at -= at & -at) sum += this.#tree[at] as number
    return sum
  }

  #moveTogether(): void {
    const old = this.#keyAt
    const moments = Math.max(FIRST_MOMENTS, 2 ** Math.ceil(Math.log2(this.#live * 2)))
    const keyAt = new Int32Array(moments + 1)
    const tree = new Float64Array(moments + 1)
    let now = 0
    for (let moment = 1; moment < old.length; moment++) {
      const key = old[moment] as number
      if (key < 0 || this.#momentOf[key] !== moment) continue
      keyAt[++now] = key
      this.#momentOf[key] = now
      tree[now] = this.#weightOf[key] as number
    }
    for (let at = 1; at <= moments; at++) {
      const parent = at + (at & -at)
      if (parent <= moments) tree[parent]! += tree[at] as number
    }
    this.#keyAt = keyAt
    this.#tree = tree
    this.#now = now
  }
}
