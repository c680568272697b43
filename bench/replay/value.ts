/**
 * Values for traces that carry keys only. The size follows from the key by a fixed function, so
 * every subject stores the same bytes:
 *
 *   digest = FNV-1a of the key, then mixed (the finalizer of MurmurHash3)
 *   octave = digest modulo 5                                   0 to 4
 *   size   = (512 << octave) + (digest >>> 8) modulo (512 << octave)
 *
 * so sizes run from 512 to 16,383 bytes, each octave equally likely, 4.7 KiB on average. The
 * value begins with the key; the rest is filler. It is built anew for each set as one flat
 * string, as if a database had answered.
 */
import { fnv1a } from '../measurement.ts'

const SMALLEST = 512
const OCTAVES = 5
const LARGEST = SMALLEST << OCTAVES
const SCRATCH = Buffer.alloc(LARGEST, '.')

export function valueBytes(key: string): number {
  let digest = fnv1a(key)
  digest = Math.imul(digest ^ (digest >>> 16), 0x85ebca6b)
  digest = Math.imul(digest ^ (digest >>> 13), 0xc2b2ae35)
  digest = (digest ^ (digest >>> 16)) >>> 0
  const octave = SMALLEST << (digest % OCTAVES)
  return octave + ((digest >>> 8) % octave)
}

/** Keys of traces are ASCII and shorter than the smallest value. */
export function buildValue(key: string, size: number): string {
  SCRATCH.write(key, 0, 'latin1')
  const value = SCRATCH.toString('latin1', 0, size)
  SCRATCH.fill('.', 0, key.length)
  return value
}

export function checkValue(value: string, key: string, size: number): void {
  const last = key.length - 1
  if (value.length === size && value.charCodeAt(last) === key.charCodeAt(last)) return
  throw new Error(`key ${key} holds ${value.slice(0, key.length)}, ${value.length} of ${size}`)
}
