/** The lines of the hit ratio suite in results/runs.ndjson. */
import { fnv1a, hex } from '../measurement.ts'
import type { Measurement } from '../measurement.ts'
import type { CellFindings, PolicyFindings } from './protocol.ts'
import { byteRatioOf, differenceOf, ratioOf, spreadOfDifference } from './report.ts'

export function measurementsOf(cell: CellFindings): Measurement[] {
  const { trace, requests, unique, bound, percent, capacity } = cell
  const limit = bound === 'entries' ? 'maxEntries' : 'memory'
  const state = (subject: string, operation: string, value: number, unit: string): Measurement => ({
    ...{ suite: 'hitratio', subject, operation, threads: 1, value, unit },
    parameters: { trace, requests, unique, bound, percent, [limit]: capacity },
    checksum: hex(fnv1a(`${trace} ${requests} ${unique} ${capacity} ${cell.lru}`)),
  })
  const ratios = (subject: string, hits: number, bytes: number): Measurement[] => [
    state(subject, 'hit ratio', ratioOf(cell, hits), '%'),
    ...(bound === 'bytes' ? [state(subject, 'byte hit ratio', byteRatioOf(cell, bytes), '%')] : []),
  ]
  const minusSimulation = (found: PolicyFindings): Measurement => ({
    ...state(`heddle ${found.policy}`, 'minus simulation', differenceOf(cell, found), 'points'),
    spread: spreadOfDifference(cell, found),
  })
  return [
    ...ratios(bound === 'entries' ? 'optimum' : 'bound', cell.best, cell.bestBytes),
    ...ratios('lru', cell.lru, cell.lruBytes),
    ...cell.policies.flatMap((found) => [
      ...ratios(`heddle ${found.policy}`, found.hits, found.hitBytes),
      ...(bound === 'entries' ? [minusSimulation(found)] : []),
    ]),
  ]
}
