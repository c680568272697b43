/** The memory comparison's part of the report: bytes per entry beyond key and value. */
import type { Table } from '../measurement.ts'
import { PAYLOAD_BYTES, beyond } from './memory.ts'
import type { MemoryFigures } from './memory.ts'
import { measurementOf } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'

const MIB = 2 ** 20

export function memoryReport(figures: readonly MemoryFigures[]): ReportPiece {
  return {
    about: [
      `Memory: ${figures[0]?.entries ?? 0} keys of 24 bytes with values of 100 bytes ` +
        `(${PAYLOAD_BYTES} bytes), stored through the socket; RSS growth of the server process, ` +
        'and what its own statistics account for (`bytes`, `hash_bytes`, `total_malloced`).',
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
  return {
    title: 'Memory: bytes per entry beyond key and value',
    columns: ['server', 'RSS growth, MiB', 'RSS', 'own: items', 'own: table', 'own: reserved'],
    rows: figures.map((one) => [
      one.server,
      (one.rssGrowth / MIB).toFixed(1),
      beyond(one.rssGrowth, one.entries).toFixed(1),
      one.ownItemBytes === undefined ? '-' : beyond(one.ownItemBytes, one.entries).toFixed(1),
      one.ownTableBytes === undefined ? '-' : (one.ownTableBytes / one.entries).toFixed(1),
      one.ownReservedBytes === undefined
        ? '-'
        : beyond(one.ownReservedBytes, one.entries).toFixed(1),
    ]),
  }
}
