/** Whether the server lives, and whether it shall get requests: for probes and balancers. */
import { problems } from '../operations.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'

const STATUS = {
  'application/json': {
    schema: {
      type: 'object',
      required: ['status'],
      properties: { status: { type: 'string' } },
    },
  },
}
const UNCACHED = { 'Cache-Control': 'no-store' }

export const HEALTH_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    right: 'none',
    handle: (exchange) => exchange.json(200, { status: 'ok' }, UNCACHED),
    operation: {
      operationId: 'healthz',
      summary: 'Whether a worker answers at all',
      tags: ['server'],
      responses: { 200: { description: 'It does', content: STATUS } },
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    right: 'none',
    handle: (exchange) => {
      if (!exchange.worker.host.isAccepting()) {
        throw new Problem(503, 'the server is starting or ending', { 'Retry-After': '1' })
      }
      exchange.json(200, { status: 'ready' }, UNCACHED)
    },
    operation: {
      operationId: 'readyz',
      summary: 'Whether new clients shall come: not while the server ends',
      tags: ['server'],
      responses: { 200: { description: 'They shall', content: STATUS }, ...problems(503) },
    },
  },
]
