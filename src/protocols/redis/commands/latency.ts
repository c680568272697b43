/**
 * LATENCY HISTOGRAM: how often each command was called, and how long that took, in microseconds by
 * powers of two. About one call in 32 is timed; the counts are those of the timed ones, raised to
 * all calls. CONFIG RESETSTAT resets nothing of it.
 */
import { BUCKETS, beginOf } from '../../../observe/buckets.ts'
import { PROTOCOLS, type SeriesTotals } from '../../../observe/observation-board.ts'
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'

const POWERS = 21
const NS_PER_US = 1000

export function latencyHistogram({ host, reply }: RedisClient, args: Args): void {
  const { board } = host.clock
  const wanted = new Set(
    Array.from({ length: args.count - 2 }, (_, i) => args.text(i + 2).toLowerCase()),
  )
  const { first, most } = PROTOCOLS.redis
  const found: (readonly [string, SeriesTotals])[] = []
  for (let series = first + 1; series < first + most; series++) {
    const totals = board.totals(series)
    if (totals === undefined) continue
    const name = board.nameOf(series)
    const [container = ''] = name.split('|')
    if (wanted.size > 0 && !wanted.has(name) && !wanted.has(container)) continue
    found.push([name, totals])
  }
  reply.map(found.length)
  for (const [name, totals] of found) {
    const steps = stepsOf(totals)
    reply.bulkText(name)
    reply.map(2)
    reply.bulkText('calls')
    reply.integer(totals.calls)
    reply.bulkText('histogram_usec')
    reply.map(steps.length)
    for (const [microseconds, count] of steps) {
      reply.integer(microseconds)
      reply.integer(count)
    }
  }
}

/** Bounds and how many calls took no longer, where that grows; the last has all. */
function stepsOf({ calls, samples, buckets }: SeriesTotals): [number, number][] {
  const steps: [number, number][] = []
  let [bucket, sum, told] = [0, 0, 0]
  for (let power = 0; power < POWERS; power++) {
    const microseconds = 2 ** power
    const isLast = power === POWERS - 1
    for (; bucket < BUCKETS; bucket++) {
      if (!isLast && beginOf(bucket) >= microseconds * NS_PER_US) break
      sum += buckets[bucket]!
    }
    if (sum === told) continue
    told = sum
    steps.push([microseconds, Math.round((sum * calls) / samples)])
  }
  return steps
}
