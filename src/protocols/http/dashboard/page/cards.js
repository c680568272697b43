/** Everything that comes with each event: tiles, charts and tables of numbers. */
import { Chart, columns, sparkline } from './chart.js'
import { byId, fillRows, setText } from './dom.js'
import { bytes, count, duration, percent, rate, span } from './format.js'
import { commandRates, LATENCY_WINDOW, quantiles, sum } from './model.js'

const PROTOCOLS = {
  memcached: 'memcached',
  'memcached-binary': 'memcached binary',
  redis: 'Redis',
  http: 'HTTP',
}
const TOP_COMMANDS = 10

const REASONS = {
  memory: 'memory',
  slots: 'slots of the table',
  entries: 'limit of entries',
  pages: 'page for another size',
}

export class Cards {
  #throughput = new Chart(byId('throughput'), {
    label: 'Operations per second',
    format: rate,
    series: Object.entries(PROTOCOLS).map(([id, name]) => ({
      ...{ name, kind: `s-${id}`, of: (point) => point.ops[id] },
    })),
  })
  #hits = new Chart(byId('hit-chart'), {
    label: 'Hit ratio',
    format: percent,
    most: 1,
    series: [
      {
        name: 'hits of all reads',
        kind: 's-hit',
        of: (p) => p.hitRatio,
        isArea: true,
        isAlways: true,
      },
    ],
  })
  #traffic = new Chart(byId('traffic'), {
    label: 'Traffic, bytes per second',
    format: (value) => (value === undefined ? '–' : `${bytes(value)}/s`),
    base: 1024,
    series: [
      { name: 'received', kind: 's-received', of: (p) => p.received, isAlways: true },
      { name: 'sent', kind: 's-sent', of: (p) => p.sent, isAlways: true },
    ],
  })

  draw(history) {
    const { latest, points } = history
    if (latest === undefined) return
    drawHead(latest)
    drawTiles(history)
    this.#throughput.draw(points)
    this.#hits.draw(points)
    this.#traffic.draw(points)
    drawLatency(history)
    drawCommands(history)
    drawMemory(latest)
    drawEvictions(history)
    drawThreads(latest)
    drawConnections(latest, points.at(-1))
  }
}

function drawHead({ at, server, engine }) {
  setText(byId('engine'), engine.name)
  const up = span((at - server.startedAt) / 1000)
  const workers = `${server.workers} worker${server.workers === 1 ? '' : 's'}`
  const facts = [`version ${server.version}`, `up ${up}`, workers, `pid ${server.pid}`]
  setText(byId('facts'), facts.join(' · '))
}

function drawTiles({ latest, points, oldest, events }) {
  const { engine, server } = latest
  const point = points.at(-1)
  tile(
    'ops',
    rate(point?.total),
    'per second',
    points.map((p) => p.total),
  )
  const all = engine.hits + engine.misses
  const ever = all === 0 ? 'no reads yet' : `${percent(engine.hits / all)} since the start`
  tile(
    'hits',
    percent(point?.hitRatio),
    ever,
    points.map((p) => p.hitRatio),
  )
  const all99 = events.length > 1 ? quantiles(oldest, latest, () => true).p99 : undefined
  tile('p99', duration(all99), `99 of 100 calls, last ${LATENCY_WINDOW} s`)
  const used = engine.usedBytes / engine.limitBytes
  tile('memory', bytes(engine.usedBytes), `of ${bytes(engine.limitBytes)} · ${percent(used)}`)
  byId('memory-meter').style.width = `${Math.min(100, used * 100).toFixed(1)}%`
  tile('entries', count(engine.entries), `${bytes(engine.bytes)} of entries`)
  const open = sum(server.connections.open)
  tile('connections', count(open), `of ${count(server.connections.most)} at most`)
}

function tile(id, value, note, values) {
  const box = byId(`tile-${id}`)
  setText(box.querySelector('.value'), value)
  setText(box.querySelector('.note'), note)
  if (values !== undefined) sparkline(box.querySelector('.sparkbox'), values)
}

