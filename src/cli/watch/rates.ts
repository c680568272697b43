/**
 * What happened between two pictures: counts per second, shares, and latencies of the calls that
 * were timed in between. A server that was restarted counts from 0 again; then its counts are the
 * difference.
 */
import { LATENCY_BOUNDS_SECONDS } from '../../observe/snapshot.ts'
import type { CommandPicture, Picture, SizeClass, ThreadPicture } from './picture.ts'

export interface Rates {
  readonly seconds: number
  readonly opsPerSecond: number
  /** Hits of hits and misses in between; undefined without any. */
  readonly hitRatio: number | undefined
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  readonly evictedPerSecond: number
  readonly expiredPerSecond: number | undefined
  readonly refusedPerSecond: number | undefined
  readonly acceptedPerSecond: number
  readonly rejectedPerSecond: number
  readonly cpuShare: number | undefined
  /** The busiest first. */
  readonly commands: readonly CommandRate[]
  readonly threads: readonly ThreadRate[]
  /** The largest first. */
  readonly classes: readonly ClassRate[]
}

export interface ClassRate extends SizeClass {
  readonly evictedPerSecond: number
}

export interface CommandRate {
  readonly protocol: string
  readonly command: string
  readonly perSecond: number
  /** Seconds at or below which so many of the timed calls lie; undefined with too few of them. */
  readonly quantiles: Quantiles | undefined
}

export interface Quantiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
}

export interface ThreadRate {
  readonly name: string
  readonly busyShare: number
  readonly delayP99Seconds: number
}

/** Fewer say nothing of a quantile. */
const FEWEST_SAMPLES = 10

/** @param before for counts; `long` before for latencies, which need more calls to say anything */
export function ratesBetween(before: Picture, now: Picture, long: Picture = before): Rates {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000)
  const rate = (of: (picture: Picture) => number | undefined) => {
    const count = of(now)
    return count === undefined ? undefined : grown(of(before) ?? 0, count) / seconds
  }
  const hits = grown(before.cache.hits, now.cache.hits)
  const reads = hits + grown(before.cache.misses, now.cache.misses)
  const commands = commandRates(before, now, long, seconds)
  return {
    seconds,
    opsPerSecond: commands.reduce((sum, { perSecond }) => sum + perSecond, 0),
    hitRatio: reads === 0 ? undefined : hits / reads,
    receivedPerSecond: rate((picture) => picture.receivedBytes)!,
    sentPerSecond: rate((picture) => picture.sentBytes)!,
    evictedPerSecond: rate((picture) => picture.cache.evictions)!,
    expiredPerSecond: rate((picture) => picture.cache.expirations),
    refusedPerSecond: rate((picture) => picture.cache.refused),
    acceptedPerSecond: rate((picture) => picture.connections.accepted)!,
    rejectedPerSecond: rate((picture) => picture.connections.rejected)!,
    cpuShare: rate((picture) => picture.server.cpuSeconds),
    commands,
    threads: now.threads.map((thread) => threadRate(thread, before)),
    classes: classRates(before, now, seconds),
  }
}

function grown(before: number, now: number): number {
  return now >= before ? now - before : now
}

function nameOf({ protocol, command }: CommandPicture): string {
  return `${protocol} ${command}`
}

function commandRates(
  before: Picture,
  now: Picture,
  long: Picture,
  seconds: number,
): CommandRate[] {
  const earlier = new Map(before.commands.map((each) => [nameOf(each), each]))
  const longer = new Map(long.commands.map((each) => [nameOf(each), each]))
  const rates = now.commands.map((each) => {
    const { protocol, command, calls, latency } = each
    const perSecond = grown(earlier.get(nameOf(each))?.calls ?? 0, calls) / seconds
    const since = longer.get(nameOf(each))?.latency?.cumulative ?? []
    const quantiles = latency && quantilesOf(latency.cumulative, since)
    return { protocol, command, perSecond, quantiles }
  })
  return rates.sort((a, b) => b.perSecond - a.perSecond)
}

function quantilesOf(now: readonly number[], before: readonly number[]): Quantiles | undefined {
  const isRestarted = (before.at(-1) ?? 0) > (now.at(-1) ?? 0)
  const counts = now.map((count, index) => count - (isRestarted ? 0 : (before[index] ?? 0)))
  const samples = counts.at(-1) ?? 0
  if (samples < FEWEST_SAMPLES) return undefined
  const at = (share: number) => quantileIn(counts, share * samples)
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999) }
}

/** Between two bounds as if calls lay evenly in the logarithm: right within a factor of 2. */
function quantileIn(cumulative: readonly number[], rank: number): number {
  const index = cumulative.findIndex((count) => count >= rank)
  const bounds = LATENCY_BOUNDS_SECONDS
  if (index < 0 || index >= bounds.length) return bounds.at(-1)!
  const below = index === 0 ? 0 : cumulative[index - 1]!
  const share = (rank - below) / (cumulative[index]! - below)
  return bounds[index]! * 2 ** (share - 1)
}

function classRates(before: Picture, now: Picture, seconds: number): ClassRate[] {
  const earlier = new Map(before.classes.map((each) => [each.chunkBytes, each.evictions]))
  const rates = now.classes.map((each) => {
    const evicted = grown(earlier.get(each.chunkBytes) ?? 0, each.evictions)
    return { ...each, evictedPerSecond: evicted / seconds }
  })
  return rates.sort((a, b) => b.bytes - a.bytes)
}

function threadRate(thread: ThreadPicture, before: Picture): ThreadRate {
  const { name, busySeconds, idleSeconds, delayP99Seconds } = thread
  const earlier = before.threads.find((each) => each.name === name)
  const busy = grown(earlier?.busySeconds ?? 0, busySeconds)
  const idle = grown(earlier?.idleSeconds ?? 0, idleSeconds)
  return { name, busyShare: busy + idle === 0 ? 0 : busy / (busy + idle), delayP99Seconds }
}
