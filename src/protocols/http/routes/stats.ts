/** GET /stats: a snapshot of the server and its engine, as JSON: see src/observe/snapshot.ts. */
import { CONTENT_TYPES } from '../../../engine/content-types.ts'
import type { Exchange } from '../exchange.ts'
import type { Route } from '../route-table.ts'

function stats(exchange: Exchange): void {
  const { raw, host } = exchange.worker
  const snapshot = host.observe()
  const contentTypes = { registered: raw.contentTypeCount(), limit: CONTENT_TYPES }
  const uptime = Math.floor((snapshot.at - host.startedAt) / 1000)
  const connections = { ...host.totals(), ...snapshot.server.connections }
  const server = { ...snapshot.server, uptime, connections, contentTypes }
  exchange.json(200, { ...snapshot, server }, { 'Cache-Control': 'no-store' })
}

const STATS_PARTS = ['at', 'engine', 'server', 'process', 'threads', 'commands', 'batches']

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
                required: STATS_PARTS,
                properties: Object.fromEntries(STATS_PARTS.map((part) => [part, {}])),
              },
            },
          },
        },
      },
    },
  },
]
