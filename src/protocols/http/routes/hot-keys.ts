/** GET /hotkeys: which keys are used most, which values are largest, as far as that is noted. */
import { bigKeysOf, hotKeysOf } from '../../../engine/hot-keys/report.ts'
import type { Exchange } from '../exchange.ts'
import { problems } from '../operations.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'

const MOST_KEYS = 128
const DEFAULT_KEYS = 20

function hotKeys(exchange: Exchange): void {
  const { session } = exchange.worker.raw
  const notes = session.handle.hotKeys
  if (notes === undefined) throw new Problem(501, 'this server was started without hot keys')
  const most = mostOf(exchange.query)
  const { perSample, halfLifeMs } = notes
  const told = { perSample, halfLifeMs: Number.isFinite(halfLifeMs) ? halfLifeMs : null }
  const keys = { hotKeys: hotKeysOf(session, most), bigKeys: bigKeysOf(session, most) }
  exchange.json(200, { ...told, ...keys }, { 'Cache-Control': 'no-store' })
}

/** @throws Problem 400 */
function mostOf(query: URLSearchParams): number {
  const text = query.get('most')
  if (text === null) return DEFAULT_KEYS
  const most = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
  if (most >= 1 && most <= MOST_KEYS) return most
  throw new Problem(400, `most is '${text}': it must be from 1 to ${MOST_KEYS}`)
}

export const HOT_KEYS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/hotkeys',
    right: 'admin',
    handle: hotKeys,
    operation: {
      operationId: 'hotKeys',
      summary: 'The keys that are used most, with bounds, and those of the largest values',
      tags: ['server'],
      parameters: [
        {
          name: 'most',
          in: 'query',
          description: 'How many of each',
          schema: { type: 'integer', minimum: 1, maximum: MOST_KEYS, default: DEFAULT_KEYS },
        },
      ],
      responses: {
        200: {
          description: 'The hottest and the largest first',
          content: { 'application/json': {} },
        },
        ...problems(400),
        501: { description: 'The server was started without hot keys' },
      },
    },
  },
]
