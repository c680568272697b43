/**
 * A thread of the load generator, run by the pool (pool.ts) through workers/load.ts. It keeps
 * its clients, one for each server under load, between the tasks of opening, preloading, running
 * and closing.
 */
import { LoadClient } from './client.ts'
import type { ClientOrder, Driven } from './drive.ts'
import { packSlice } from './findings.ts'
import type { ThreadFindings } from './findings.ts'
import { memcachedBinary } from './memcached-binary.ts'
import { memcachedMeta } from './memcached-meta.ts'
import { memcachedText } from './memcached-text.ts'
import type { Target } from './connection.ts'
import { httpText } from './http-text.ts'
import { redisResp } from './redis-resp.ts'
import type { ProtocolName, WireProtocol } from './wire-protocol.ts'
import { mayMiss, planPreload, planRequests, planTrace } from './request-plan.ts'
import type { KeyChoice, Mix } from './request-plan.ts'

export interface LoadOrder {
  readonly mix: Mix
  readonly choice: KeyChoice
  /** The requests of the trace as key ids, where the choice is `trace`. */
  readonly trace: SharedArrayBuffer | undefined
  readonly seed: number
  readonly depth: number
  readonly seconds: number
  /** Requests per second of this thread, undefined: closed loop. */
  readonly rate: number | undefined
  /** Milliseconds since the epoch at which all threads begin. */
  readonly startAt: number
  readonly allowMisses: boolean
  /** As in `Drive`; left out: none, never, no. */
  readonly sliceMs?: number
  readonly stop?: SharedArrayBuffer
  readonly reconnects?: boolean
}

interface Place {
  readonly client: number
  readonly threadIndex: number
  readonly threads: number
}

export type LoadTask = Place &
  (
    | { readonly kind: 'open'; readonly order: ClientOrder }
    | { readonly kind: 'preload'; readonly keys: number; readonly startAt: number }
    | { readonly kind: 'run'; readonly keys: number; readonly order: LoadOrder }
    | { readonly kind: 'close' }
  )

const PRELOAD_DEPTH = 16
const PRELOAD_SECONDS = 600

const BY_NAME: Readonly<Record<Exclude<ProtocolName, 'http'>, WireProtocol>> = {
  memcached: memcachedText,
  meta: memcachedMeta,
  binary: memcachedBinary,
  redis: redisResp,
}
const clients = new Map<number, LoadClient>()
/** Plans take a while to draw, and suites run the same one many times. */
const plans = new Map<string, Uint32Array>()

export async function performTask(task: LoadTask): Promise<ThreadFindings | undefined> {
  switch (task.kind) {
    case 'open': {
      const protocol = protocolOf(task.order.target)
      const client = new LoadClient(task.order, protocol)
      await client.open()
      clients.set(task.client, client)
      return undefined
    }
    case 'preload':
      return await preload(task)
    case 'run':
      return packed(await clientOf(task).run(driveOf(task, task.order)))
    case 'close':
      clients.get(task.client)?.close()
      clients.delete(task.client)
      return undefined
  }
}

async function preload(task: LoadTask & { kind: 'preload' }): Promise<ThreadFindings> {
  const plan = planPreload(task.keys, task.threadIndex, task.threads)
  const driven = await clientOf(task).run({
    plan,
    depth: PRELOAD_DEPTH,
    requests: plan.length,
    seconds: PRELOAD_SECONDS,
    everyMs: undefined,
    beginAt: task.startAt - performance.timeOrigin,
    allowMisses: true,
    fillMisses: false,
    ...{ sliceMs: undefined, stop: undefined, reconnects: false },
  })
  const stored = driven.counts.reduce((sum, count) => sum + count, 0)
  if (stored < plan.length) {
    throw new Error(`preload: ${stored} of ${plan.length} sets in ${PRELOAD_SECONDS} s`)
  }
  return packed(driven)
}

function driveOf(task: Place & { readonly keys: number }, order: LoadOrder) {
  const isTrace = order.trace !== undefined
  const perThread = order.rate
  return {
    plan: planOf(task, order),
    depth: order.depth,
    requests:
      perThread === undefined ? Infinity : Math.max(1, Math.round(perThread * order.seconds)),
    seconds: order.seconds,
    everyMs: perThread === undefined ? undefined : 1000 / perThread,
    beginAt: order.startAt - performance.timeOrigin,
    allowMisses: order.allowMisses || isTrace || mayMiss(order.mix),
    fillMisses: isTrace,
    ...{ sliceMs: order.sliceMs, stop: order.stop, reconnects: order.reconnects === true },
  }
}

function planOf(task: Place & { readonly keys: number }, order: LoadOrder): Uint32Array {
  const { mix, choice, trace } = order
  if (choice === 'trace') {
    if (trace === undefined) throw new Error('key choice trace without a trace')
    return planTrace(new Uint32Array(trace), task.threadIndex, task.threads)
  }
  const seed = order.seed + task.threadIndex
  const name = `${mix} ${choice} ${task.keys} ${seed}`
  const plan = plans.get(name) ?? planRequests({ mix, choice, keys: task.keys, seed })
  plans.set(name, plan)
  return plan
}

function protocolOf({ protocol, host, port, user, password }: Target): WireProtocol {
  if (protocol !== 'http') return BY_NAME[protocol]
  const words = password === undefined ? undefined : btoaUtf8(`${user}:${password}`)
  return httpText(`${host}:${port}`, words && `Basic ${words}`)
}

function btoaUtf8(text: string): string {
  return Buffer.from(text).toString('base64')
}

function clientOf(task: Place): LoadClient {
  const client = clients.get(task.client)
  if (client === undefined) throw new Error(`this thread has no client ${task.client}`)
  return client
}

function packed(driven: Driven): ThreadFindings {
  const { recording, seconds, unsent, lost, busy, samples } = driven
  const whole = packSlice(recording.whole)
  const slices = recording.slices.map(packSlice)
  return { counts: [...driven.counts], whole, slices, seconds, unsent, lost, busy, samples }
}
