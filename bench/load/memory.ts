/**
 * The memory comparison: the same keys of 24 bytes with values of 100 bytes into heddle and
 * memcached, both as servers, both with the same budget, which holds all of it. Stated are the
 * growth of each server's RSS, and what its own statistics account for. Afterwards every key must
 * still be counted, and random ones are read back and compared byte by byte.
 */
import { connect } from 'node:net'
import type { LoadPool } from '../../src/load/pool.ts'
import { residentBytesOf } from '../../src/load/server-process.ts'
import { KEY_BYTES } from '../../src/load/workload.ts'
import type { RunningServer, ServerName } from './servers.ts'
import { openSubject, startServers } from './subjects.ts'

const VALUE_BYTES = 100
export const PAYLOAD_BYTES = KEY_BYTES + VALUE_BYTES
const SERVERS: readonly ServerName[] = ['heddle frames 1', 'memcached -t 1', 'redis']
/** The smallest power of two that holds a million entries in each of them. */
export const MEMORY_MB = 256
const CONNECTIONS = 10
const DEPTH = 16
const CHECK_SECONDS = 1
/** After the fill, for buffers of connections to be let go. */
const SETTLE_MS = 500

export interface MemoryFigures {
  readonly server: ServerName
  readonly entries: number
  readonly rssGrowth: number
  readonly rssBytes: number
  /** By the server's own statistics; undefined where it states none. */
  readonly ownItemBytes: number | undefined
  readonly ownTableBytes: number | undefined
  readonly ownReservedBytes: number | undefined
}

/** Bytes beyond key and value per entry. */
export function beyond(bytes: number, entries: number): number {
  return bytes / entries - PAYLOAD_BYTES
}

export async function compareMemory(
  pool: LoadPool,
  entries: number,
  seed: number,
  step: (name: string) => void,
): Promise<MemoryFigures[]> {
  const servers = await startServers(SERVERS, MEMORY_MB)
  const figures: MemoryFigures[] = []
  try {
    for (const server of servers.running) {
      step(server.name)
      figures.push(await fill(pool, server, entries, seed))
    }
  } finally {
    await servers.stop()
  }
  return figures
}

async function fill(
  pool: LoadPool,
  server: RunningServer,
  entries: number,
  seed: number,
): Promise<MemoryFigures> {
  const before = residentBytesOf(server.pid) ?? 0
  const subject = await openSubject(pool, server, {
    ...{ connections: CONNECTIONS, mostDepth: DEPTH, keys: entries },
    values: { low: VALUE_BYTES, high: VALUE_BYTES },
  })
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const rssBytes = residentBytesOf(server.pid) ?? 0
  await subject.run({
    ...{ mix: 'hit-only', choice: 'uniform', trace: undefined, seed, depth: DEPTH },
    ...{ seconds: CHECK_SECONDS, rate: undefined, allowMisses: false },
  })
  await subject.close()
  const hasStats = server.target.protocol === 'memcached'
  const own: OwnFigures = hasStats ? await ownFigures(server, entries) : {}
  return {
    ...{ server: server.name, entries, rssBytes, rssGrowth: rssBytes - before },
    ...{ ownItemBytes: own.items, ownTableBytes: own.table, ownReservedBytes: own.reserved },
  }
}

interface OwnFigures {
  readonly items?: number | undefined
  readonly table?: number | undefined
  readonly reserved?: number | undefined
}

async function ownFigures(server: RunningServer, entries: number): Promise<OwnFigures> {
  const general = await readStats(server, 'stats')
  const slabs = await readStats(server, 'stats slabs')
  const stored = general.get('curr_items')
  if (stored !== entries) {
    throw new Error(`${server.name} counts ${stored} of ${entries} entries`)
  }
  return {
    items: general.get('bytes'),
    table: general.get('hash_bytes'),
    reserved: slabs.get('total_malloced'),
  }
}

/** The numbers among memcached's statistics. */
export function readStats(server: RunningServer, command: string): Promise<Map<string, number>> {
  const { host, port } = server.target
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let text = ''
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${server.name}: no ${command}`)))
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (!text.endsWith('END\r\n')) return
      socket.destroy()
      const lines = text.matchAll(/^STAT (\S+) (\d+)\r$/gm)
      resolve(new Map([...lines].map((line) => [line[1] as string, Number(line[2])])))
    })
    socket.write(`${command}\r\n`)
  })
}
