/**
 * Namespaces: key spaces of one engine that count and clear separately. A name is known by 64 bits
 * of its hash, claimed by one exchange, so registering one is lock-free and cannot be half done.
 */
import { compareExchangePair, loadPair } from '#atomics'
import { SPACE, SPACES_AT } from '../../native-layout/control-block.ts'
import { xxh32 } from '../memory/hash.ts'
import type { MemoryView } from '../memory/view.ts'

/**
 * The number of a namespace, registering it when it is new; -1 when there is no room.
 * @param isKnown only if it was registered before; else -1
 */
export function spaceFor(view: MemoryView, name: string, isKnown = false): number {
  const hash = nameHash(name)
  for (let space = 1; space <= view.plan.maxNamespaces; space++) {
    const at = (SPACES_AT + space * SPACE.WORDS + SPACE.HASH) >>> 1
    const seen = loadPair(view.controlPairs, at)
    if (seen === hash) return space
    if (seen === 0n && isKnown) return -1
    if (seen !== 0n) continue
    const before = compareExchangePair(view.controlPairs, at, 0n, hash)
    if (before === 0n || before === hash) return space
  }
  return -1
}

/** Whether any namespace is registered. They are in the order in which they came. */
export function hasSpaces(view: MemoryView): boolean {
  if (view.plan.maxNamespaces === 0) return false
  return loadPair(view.controlPairs, (SPACES_AT + SPACE.WORDS + SPACE.HASH) >>> 1) !== 0n
}

/** 64 bits of a name's hash, never 0. */
export function nameHash(name: string): bigint {
  const bytes = new TextEncoder().encode(name)
  const words = new Int32Array((bytes.length + 4) >>> 2)
  new Uint8Array(words.buffer).set(bytes)
  const low = BigInt(xxh32(words, 0, bytes.length, 1) >>> 0)
  const high = BigInt(xxh32(words, 0, bytes.length, 2) >>> 0)
  const hash = BigInt.asIntN(64, (high << 32n) | low)
  return hash === 0n ? 1n : hash
}
