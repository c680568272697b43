/**
 * A thread of the latency suite: an open-loop load generator with its subjects in the same
 * thread, as embedded callers are. Thread t of N starts its requests at t/rate, (N + t)/rate, (2N
 * + t)/rate, ... seconds after the common beginning. Timers fire a millisecond late, so it polls
 * the clock; requests that are due already are worked off without a pause, each measured from its
 * own planned start.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import type { Histogram } from 'hdr-histogram-js'
import { openSubject } from '../subjects/open.ts'
import type { Subject, SubjectName } from '../subjects/subject.ts'
import { KEY_PREFIX, LAST_DIGIT_AT, VALUE_BYTES, keyOf, randomIds, valueFor } from '../workload.ts'
import { HISTOGRAM } from './protocol.ts'
import type { LatencyCommand, LatencyReply, LatencySetup } from './protocol.ts'

const ORDER = 1 << 18
const WRITE_EVERY = 10
const DIGIT_ZERO = 48
const NS_PER_MS = 1e6

const setup = workerData as LatencySetup
const port = parentPort
if (port === null) throw new Error('latency/thread.ts runs as a worker thread')
const prefix = KEY_PREFIX.short
const order = randomIds(setup.seed + setup.threadIndex, ORDER, setup.keys)
const freshValues = Array.from({ length: setup.keys }, (_, id) => valueFor(id, 1))
const subjects = new Map<SubjectName, Subject>()
for (const grant of setup.grants) subjects.set(grant.name, openSubject(grant))

port.on('message', (command: LatencyCommand) => port.postMessage(answer(command)))
port.postMessage({ kind: 'done' } satisfies LatencyReply)

function answer(command: LatencyCommand): LatencyReply {
  switch (command.kind) {
    case 'fill':
      fill(command.shared)
      return { kind: 'done' }
    case 'load':
      return load(command)
    case 'close':
      for (const subject of subjects.values()) subject.close()
      port?.removeAllListeners('message')
      return { kind: 'done' }
  }
}

function fill(shared: boolean): void {
  for (const grant of setup.grants) {
    if (grant.isShared !== shared) continue
    const subject = subjects.get(grant.name) as Subject
    for (let id = 0; id < setup.keys; id++) subject.set(keyOf(prefix, id), valueFor(id, 0))
  }
}

function load(command: LatencyCommand & { kind: 'load' }): LatencyReply {
  const subject = subjects.get(command.subject) as Subject
  const response = build(HISTOGRAM)
  const service = build(HISTOGRAM)
  const operations = Math.floor((command.rate * command.seconds) / setup.threads)
  const everyMs = (1000 * setup.threads) / command.rate
  const begin =
    command.startAt - performance.timeOrigin + (everyMs * setup.threadIndex) / setup.threads
  const checksum = work(subject, operations, begin, everyMs, response, service)
  return {
    kind: 'histograms',
    response: encodeIntoCompressedBase64(response),
    service: encodeIntoCompressedBase64(service),
    operations,
    seconds: (performance.now() - begin) / 1000,
    checksum,
  }
}

function work(
  subject: Subject,
  operations: number,
  begin: number,
  everyMs: number,
  response: Histogram,
  service: Histogram,
): number {
  const reads = subject.name === 'none' ? 0 : 1
  let checksum = 0
  let now = performance.now()
  for (let n = 0; n < operations; n++) {
    const planned = begin + n * everyMs
    while (now < planned) now = performance.now()
    const started = now
    const id = order[n % ORDER] as number
    if (n % WRITE_EVERY === 0) {
      subject.set(keyOf(prefix, id), freshValues[id] as string)
    } else {
      const value = subject.get(keyOf(prefix, id))
      if (reads === 1) checksum = (checksum + check(value, id)) | 0
    }
    now = performance.now()
    response.recordValue(nanoseconds(now - planned))
    service.recordValue(nanoseconds(now - started))
  }
  return checksum >>> 0
}

function check(value: string | undefined, id: number): number {
  const digit = value?.length === VALUE_BYTES ? value.charCodeAt(LAST_DIGIT_AT) : -1
  if (digit !== DIGIT_ZERO + (id % 10)) throw new Error(`wrong value for id ${id}: ${value}`)
  return digit
}

function nanoseconds(ms: number): number {
  return Math.max(1, Math.round(ms * NS_PER_MS))
}
