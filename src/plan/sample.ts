/**
 * A sample of the uses of keys, by key: a key is in the sample if its hash is below a threshold,
 * and then all of its uses are. So reuse is kept, and a cache of C entries behaves on the sample
 * as one of C times the rate does (SHARDS, C. Waldspurger et al., FAST '15).
 *
 * The sample is bounded: when it has too many keys or uses the threshold falls by an eighth, and
 * the keys above it are left out (the fixed-size form of SHARDS). Where the paper rescales a
 * histogram for what was counted at the higher rate, the uses are kept here, in 4 bytes each, and
 * counted once at the end at the last rate: that is what makes it possible to replay the sample
 * through the engine too (miniature.ts).
 */
export interface SampleBounds {
  /** The share of keys to begin with, above 0 and at most 1. */
  readonly rate: number
  readonly mostKeys: number
  readonly mostUses: number
}

/** Uses of keys, numbered from 0 on, with what is known of their sizes. */
export interface SampledUses {
  /** The share of all keys that the sample has, at most 1. */
  readonly rate: number
  /** All reads that were seen, in the sample or not. */
  readonly reads: number
  /** In their order: a read of key n as n, a write as ~n. */
  readonly uses: Int32Array
  readonly keyBytes: Uint32Array
  /** Of the value; -1 where nothing told it. */
  readonly valueBytes: Int32Array
}

export const UNKNOWN_BYTES = -1
const WHOLE = 2 ** 32
const FALL = 7 / 8
const FIRST_USES = 1 << 12

export class Sample {
  readonly #bounds: SampleBounds
  /** Keys whose hash is below it are in the sample. */
  #threshold: number
  #reads = 0
  #writes = 0
  #uses = new Int32Array(FIRST_USES)
  #count = 0
  #numberOf = new Map<string, number>()
  #hashes: number[] = []
  #keyBytes: number[] = []
  #valueBytes: number[] = []

  constructor(bounds: SampleBounds) {
    this.#bounds = bounds
    this.#threshold = Math.max(1, Math.round(bounds.rate * WHOLE))
  }

  /** The share of keys that the sample has now. */
  get rate(): number {
    return this.#threshold / WHOLE
  }
  get keys(): number {
    return this.#numberOf.size
  }
  /** All uses that were seen, in the sample or not. */
  get seen(): { readonly reads: number; readonly writes: number } {
    return { reads: this.#reads, writes: this.#writes }
  }

  /**
   * A key was asked for.
   * @param valueBytes UNKNOWN_BYTES where this use does not tell
   */
  read(key: string, valueBytes: number): void {
    this.#reads++
    const number = this.#find(key)
    if (number >= 0) this.#note(number, number, valueBytes)
  }

  /** A key was stored: as good as a use for what is kept, but it neither hits nor misses. */
  write(key: string, valueBytes: number): void {
    this.#writes++
    const number = this.#find(key)
    if (number >= 0) this.#note(number, ~number, valueBytes)
  }

  #note(number: number, use: number, valueBytes: number): void {
    if (valueBytes >= 0) this.#valueBytes[number] = valueBytes
    if (this.#count === this.#uses.length) {
      const larger = new Int32Array(this.#count * 2)
      larger.set(this.#uses)
      this.#uses = larger
    }
    this.#uses[this.#count++] = use
    const { mostKeys, mostUses } = this.#bounds
    while (this.#numberOf.size > mostKeys || this.#count > mostUses) this.#fall()
  }

  /** The size of a key's value came to be known, without a use of the key. */
  learn(key: string, valueBytes: number): void {
    const number = this.#numberOf.get(key)
    if (number !== undefined) this.#valueBytes[number] = valueBytes
  }

  /** Some sampled keys whose size is not known. */
  *unknown(): Generator<string> {
    for (const [key, number] of this.#numberOf) if (this.#valueBytes[number]! < 0) yield key
  }

  end(): SampledUses {
    return {
      rate: this.rate,
      reads: this.#reads,
      uses: this.#uses.slice(0, this.#count),
      keyBytes: Uint32Array.from(this.#keyBytes),
      valueBytes: Int32Array.from(this.#valueBytes),
    }
  }

  #find(key: string): number {
    const hash = hashOf(key)
    if (hash >= this.#threshold) return -1
    const known = this.#numberOf.get(key)
    if (known !== undefined) return known
    const number = this.#hashes.length
    this.#numberOf.set(key, number)
    this.#hashes.push(hash)
    this.#keyBytes.push(Buffer.byteLength(key))
    this.#valueBytes.push(UNKNOWN_BYTES)
    return number
  }

  #fall(): void {
    this.#threshold = Math.max(1, Math.floor(this.#threshold * FALL))
    const numbers = new Int32Array(this.#hashes.length).fill(-1)
    const kept: [string, number][] = []
    for (const [key, number] of this.#numberOf) {
      if (this.#hashes[number]! >= this.#threshold) continue
      numbers[number] = kept.length
      kept.push([key, number])
    }
    this.#numberOf = new Map(kept.map(([key], number) => [key, number]))
    this.#hashes = kept.map(([, number]) => this.#hashes[number]!)
    this.#keyBytes = kept.map(([, number]) => this.#keyBytes[number]!)
    this.#valueBytes = kept.map(([, number]) => this.#valueBytes[number]!)
    let count = 0
    for (let at = 0; at < this.#count; at++) {
      const use = this.#uses[at] as number
      const number = numbers[use < 0 ? ~use : use] as number
      if (number >= 0) this.#uses[count++] = use < 0 ? ~number : number
    }
    this.#count = count
  }
}

/** FNV-1a, mixed by the finalizer of MurmurHash3: 32 bits that a threshold can cut anywhere. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
