/**
 * What the page remembers: events of the last minutes, and what happened between two of them. A
 * server that was started anew counts from 0 again; then nothing before it is compared.
 */

/** Points of the charts: five minutes of seconds. */
export const HISTORY = 300
/** Latencies of so many events together: one second has too few timed calls for a p99.9. */
export const LATENCY_WINDOW = 30
/** Fewer timed calls say nothing of a quantile. */
const FEWEST = { p50: 10, p99: 100, p999: 1000 }

export class History {
  events = []
  /** Of the charts, the oldest first; a gap (the connection was lost) is an undefined value. */
  points = []

  add(event) {
    const last = this.events.at(-1)
    if (last !== undefined && last.server.startedAt !== event.server.startedAt) this.events = []
    const before = this.events.at(-1)
    if (before !== undefined && event.at <= before.at) this.events = [] // its clock was set
    this.events.push(event)
    if (this.events.length > LATENCY_WINDOW + 1) this.events.shift()
    if (this.before !== undefined) this.#point(before, event)
  }

  get latest() {
    return this.events.at(-1)
  }

  get before() {
    return this.events.at(-2)
  }

  /** The oldest that latencies are measured from. */
  get oldest() {
    return this.events[0]
  }

  #point(before, now) {
    const seconds = (now.at - before.at) / 1000
    if (seconds > 3) this.points.push({ at: now.at, ops: {}, isGap: true })
    const hits = now.engine.hits - before.engine.hits
    const reads = hits + now.engine.misses - before.engine.misses
    const ops = {}
    for (const { protocol, perSecond } of commandRates(before, now)) {
      ops[protocol] = (ops[protocol] ?? 0) + perSecond
    }
    this.points.push({
      at: now.at,
      ops,
      total: Math.max(0, now.calls - before.calls) / seconds,
      hitRatio: reads > 0 ? hits / reads : undefined,
      received: (now.server.receivedBytes - before.server.receivedBytes) / seconds,
      sent: (now.server.sentBytes - before.server.sentBytes) / seconds,
      cpu: (now.cpuSeconds - before.cpuSeconds) / seconds,
    })
    while (this.points.length > HISTORY) this.points.shift()
  }
}

export function sum(counts) {
  return Object.values(counts).reduce((total, each) => total + each, 0)
}

/** Commands with their calls per second, the busiest first. */
export function commandRates(before, now) {
  const seconds = (now.at - before.at) / 1000
  const earlier = new Map(before.commands.map((each) => [nameOf(each), each.calls]))
  const rates = now.commands.map((each) => {
    const calls = each.calls - (earlier.get(nameOf(each)) ?? 0)
    return { ...each, name: nameOf(each), perSecond: Math.max(0, calls) / seconds }
  })
  return rates.sort((a, b) => b.perSecond - a.perSecond || b.calls - a.calls)
}

/** Quantiles of the calls between two events that `isWanted` admits, in seconds. */
export function quantiles(before, now, isWanted) {
  const counts = now.bounds.map(() => 0).concat(0)
  const earlier = new Map(before.commands.map((each) => [nameOf(each), each.cumulative]))
  for (const each of now.commands) {
    if (!isWanted(each)) continue
    const old = earlier.get(nameOf(each)) ?? []
    each.cumulative.forEach((value, at) => {
      counts[at] += Math.max(0, value - (old[at] ?? 0))
    })
  }
  const samples = counts.at(-1)
  const at = (share, fewest) =>
    samples < fewest ? undefined : quantileIn(counts, share * samples, now.bounds)
  return {
    samples,
    p50: at(0.5, FEWEST.p50),
    p99: at(0.99, FEWEST.p99),
    p999: at(0.999, FEWEST.p999),
  }
}

/** Between two bounds as if calls lay evenly in the logarithm. */
function quantileIn(cumulative, rank, bounds) {
  const index = cumulative.findIndex((value) => value >= rank)
  if (index < 0 || index >= bounds.length) return bounds.at(-1)
  const below = index === 0 ? 0 : cumulative[index - 1]
  const share = (rank - below) / (cumulative[index] - below)
  return bounds[index] * 2 ** (share - 1)
}

function nameOf({ protocol, command }) {
  return `${protocol} ${command}`
}
