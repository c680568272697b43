/** From a trace to a sample of it. */
import type { Trace } from '../load/trace-reader.ts'
import { Sample, type SampleBounds, UNKNOWN_BYTES } from './sample.ts'

/** A sample of so many keys, from a rate of 1 on. */
export function boundsFor(mostKeys: number): SampleBounds {
  return { rate: 1, mostKeys, mostUses: MOST_USES }
}
const MOST_USES = 4_000_000

/** @param valueBytesOf of a key by its index, where the trace does not say it itself */
export function sampleOf(
  { keys, requests, valueBytes }: Trace,
  bounds: SampleBounds,
  valueBytesOf: (key: number) => number = () => UNKNOWN_BYTES,
): Sample {
  const sample = new Sample(bounds)
  for (const key of requests) {
    const told = valueBytes?.[key] ?? UNKNOWN_BYTES
    sample.read(keys[key] as string, told >= 0 ? told : valueBytesOf(key))
  }
  return sample
}
