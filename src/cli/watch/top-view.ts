/** One frame of `heddle top`: lines that fit a width and a height, whatever the server tells. */
import type { Picture } from './picture.ts'
import type { Rates } from './rates.ts'
import {
  amount,
  bar,
  bytes,
  columnsOf,
  cut,
  duration,
  harmless,
  micros,
  percent,
  wrapped,
} from './text.ts'

export interface Frame {
  readonly door: string
  readonly now: Picture
  readonly rates: Rates
  readonly width: number
  /** Undefined: as high as need be. */
  readonly height: number | undefined
}

const BAR_WIDTH = 24
const NARROWEST_WITH_BAR = 40

export function topLines(frame: Frame): string[] {
  const { width, height } = frame
  const head = [...headLines(frame), ...cacheLines(frame), ...threadLines(frame)]
  const room = height === undefined ? Number.POSITIVE_INFINITY : Math.max(0, height - head.length)
  const commands = commandLines(frame)
  const classes = classLines(frame)
  const [first, second] = shares([commands.length, classes.length], room)
  const lines = [...head, ...commands.slice(0, first), ...classes.slice(0, second)]
  return lines.slice(0, height).map((line) => cut(line, width))
}

function headLines({ door, now, rates, width }: Frame): string[] {
  const { version, pid, uptimeSeconds, workers, handOff, residentBytes } = now.server
  const { open, most, byProtocol } = now.connections
  const who = Object.entries(byProtocol).map(([protocol, count]) => `${protocol} ${count}`)
  const clients = `clients ${amount(open)} of ${amount(most)}`
  return [
    ...wrapped(
      [
        `heddle ${harmless(version)}`,
        door,
        `up ${duration(uptimeSeconds)}`,
        ...(workers === undefined ? [] : [`${workers} workers${handOff ? `, ${handOff}` : ''}`]),
        ...(pid === undefined ? [] : [`pid ${pid}`]),
        ...(rates.cpuShare === undefined ? [] : [`CPU ${percent(rates.cpuShare)}`]),
        ...(residentBytes === undefined ? [] : [`RSS ${bytes(residentBytes)}`]),
        new Date(now.at).toISOString().slice(11, 19),
      ],
      width,
    ),
    ...wrapped(
      [
        `ops/s ${amount(rates.opsPerSecond)}`,
        `hits ${percent(rates.hitRatio)}`,
        `in ${bytes(rates.receivedPerSecond)}/s`,
        `out ${bytes(rates.sentPerSecond)}/s`,
        who.length === 0 ? clients : `${clients} (${harmless(who.join(', '))})`,
        ...(rates.rejectedPerSecond > 0 ? [`refused ${amount(rates.rejectedPerSecond)}/s`] : []),
      ],
      width,
    ),
  ]
}

function cacheLines({ now, rates, width }: Frame): string[] {
  const { usedBytes, budgetBytes, entries, entryBytes } = now.cache
  const used = usedBytes ?? entryBytes
  const share = budgetBytes === 0 ? 0 : used / budgetBytes
  const roomForBar = width - NARROWEST_WITH_BAR
  const drawn = roomForBar < 4 ? '' : ` ${bar(share, Math.min(BAR_WIDTH, roomForBar))}`
  const optional = (name: string, value: number | undefined) =>
    value === undefined ? [] : [`${name} ${amount(value)}/s`]
  return wrapped(
    [
      `memory ${bytes(used)} of ${bytes(budgetBytes)}${drawn} ${percent(share)}`,
      `${amount(entries)} entries`,
      `evicted ${amount(rates.evictedPerSecond)}/s`,
      ...optional('expired', rates.expiredPerSecond),
      ...optional('no room', rates.refusedPerSecond),
    ],
    width,
  )
}

function threadLines({ rates, width }: Frame): string[] {
  if (rates.threads.length === 0) return []
  const delay = Math.max(...rates.threads.map(({ delayP99Seconds }) => delayP99Seconds))
  const busy = rates.threads.map(({ name, busyShare }) => `${name} ${percent(busyShare)}`)
  return wrapped([`busy: ${busy[0]}`, ...busy.slice(1), `delay p99 ${micros(delay)} µs`], width)
}

function commandLines({ rates, width }: Frame): string[] {
  const { opsPerSecond, commands } = rates
  const hasLatency = commands.some(({ quantiles }) => quantiles !== undefined)
  const rows = commands.map(({ protocol, command, perSecond, quantiles }) => {
    const share = opsPerSecond === 0 ? 0 : perSecond / opsPerSecond
    const cells = [protocol, command, amount(perSecond), percent(share)]
    const { p50, p90, p99, p999 } = quantiles ?? {}
    return hasLatency ? [...cells, ...[p50, p90, p99, p999].map(micros)] : cells
  })
  if (rows.length === 0) return ['', 'no command yet']
  const title = ['PROTOCOL', 'COMMAND', 'OPS/S', 'SHARE']
  const more = hasLatency ? ['P50 µs', 'P90', 'P99', 'P99.9'] : []
  return ['', ...columnsOf([[...title, ...more], ...rows], 2, width)]
}

function classLines({ rates, width }: Frame): string[] {
  if (rates.classes.length === 0) return []
  const rows = rates.classes.map((each) => {
    const { chunkBytes, pages, usedBytes, evictedPerSecond } = each
    const filled = percent(each.bytes === 0 ? 0 : usedBytes / each.bytes)
    return [
      `${amount(chunkBytes)} B`,
      amount(pages),
      bytes(each.bytes),
      filled,
      amount(evictedPerSecond),
    ]
  })
  const title = ['CHUNKS', 'PAGES', 'BYTES', 'IN USE', 'EVICTED/S']
  return ['', ...columnsOf([title, ...rows], 0, width)]
}

/** Both whole if there is room, else the first gets at least half. */
function shares([first, second]: readonly [number, number], room: number): [number, number] {
  if (first + second <= room) return [first, second]
  const forSecond = Math.min(second, Math.max(Math.floor(room / 2), room - first))
  return [room - forSecond, forSecond]
}
