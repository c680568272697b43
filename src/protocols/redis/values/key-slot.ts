/**
 * The cluster slot of a key: CRC16 (XMODEM) of the key, or of what stands between its first braces,
 * so that keys can be put together.
 */

const SLOTS = 16_384
const POLYNOMIAL = 0x1021
const OPEN = 123
const CLOSE = 125

const table = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : POLYNOMIAL)
  table[byte] = crc
}

function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0
  for (let at = from; at < to; at++) {
    crc = ((crc << 8) & 0xffff) ^ table[(crc >>> 8) ^ bytes[at]!]!
  }
  return crc
}

/** The slot of the key `bytes[from..to)`, from 0. */
export function keySlot(bytes: Uint8Array, from: number, to: number): number {
  const open = indexIn(bytes, OPEN, from, to)
  if (open < 0) return crc16(bytes, from, to) % SLOTS
  const close = indexIn(bytes, CLOSE, open + 1, to)
  // Without a closing brace, or with nothing inside, the whole key counts.
  if (close <= open + 1) return crc16(bytes, from, to) % SLOTS
  return crc16(bytes, open + 1, close) % SLOTS
}

function indexIn(bytes: Uint8Array, wanted: number, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === wanted) return at
  return -1
}
