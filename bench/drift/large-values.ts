/**
 * Fragmentation of large values: a cache is filled, and overwritten and deleted from, with values
 * of mixed sizes until it has been written several times over. Then the bytes of the entries that
 * are there, over the bytes of the pages they lie in.
 */
import { createEngine } from '../../src/index.ts'
import { randomNumbers } from '../workload.ts'

export interface LargeFigures {
  readonly low: number
  readonly high: number
  readonly entries: number
  /** Bytes of headers, keys and values, and of the pages that are cut. */
  readonly entryBytes: number
  readonly pageBytes: number
}

const TURNS = 4
const DELETED = 0.1

export function churnLarge(memory: number, low: number, high: number, seed: number): LargeFigures {
  const engine = createEngine({ name: `bench large ${low}`, memory, maxItemSize: 2 * high })
  const next = randomNumbers(seed)
  const random = () => next() / 2 ** 32
  const bytes = Buffer.alloc(high, 'x')
  const keys = Math.ceil((2 * memory) / ((low + high) / 2))
  for (let written = 0; written < TURNS * memory; ) {
    const key = `large ${Math.floor(random() * keys)}`
    if (random() < DELETED) {
      engine.delete(key)
      continue
    }
    // Log-uniform: as many values between 16 and 32 KB as between 512 KB and 1 MB.
    const size = Math.floor(low * (high / low) ** random())
    engine.set(key, bytes.subarray(0, size))
    written += size
  }
  const { entries, bytes: entryBytes, memory: room } = engine.stats()
  const pageBytes = (room.pages - room.freePages) * room.pageBytes
  const { problems } = engine.verify()
  if (problems.length > 0) throw new Error(`integrity: ${problems.join('; ')}`)
  engine.close()
  return { low, high, entries, entryBytes, pageBytes }
}
