/**
 * The phases of a load whose value sizes shift: each writes new keys worth `TURNS` times the
 * memory, sizes drawn from a mix. What a subject holds of a phase's keys at its end is compared
 * with what a fresh one of the same size holds after the same writes.
 */
import { randomNumbers } from '../workload.ts'

export const MIXES = {
  '100 B': () => 100,
  '1 KB': () => 1000,
  'half and half': (random: () => number) => (random() < 0.5 ? 100 : 1000),
  'nine to one': (random: () => number) => (random() < 0.9 ? 100 : 1000),
  '16 to 2,000 B': (random: () => number) => 16 + Math.floor(random() * 1985),
} as const satisfies Record<string, (random: () => number) => number>

export type MixName = keyof typeof MIXES

/** Phase by phase; the first one fills an empty cache. */
export const SHIFT: readonly MixName[] = ['100 B', '1 KB', '100 B']
export const MIXED: readonly MixName[] = [
  ...['half and half', 'nine to one', '1 KB', '16 to 2,000 B'],
  ...['16 to 2,000 B', '16 to 2,000 B', '100 B'],
] as MixName[]

/** Bytes that an entry is reckoned with beside its value, to know how much was written. */
const ENTRY_BYTES = 80
const TURNS = 2

/** The value sizes of a phase: the same for every subject. */
export function sizesOf(mix: MixName, memory: number, seed: number): Uint16Array {
  const next = randomNumbers(seed)
  const random = () => next() / 2 ** 32
  const sizes: number[] = []
  for (let bytes = 0; bytes < TURNS * memory; ) {
    const size = MIXES[mix](random)
    sizes.push(size)
    bytes += size + ENTRY_BYTES
  }
  return Uint16Array.from(sizes)
}

export function keyOf(phase: string, n: number): string {
  return `${phase}:${String(n).padStart(9, '0')}`
}
