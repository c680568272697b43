/** CRC-64 with the polynomial of Jones, reflected, as at the end of what DUMP gives. */

const POLYNOMIAL_HIGH = 0x95ac9329
const POLYNOMIAL_LOW = 0xac4bc9b5

const highs = new Uint32Array(256)
const lows = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let high = 0
  let low = byte
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1
    low = (low >>> 1) | ((high & 1) << 31)
    high >>>= 1
    if (carry === 0) continue
    high ^= POLYNOMIAL_HIGH
    low ^= POLYNOMIAL_LOW
  }
  highs[byte] = high
  lows[byte] = low
}

/** Writes the CRC of `bytes[0..length)` to `bytes[at..at + 8)`, the low byte first. */
export function putCrc64(bytes: Uint8Array, length: number, target: Uint8Array, at: number): void {
  let high = 0
  let low = 0
  for (let i = 0; i < length; i++) {
    const entry = (low ^ bytes[i]!) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ lows[entry]!
    high = (high >>> 8) ^ highs[entry]!
  }
  for (let i = 0; i < 4; i++) {
    target[at + i] = (low >>> (8 * i)) & 0xff
    target[at + 4 + i] = (high >>> (8 * i)) & 0xff
  }
}
