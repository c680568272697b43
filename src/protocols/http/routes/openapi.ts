/**
 * GET /openapi.json: the routes as OpenAPI 3.1. It is made of the table, so it has neither more nor
 * less than what is answered; what operations say by hand is compared with answers by a test.
 */
import { problemResponses } from '../operations.ts'
import type { Operation, Route, RouteTable } from '../route-table.ts'

/** The document. @param version of this package */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const methods = (paths[route.path] ??= {})
    methods[route.method.toLowerCase()] = described(route)
    if (route.method === 'GET') methods['head'] = described(route, 'head')
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'heddle',
      version,
      summary: 'One cache for memcached, Redis and HTTP clients and the program itself',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      responses: problemResponses(),
      schemas: {
        Problem: {
          description: 'RFC 9457',
          type: 'object',
          required: ['title', 'status', 'detail'],
          properties: {
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
          },
        },
      },
    },
  }
}

/** With what every operation has: who may, and that anything else is a problem. */
function described({ operation, right }: Route, only?: 'head'): object {
  const { requestBody: _, ...rest } = operation
  const responses = { ...operation.responses, default: { $ref: '#/components/responses/default' } }
  const whole: Operation = { ...(only === undefined ? operation : rest), responses }
  return {
    ...whole,
    ...(only === undefined ? {} : { operationId: `${operation.operationId}Head` }),
    // Where there are no users, everybody may everything.
    security: right === 'none' ? [{}] : [{}, { basic: [] }, { bearer: [] }],
    'x-right': right,
  }
}

/** The route that serves the document of its own table. */
export function openApiRoute(table: RouteTable, version: string): Route {
  let body: Buffer | undefined
  return {
    method: 'GET',
    path: '/openapi.json',
    right: 'none',
    handle: (exchange) => {
      body ??= Buffer.from(`${JSON.stringify(openApiDocument(table.routes, version))}\n`)
      exchange.reply(200, { 'Content-Type': 'application/json' }, body)
    },
    operation: {
      operationId: 'openapi',
      summary: 'This document',
      tags: ['server'],
      responses: {
        200: {
          description: 'OpenAPI 3.1',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
      },
    },
  }
}