function drawLatency({ latest, before, oldest }) {
  const rows = []
  if (before !== undefined) {
    const rates = commandRates(before, latest)
    for (const [id, name] of Object.entries(PROTOCOLS)) {
      const own = rates.filter(({ protocol }) => protocol === id)
      if (own.length === 0) continue
      const { p50, p99, p999 } = quantiles(oldest, latest, ({ protocol }) => protocol === id)
      const perSecond = own.reduce((total, each) => total + each.perSecond, 0)
      rows.push([name, rate(perSecond), duration(p50), duration(p99), duration(p999)])
    }
  }
  fillRows(byId('latency').tBodies[0], rows, 'No command was called yet.')
}

function drawCommands({ latest, before, oldest }) {
  const rates = before === undefined ? [] : commandRates(before, latest)
  const shown = rates.slice(0, TOP_COMMANDS)
  const most = Math.max(1e-9, ...shown.map(({ perSecond }) => perSecond))
  const rows = shown.map(({ protocol, command, name, perSecond, calls }) => {
    const isIt = (each) => `${each.protocol} ${each.command}` === name
    const { p50, p99 } = quantiles(oldest, latest, isIt)
    const share = { text: rate(perSecond), bar: perSecond / most, kind: 'bars' }
    const who = { text: command, title: PROTOCOLS[protocol] }
    return [who, PROTOCOLS[protocol], share, count(calls), duration(p50), duration(p99)]
  })
  fillRows(byId('commands').tBodies[0], rows, 'No command was called yet.')
}

function drawMemory({ engine }) {
  const most = Math.max(1, ...engine.sizeClasses.map((each) => each.bytes))
  const largest = [...engine.sizeClasses].sort((a, b) => b.bytes - a.bytes)
  const rows = largest.map((each) => {
    const bar = { text: bytes(each.bytes), bar: each.bytes / most, kind: 'bars' }
    const used = percent(each.bytes === 0 ? 0 : each.usedBytes / each.bytes)
    return [bytes(each.chunkBytes), bar, used, count(each.usedChunks), count(each.evictions)]
  })
  const shares = engine.sizeClasses.map((each) => ({
    whole: each.bytes,
    part: each.usedBytes,
    title: `${bytes(each.chunkBytes)} chunks: ${bytes(each.usedBytes)} used of ${bytes(each.bytes)}`,
  }))
  columns(byId('class-chart'), shares, (value) => bytes(value))
  const [first, last] = [engine.sizeClasses[0], engine.sizeClasses.at(-1)]
  setText(byId('class-from'), first ? `chunks of ${bytes(first.chunkBytes)}` : '')
  setText(byId('class-to'), first ? bytes(last.chunkBytes) : '')
  fillRows(byId('classes').tBodies[0], rows, 'Nothing is stored yet.')
}

function drawEvictions({ latest, before }) {
  const seconds = before === undefined ? 0 : (latest.at - before.at) / 1000
  const row = (name, of) => {
    const now = of(latest.engine)
    const perSecond = before && Math.max(0, now - of(before.engine)) / seconds
    return [name, rate(perSecond), count(now)]
  }
  const rows = Object.keys(latest.engine.evictions).map((reason) => {
    return row(`Evicted: ${REASONS[reason] ?? reason}`, ({ evictions }) => evictions[reason])
  })
  rows.push(row('Expired', ({ expirations }) => expirations))
  rows.push(row('Refused writes', ({ refused }) => sum(refused)))
  fillRows(byId('evictions').tBodies[0], rows, '')
}

function drawThreads({ threads }) {
  const rows = threads.map(({ name, busyShare, delayP99Seconds }) => [
    name,
    { text: percent(busyShare), bar: busyShare, kind: 'bars' },
    duration(delayP99Seconds),
  ])
  fillRows(byId('threads').tBodies[0], rows, '')
}

function drawConnections({ server, residentBytes }, point) {
  const { open, accepted, rejected, kickedIdle } = server.connections
  const rows = Object.entries(open).map(([id, number]) => [
    `Open: ${PROTOCOLS[id] ?? id}`,
    count(number),
  ])
  rows.push(['Accepted since the start', count(accepted)])
  rows.push(['Refused: no room', count(rejected)])
  rows.push(['Closed: idle too long', count(kickedIdle)])
  rows.push(['Memory of the process', bytes(residentBytes)])
  rows.push(['Processor time of the process', `${rate((point?.cpu ?? 0) * 1000)} ms/s`])
  fillRows(byId('connection-counts').tBodies[0], rows, '')
}
