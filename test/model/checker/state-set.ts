/**
 * The set of states seen: open addressing over 64-bit hashes, which alone are kept. A collision
 * would hide a state; with n states the odds are n * n / 2^65.
 */
export class StateSet {
  count = 0
  private bits = 16
  private low = new Uint32Array(1 << 16)
  private high = new Uint32Array(1 << 16)
  private at = new Int32Array(1 << 16).fill(-1)

  private find(low: number, high: number): number {
    const mask = (1 << this.bits) - 1
    let i = low & mask
    while (this.at[i] !== -1) {
      if (this.low[i] === low && this.high[i] === high) return i
      i = (i + 1) & mask
    }
    return ~i
  }
  private insert(i: number, low: number, high: number, id: number): void {
    this.low[i] = low
    this.high[i] = high
    this.at[i] = id
  }
  /** The state's number, or the complement of its new number. */
  add(state: Uint8Array): number {
    hash(state)
    const low = hashLow
    const high = hashHigh
    const i = this.find(low, high)
    if (i >= 0) return this.at[i]
    const id = this.count++
    this.insert(~i, low, high, id)
    if (this.count * 2 > 1 << this.bits) this.grow()
    return ~id
  }
  private grow(): void {
    const { low, high, at } = this
    const n = 1 << ++this.bits
    this.low = new Uint32Array(n)
    this.high = new Uint32Array(n)
    this.at = new Int32Array(n).fill(-1)
    for (let i = 0; i < at.length; i++) {
      if (at[i] !== -1) this.insert(~this.find(low[i], high[i]), low[i], high[i], at[i])
    }
  }
}

let hashLow = 0
let hashHigh = 0
function hash(bytes: Uint8Array): void {
  let a = 0x9e3779b9 | 0
  let b = 0x85ebca6b | 0
  for (let i = 0; i < bytes.length; i++) {
    const x = bytes[i]
    a = Math.imul(a ^ x, 0x01000193)
    b = (Math.imul(b ^ (x + 0x7f), 0x5bd1e995) + i) | 0
    a ^= a >>> 15
    b = (b << 13) | (b >>> 19)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b)
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35)
  hashLow = (a ^ (b >>> 13)) >>> 0
  hashHigh = (b ^ (a >>> 16)) >>> 0
}

/** A typed array that grows, several items per state. */
export class Growing<T extends Int32Array | Uint8Array> {
  data: T
  private readonly make: (length: number) => T
  private readonly perState: number

  constructor(make: (length: number) => T, perState = 1) {
    this.make = make
    this.perState = perState
    this.data = make(4096 * perState)
  }
  room(states: number): void {
    const needed = states * this.perState
    if (needed <= this.data.length) return
    const bigger = this.make(Math.max(needed, this.data.length * 2))
    bigger.set(this.data)
    this.data = bigger
  }
}
