/**
 * What the memory suites store: keys of a length with eight digits at the end, and values whose
 * size follows from the id, uniform between two bounds, and which begin with the id.
 */
export interface Contents {
  readonly entries: number
  readonly keyBytes: number
  readonly low: number
  readonly high: number
}

const ID_BASE = 10_000_000
const ID_DIGITS = 8
const PREFIX = 'tenant:4:session:of:a:user:in:a:region:'.repeat(4)
const SCRATCH = Buffer.alloc(4096, '.')

export function prefixOf(keyBytes: number): string {
  return PREFIX.slice(0, keyBytes - ID_DIGITS)
}

export function keyFor(prefix: string, id: number): string {
  return prefix + (ID_BASE + id)
}

/** Scrambles an id, so that sizes of neighbours have nothing in common (murmur3's finalizer). */
function scrambled(id: number): number {
  let h = Math.imul(id ^ (id >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export function sizeFor({ low, high }: Contents, id: number): number {
  return low + (scrambled(id) % (high - low + 1))
}

/** A flat one-byte string of its own. */
export function valueFor(contents: Contents, id: number): string {
  SCRATCH.write(String(ID_BASE + id), 0, 'latin1')
  return SCRATCH.toString('latin1', 0, sizeFor(contents, id))
}

/** Bytes of all keys and values. */
export function payloadOf(contents: Contents): number {
  let bytes = contents.entries * contents.keyBytes
  for (let id = 0; id < contents.entries; id++) bytes += sizeFor(contents, id)
  return bytes
}
