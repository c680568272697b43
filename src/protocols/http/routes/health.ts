/** Whether the server lives, and whether it shall get requests: for probes and balancers. */
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'

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
      responses: { 200: { description: 'It does' } },
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
      responses: { 200: { description: 'They shall' }, 503: { description: 'Not now' } },
    },
  },
]
