/** GET /stats: what the engine and the server count, as JSON. */
import { CONTENT_TYPES } from '../../../../native-layout/control-block.ts'
import { readStats } from '../../../engine/statistics.ts'
import type { Exchange } from '../exchange.ts'
import type { Route } from '../route-table.ts'

function stats(exchange: Exchange): void {
  const { raw, host } = exchange.worker
  const { version, pid, startedAt, workers } = host
  const uptime = Math.floor((Date.now() - startedAt) / 1000)
  const contentTypes = { registered: raw.contentTypeCount(), limit: CONTENT_TYPES }
  const server = { version, pid, uptime, workers, connections: host.totals(), contentTypes }
  exchange.json(200, { server, engine: readStats(raw.session) }, { 'Cache-Control': 'no-store' })
}

export const STATS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/stats',
    right: 'read',
    handle: stats,
    operation: {
      operationId: 'stats',
      summary: 'Counts and sizes of the engine and the server',
      tags: ['server'],
      responses: {
        200: {
          description: 'Counts since the start, sizes now, in bytes',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['server', 'engine'],
                properties: { server: { type: 'object' }, engine: { type: 'object' } },
              },
            },
          },
        },
      },
    },
  },
]
