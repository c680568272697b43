/** heddle in this process and memcached beside it, written to alike, phase by phase. */
import { createEngine } from '../../src/index.ts'
import { startServer } from '../load/servers.ts'
import { BulkClient } from '../memory/bulk-client.ts'
import { keyOf } from './phases.ts'

export interface PhaseFigures {
  /** Entries of this phase's keys that are there at its end. */
  readonly kept: number
  readonly sets: number
  /** Pages that changed their class in this phase; undefined: not told. */
  readonly pagesMoved: number | undefined
  /** Of single sets; undefined where sets are not timed. */
  readonly p999Us: number | undefined
  readonly slowestUs: number | undefined
}

export interface DriftSubject {
  readonly name: string
  play(phase: string, sizes: Uint16Array): Promise<PhaseFigures>
  close(): Promise<void>
}

const LONGEST = 2000
const BYTES = Buffer.alloc(LONGEST, 'x')
const TEXT = BYTES.toString('latin1')

export function openHeddle(memory: number): DriftSubject {
  const engine = createEngine({ name: `bench drift ${Math.random()}`, memory })
  return {
    name: 'heddle',
    async play(phase, sizes) {
      const { pagesMoved } = engine.stats()
      const took = new Float32Array(sizes.length)
      for (let n = 0; n < sizes.length; n++) {
        const key = keyOf(phase, n)
        const value = BYTES.subarray(0, sizes[n])
        const from = performance.now()
        engine.set(key, value)
        took[n] = performance.now() - from
      }
      let kept = 0
      for (let n = 0; n < sizes.length; n++) if (engine.has(keyOf(phase, n))) kept++
      took.sort()
      return {
        ...{ kept, sets: sizes.length, pagesMoved: engine.stats().pagesMoved - pagesMoved },
        p999Us: (took[Math.floor(sizes.length * 0.999)] as number) * 1000,
        slowestUs: (took.at(-1) as number) * 1000,
      }
    },
    async close() {
      const { problems } = engine.verify()
      engine.close()
      if (problems.length > 0) throw new Error(`integrity: ${problems.join('; ')}`)
    },
  }
}

/** memcached with further options; a sentence when it is not installed. */
export async function openMemcached(
  name: string,
  memory: number,
  more: readonly string[],
): Promise<DriftSubject | string> {
  const server = await startServer('memcached -t 1', Math.floor(memory / 2 ** 20), { more })
  if (typeof server === 'string') return server
  const client = await BulkClient.open(server.target)
  return {
    name,
    async play(phase, sizes) {
      for (let n = 0; n < sizes.length; n++) {
        await client.set(keyOf(phase, n), TEXT.slice(0, sizes[n]))
      }
      await client.flush()
      const kept = await client.present(sizes.length, (n) => keyOf(phase, n))
      const untold = { pagesMoved: undefined, p999Us: undefined, slowestUs: undefined }
      return { kept, sets: sizes.length, ...untold }
    },
    async close() {
      client.close()
      await server.stop()
    },
  }
}
