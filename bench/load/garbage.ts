/**
 * What a request allocates on V8's heap within the server: garbage-process.ts at depth 1 and 16,
 * from which follow what each request and what each read of a connection (a frame) costs.
 */
import { NOTHING_BYTES } from '../goals.ts'
import { runChild } from '../child-process.ts'
import type { RunOptions } from '../options.ts'
import type { Garbage, GarbageOrder } from './garbage-process.ts'
import { measurementOf } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'
import type { LoadSizes } from './scenes.ts'

/** Nothing is collected meanwhile. */
const FLAGS = ['--min-semi-space-size=64', '--max-semi-space-size=64']
const DEPTH = 16

export async function garbageReport(sizes: LoadSizes, options: RunOptions): Promise<ReportPiece> {
  const order: GarbageOrder = {
    requests: sizes.garbageRequests,
    isSmall: options.form === 'smoke',
  }
  const script = new URL('garbage-process.ts', import.meta.url)
  const found = await runChild<Garbage[]>(script, order, FLAGS)
  const rows = [...new Set(found.map(({ what }) => what))].map((what) => {
    const at = (depth: number) =>
      found.find((one) => one.what === what && one.depth === depth)!.bytesPerRequest
    const perRequest = Math.max(0, (DEPTH * at(DEPTH) - at(1)) / (DEPTH - 1))
    return { what, perRequest, perFrame: Math.max(0, at(1) - perRequest) }
  })
  const parameters = { requests: sizes.garbageRequests, limit: 0, seed: options.seed }
  return {
    about: [
      'Garbage: parsing, engine and reply of a request in process; a frame is one read of a ' +
        'connection, whose time is noted. The last row shows that an allocation would be seen.',
    ],
    measurements: rows.flatMap(({ what, perRequest, perFrame }) => [
      measurementOf(what, 'garbage of a request', [perRequest], 'bytes', parameters),
      measurementOf(what, 'garbage of a frame', [perFrame], 'bytes', parameters),
    ]),
    tables: [
      {
        title: 'Bytes allocated on the heap',
        columns: ['what', 'per request', 'limit', 'verdict', 'per frame'],
        rows: rows.map(({ what, perRequest, perFrame }) => [
          ...[what, perRequest.toFixed(1), '0'],
          perRequest < NOTHING_BYTES ? 'met' : 'not met',
          perFrame.toFixed(1),
        ]),
      },
    ],
    charts: [],
    distributions: [],
  }
}
