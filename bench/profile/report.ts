/**
 * Where a request's time goes, as a table and stacked bars of microseconds by category, with the
 * functions that took most; and what V8's profiler saw of it, in shares.
 */
import { fnv1a, hex, shown } from '../measurement.ts'
import type { Measurement } from '../measurement.ts'
import type { ReportPiece } from '../load/report-piece.ts'
import type { ServerName } from '../load/servers.ts'
import type { RunOptions } from '../options.ts'
import { CATEGORIES } from './categories.ts'
import type { Counted } from './perf.ts'
import type { V8Category } from './v8.ts'

export interface PerfCell {
  readonly server: ServerName
  readonly depth: number
  /** Of a request, while perf looked. */
  readonly cpuUs: number
  readonly counted: Counted
}

export interface V8Cell {
  readonly server: ServerName
  readonly depth: number
  /** Of each category, all threads. */
  readonly micros: ReadonlyMap<V8Category, number>
}

const MOST_FUNCTIONS = 12
const V8_CATEGORIES: readonly V8Category[] = ['native code', ...CATEGORIES]

/** @param found or why there is nothing */
export function perfReport(found: readonly PerfCell[] | string, options: RunOptions): ReportPiece {
  if (typeof found === 'string') {
    const about = [`${found}: what is below is V8's profiler alone.`]
    return { about, measurements: [], tables: [], charts: [], distributions: [] }
  }
  const used = CATEGORIES.filter((one) => found.some(({ counted }) => counted.byCategory.has(one)))
  const stacks = found.map((cell) => ({
    depth: cell.depth,
    label: cell.server,
    values: used.map((category) => microsOf(cell, category)),
  }))
  const rows = found.map((cell, n) => [
    cell.server,
    String(cell.depth),
    ...stacks[n]!.values.map(shown),
    shown(cell.cpuUs),
    String(cell.counted.samples),
  ])
  const title = 'Where the processor time of a request goes, microseconds'
  return {
    about: [
      'perf samples the processor time of the whole server process, 1,999 times a second of it; ' +
        'the share of a category times the CPU of a request in the same seconds is what is shown.',
      "memcached's own functions have no names in Debian's build: they are one category.",
      'What a compiler inlined counts as the function that it was inlined into.',
    ],
    measurements: found.flatMap((cell) =>
      used.map((one) => measurementOf(cell, `time in ${one}`, microsOf(cell, one), 'us', options)),
    ),
    tables: [
      { title, columns: ['server', 'depth', ...used, 'all', 'samples'], rows },
      functionTable(found),
    ],
    // At depth 1 a request costs ten times what it does at 16: a picture of its own for each.
    charts: [...Map.groupBy(stacks, ({ depth }) => depth)].map(([depth, these]) => ({
      ...{ kind: 'stacks', title: `${title}: depth ${depth}`, unit: 'us', parts: used },
      stacks: these,
    })),
    distributions: [],
  }
}

function labelOf({ server, depth }: { readonly server: string; readonly depth: number }): string {
  return `${server}, depth ${depth}`
}

function microsOf({ counted, cpuUs }: PerfCell, category: (typeof CATEGORIES)[number]): number {
  return ((counted.byCategory.get(category) ?? 0) / Math.max(1, counted.samples)) * cpuUs
}

function functionTable(found: readonly PerfCell[]) {
  const rows = found.flatMap((cell) => {
    const { samples, byFunction } = cell.counted
    const most = [...byFunction].sort((a, b) => b[1] - a[1]).slice(0, MOST_FUNCTIONS)
    return most.map(([name, count]) => {
      const [category, symbol] = name.split(' | ', 2)
      // Lambdas and templates are a paragraph each; a pipe would end the cell.
      const short = symbol!.replaceAll('|', '/').slice(0, 80)
      return [labelOf(cell), short, category!, ((100 * count) / samples).toFixed(1)]
    })
  })
  return {
    title: `The ${MOST_FUNCTIONS} functions that took most of each`,
    columns: ['server', 'function', 'category', '% of samples'],
    rows,
  }
}

export function v8Report(found: readonly V8Cell[], options: RunOptions): ReportPiece {
  const used = V8_CATEGORIES.filter((one) => found.some(({ micros }) => micros.has(one)))
  const sharesOf = ({ micros }: V8Cell) => {
    const sum = [...micros.values()].reduce((so, value) => so + value, 0)
    return used.map((category) => (100 * (micros.get(category) ?? 0)) / Math.max(1, sum))
  }
  return {
    about: ["V8's profiler sees native code, system calls included, as one thing."],
    measurements: found.flatMap((cell) =>
      sharesOf(cell).map((share, n) =>
        measurementOf(cell, `V8 share of ${used[n]}`, share, '%', options),
      ),
    ),
    tables: [
      {
        title: "V8's profiler: shares of the time of heddle's threads, percent",
        columns: ['server', 'depth', ...used],
        rows: found.map((cell) => [cell.server, String(cell.depth), ...sharesOf(cell).map(shown)]),
      },
    ],
    charts: [],
    distributions: [],
  }
}

function measurementOf(
  { server, depth }: { readonly server: string; readonly depth: number },
  operation: string,
  value: number,
  unit: string,
  options: RunOptions,
): Measurement {
  const parameters = { depth, seed: options.seed }
  return {
    ...{ suite: 'profile', subject: server, operation, threads: 1, value, unit, parameters },
    checksum: hex(fnv1a(JSON.stringify(parameters))),
  }
}
