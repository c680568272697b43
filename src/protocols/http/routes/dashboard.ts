/** The dashboard: the page at `/`, who looks at it, its events, and the keys that it browses. */
import { listKeys, MOST_KEYS, previewKey } from '../dashboard/browse.ts'
import { Feed } from '../dashboard/feed.ts'
import { page } from '../dashboard/page.ts'
import type { Exchange } from '../exchange.ts'
import { KEY_PARAMETER, problems, SPACE_PARAMETER } from '../operations.ts'
import { unauthorized } from '../problem.ts'
import type { Route } from '../route-table.ts'
import type { HttpWorker } from '../worker.ts'

const JSON_BODY = { 'application/json': {} }

/** With users a browser shall ask who sits in front of it, before anything else is loaded. */
function identify(exchange: Exchange): void {
  const { hasUsers } = exchange.worker.host.gate
  if (hasUsers && exchange.header('authorization') === undefined) {
    throw unauthorized('the dashboard is for known users')
  }
}

function show(exchange: Exchange): void {
  identify(exchange)
  const { bytes, headers } = page()
  exchange.reply(200, headers, bytes)
}

/** What this user may do here, so that the page offers no more. */
function session(exchange: Exchange): void {
  identify(exchange)
  const { caller } = exchange
  const { host, raw } = exchange.worker
  const told = {
    version: host.version,
    user: host.gate.hasUsers ? caller.name : null,
    seesNumbers: caller.may('read'),
    isAdmin: caller.may('admin'),
    isFlushEnabled: host.settings.isFlushEnabled,
    hasHotKeys: raw.session.handle.hotKeys !== undefined,
  }
  exchange.json(200, told, { 'Cache-Control': 'no-store' })
}

async function keys(exchange: Exchange): Promise<void> {
  identify(exchange)
  await listKeys(exchange)
}

const PAGE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    right: 'none',
    handle: show,
    operation: {
      operationId: 'dashboard',
      summary: 'The dashboard, a page for browsers',
      tags: ['dashboard'],
      responses: { 200: { description: 'The page', content: { 'text/html': {} } } },
    },
  },
  {
    method: 'GET',
    path: '/session',
    right: 'none',
    handle: session,
    operation: {
      operationId: 'session',
      summary: 'Who asks, and what the dashboard may offer them',
      tags: ['dashboard'],
      responses: { 200: { description: 'Rights', content: JSON_BODY } },
    },
  },
]

const KEY_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/keys',
    right: 'none', // those that the user may read are told
    handle: keys,
    operation: {
      operationId: 'listKeys',
      summary: 'Keys by prefix, some at a time; those that the user may read',
      tags: ['dashboard'],
      parameters: [
        { name: 'prefix', in: 'query', schema: { type: 'string' }, description: 'In UTF-8' },
        { name: 'cursor', in: 'query', schema: { type: 'integer' }, description: '`next` before' },
        {
          name: 'count',
          in: 'query',
          description: 'About so many',
          schema: { type: 'integer', minimum: 1, maximum: MOST_KEYS },
        },
        SPACE_PARAMETER,
      ],
      responses: {
        200: {
          description: 'Keys, and where to go on; next is null at the end',
          content: JSON_BODY,
        },
        ...problems(400),
      },
    },
  },
  {
    method: 'GET',
    path: '/keys/{key}',
    right: 'read',
    handle: previewKey,
    operation: {
      operationId: 'previewKey',
      summary: 'The first bytes of a value, without counting as a use',
      tags: ['dashboard'],
      parameters: [KEY_PARAMETER, SPACE_PARAMETER],
      responses: {
        200: { description: 'What is known of it', content: JSON_BODY },
        ...problems(404),
      },
    },
  },
]

/** The events have a feed per worker, which has to be made for it. */
export function dashboardRoutes(worker: HttpWorker): readonly Route[] {
  const feed = new Feed(worker)
  const events: Route = {
    method: 'GET',
    path: '/events',
    right: 'read',
    handle: (exchange) => feed.join(exchange),
    operation: {
      operationId: 'events',
      summary: 'Server-sent events: `stats` each second, `details` for administrators',
      tags: ['dashboard'],
      responses: {
        200: { description: 'Without an end', content: { 'text/event-stream': {} } },
        ...problems(503),
      },
    },
  }
  return [...PAGE_ROUTES, events, ...KEY_ROUTES]
}
