/** Tables of what a server tells beside its picture: clients, slow commands, hot and big keys. */
import type { RespValue } from './replies.ts'

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function connectionTable(stats: ReadonlyMap<string, string>): Table {
  const rows = [...stats].flatMap(([name, address]) => {
    const [, id] = /^(\d+):addr$/.exec(name) ?? []
    if (id === undefined) return []
    const field = (of: string) => stats.get(`${id}:${of}`) ?? ''
    return [[id, address, field('listen_addr'), field('state'), field('secs_since_last_cmd')]]
  })
  return tableOf('Clients', ['id', 'address', 'came in by', 'state', 'idle s'], rows)
}

export function clientTable(list: string): Table {
  const columns = ['id', 'addr', 'name', 'age', 'idle', 'cmd', 'user']
  const rows = list.split('\n').flatMap((line) => {
    if (line.trim() === '') return []
    const facts = new Map(line.split(' ').map((pair) => pair.split('=', 2) as [string, string]))
    return [columns.map((column) => facts.get(column) ?? '')]
  })
  return tableOf('Clients', columns, rows)
}

export function slowTable(log: RespValue): Table {
  const rows = (Array.isArray(log) ? log : []).flatMap((entry: RespValue) => {
    if (!Array.isArray(entry)) return []
    const [id, seconds, micros, words, client] = entry as readonly RespValue[]
    const said = Array.isArray(words) ? words.join(' ') : ''
    const at = new Date(Number(seconds) * 1000).toISOString()
    return [[String(id), at, String(micros), said, String(client ?? '')]]
  })
  return tableOf('Slow commands', ['id', 'at', 'µs', 'command', 'client'], rows)
}

type Stats = ReadonlyMap<string, string>

/** Empty where the server knows no such keys. */
export function hotKeyTable(stats: Stats): Table {
  return tableOf('Hot keys', ['key', 'uses', 'share'], numbered(stats, 'hotkeys', 'uses', 'share'))
}

export function bigKeyTable(stats: Stats): Table {
  return tableOf('Large values', ['key', 'bytes'], numbered(stats, 'bigkeys', 'bytes'))
}

/** `hotkeys:1:key`, `hotkeys:2:key`...: keys are percent-encoded. */
function numbered(stats: Stats, topic: string, ...fields: readonly string[]): string[][] {
  const rows: string[][] = []
  for (let n = 1; stats.has(`${topic}:${n}:key`); n++) {
    const field = (of: string) => stats.get(`${topic}:${n}:${of}`) ?? ''
    rows.push([decodeURIComponent(field('key')), ...fields.map(field)])
  }
  return rows
}

export function tableOf(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Table {
  return { title, columns, rows }
}
