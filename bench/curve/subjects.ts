/**
 * What the curve is drawn of: servers under the load generator (src/load), and caches in the thread
 * that asks (bench/latency/thread.ts), behind one interface. Both are asked in an open loop, and in
 * a closed one to begin the search for their highest rate.
 */
import { build, decodeFromCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import type { LoadPool } from '../../src/load/pool.ts'
import type { LatencyCommand, LatencyReply, LatencySetup } from '../latency/protocol.ts'
import { HISTOGRAM } from '../latency/protocol.ts'
import { OPEN_DEPTH } from '../load/closed-loop.ts'
import { openSubject } from '../load/subjects.ts'
import type { RunningServer } from '../load/servers.ts'
import { grantSubject } from '../subjects/open.ts'
import { linkWorker } from '../worker-link.ts'

/** One load of one subject. */
export interface Played {
  /** Nanoseconds from when a request was due. */
  readonly response: Histogram
  /** Nanoseconds by which the generator was late; of none where caller and cache are one thread. */
  readonly lag: Histogram
  readonly perSecond: number
  readonly operations: number
  readonly unsent: number
  /** Microseconds of the server's processor for each operation; NaN: not a process of its own. */
  readonly cpuUs: number
}

export interface CurveSubject {
  readonly name: string
  readonly isEmbedded: boolean
  play(rate: number | undefined, seconds: number): Promise<Played>
  close(): Promise<void>
}

export interface CurveOrder {
  readonly keys: number
  readonly connections: number
  readonly seed: number
}

const SMALL = { low: 32, high: 32 }
const CLOSED_DEPTH = 16
/** A plan that is late from its first request on: a closed loop of as many operations. */
const CLOSED_RATE = 1e8
const CLOSED_OPERATIONS = 200_000

export async function openServer(
  pool: LoadPool,
  server: RunningServer,
  { keys, connections, seed }: CurveOrder,
): Promise<CurveSubject> {
  const order = { connections, keys, mostDepth: OPEN_DEPTH, values: SMALL }
  const subject = await openSubject(pool, server, order)
  return {
    ...{ name: server.name, isEmbedded: false },
    async play(rate, seconds) {
      const depth = rate === undefined ? CLOSED_DEPTH : OPEN_DEPTH
      const found = await subject.run({
        ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed },
        ...{ depth, seconds, rate, allowMisses: false },
      })
      const { response, lag, perSecond, operations, unsent } = found.findings
      const cpuUs = found.userUs + found.systemUs
      return { response, lag, perSecond, operations, unsent, cpuUs }
    },
    close: () => subject.close(),
  }
}

/** In a thread of its own, which is caller and cache in one. */
export async function openEmbedded(
  name: 'heddle' | 'lru-cache' | 'none',
  { keys, seed }: CurveOrder,
): Promise<CurveSubject> {
  const granted = grantSubject(name, keys)
  const setup: LatencySetup = { threadIndex: 0, threads: 1, keys, seed, grants: [granted.grant] }
  const file = new URL('../latency/thread.ts', import.meta.url)
  const link = linkWorker<LatencyCommand, LatencyReply>(file, { workerData: setup })
  await link.ready
  for (const shared of [true, false]) await link.ask({ kind: 'fill', shared })
  return {
    ...{ name: `embedded ${name}`, isEmbedded: true },
    async play(rate, seconds) {
      const plan =
        rate === undefined
          ? { rate: CLOSED_RATE, seconds: CLOSED_OPERATIONS / CLOSED_RATE }
          : { rate, seconds }
      const startAt = Date.now() + 1
      const reply = await link.ask({ kind: 'load', subject: name, startAt, ...plan })
      if (reply.kind !== 'histograms') throw new Error(`expected histograms, not ${reply.kind}`)
      return {
        response: decodeFromCompressedBase64(reply.response),
        ...{ lag: build(HISTOGRAM), perSecond: reply.operations / reply.seconds },
        ...{ operations: reply.operations, unsent: 0, cpuUs: Number.NaN },
      }
    },
    async close() {
      await link.ask({ kind: 'close' })
      await link.end()
      granted.release()
    },
  }
}
