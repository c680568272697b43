/** The memory comparison's part of the report: bytes per entry beyond key and value. */
import type { Table } from '../measurement.ts'
import { MEMORY_MB, PAYLOAD_BYTES, beyond } from './memory.ts'
import type { MemoryFigures } from './memory.ts'
import { measurementOf } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'

const MIB = 2 ** 20

export function memoryReport(figures: readonly MemoryFigures[]): ReportPiece {
  return {
    about: [
      `Memory: ${figures[0]?.entries ?? 0} keys of 24 bytes with values of 100 bytes ` +
        `(${PAYLOAD_BYTES} bytes), stored through the socket into ${MEMORY_MB} MiB; RSS of the ` +
        'server process and its growth, which for heddle is also that of its heaps, and what ' +
        'its own statistics account for (`bytes`, `total_malloced`, `hash_bytes`).',
    ],
    measurements: figures.map((one) =>
      measurementOf(one.server, 'memory beyond', [beyond(one.rssGrowth, one.entries)], 'B/entry', {
        entries: one.entries,
        payloadBytes: PAYLOAD_BYTES,
      }),
    ),
    tables: [tableOf(figures)],
    charts: [
      {
        ...{ kind: 'bars', title: 'Bytes per entry beyond key and value (RSS)', unit: 'bytes' },
        groups: figures.map((one) => {
          const value = beyond(one.rssGrowth, one.entries)
          return { label: one.server, bars: [{ label: '', value, low: value, high: value }] }
        }),
      },
    ],
    distributions: [],
  }
}

function tableOf(figures: readonly MemoryFigures[]): Table {
  const own = ['own: items', 'own: reserved', 'own: table', 'own: reserved and table']
  return {
    title: 'Memory: bytes per entry beyond key and value',
    columns: ['server', 'RSS, MiB', 'RSS growth, MiB', 'RSS growth', ...own],
    rows: figures.map((one) => [
      one.server,
      (one.rssBytes / MIB).toFixed(1),
      (one.rssGrowth / MIB).toFixed(1),
      beyond(one.rssGrowth, one.entries).toFixed(1),
      ...ownCells(one),
    ]),
  }
}

function ownCells({ entries, ownItemBytes, ownReservedBytes, ownTableBytes }: MemoryFigures) {
  const hasBoth = ownReservedBytes !== undefined && ownTableBytes !== undefined
  return [
    ownItemBytes === undefined ? '-' : beyond(ownItemBytes, entries).toFixed(1),
    ownReservedBytes === undefined ? '-' : beyond(ownReservedBytes, entries).toFixed(1),
    ownTableBytes === undefined ? '-' : (ownTableBytes / entries).toFixed(1),
    hasBoth ? beyond(ownReservedBytes + ownTableBytes, entries).toFixed(1) : '-',
  ]
}
