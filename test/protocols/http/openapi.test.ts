/**
 * /openapi.json: valid OpenAPI 3.1, the same routes as the table, and what is answered is what it
 * says: each operation is asked in several ways, and each status that it declares is met.
 */
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { openHttp as open } from '../../../src/protocols/http/open.ts'
import { openApiDocument } from '../../../src/protocols/http/routes/openapi.ts'
import { openHttp, type RawResponse, request } from './support.ts'

interface Operation {
  readonly operationId: string
  readonly responses: Record<string, { content?: Record<string, unknown>; headers?: object }>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
}

const HELD = { 'X-TTL': '60' }
const JSON_TYPE = { 'Content-Type': 'application/json' }
const LONG = 'k'.repeat(16_305)

/** What is asked, and what for: `{key}` is in the path already. */
const ASKED: readonly [operationId: string, status: number, Buffer][] = [
  ['getEntry', 404, request('GET', '/cache/none')],
  ['getEntryHead', 404, request('HEAD', '/cache/none')],
  ['putEntry', 201, request('PUT', '/cache/k', HELD, 'value')],
  ['putEntry', 204, request('PUT', '/cache/k', HELD, 'value')],
  ['putEntry', 400, request('PUT', '/cache/k', { 'X-TTL': 'x' }, '')],
  ['putEntry', 411, request('PUT', '/cache/k')],
  ['putEntry', 412, request('PUT', '/cache/k', { 'If-None-Match': '*' }, 'value')],
  ['putEntry', 414, request('PUT', `/cache/${LONG}`, { Host: 'a.localhost' }, '')],
  ['putEntry', 415, request('PUT', '/cache/k', { 'Content-Encoding': 'br' }, '')],
  ['putEntry', 507, request('PUT', '/cache/k?space=nine', {}, 'x')],
  ['getEntry', 200, request('GET', '/cache/k')],
  ['getEntryHead', 200, request('HEAD', '/cache/k')],
  ['getEntry', 206, request('GET', '/cache/k', { Range: 'bytes=0-1' })],
  ['getEntry', 304, request('GET', '/cache/k', { 'If-None-Match': '*' })],
  ['getEntryHead', 304, request('HEAD', '/cache/k', { 'If-None-Match': '*' })],
  ['getEntry', 400, request('GET', '/cache/%')],
  ['getEntry', 412, request('GET', '/cache/k', { 'If-Match': '"x"' })],
  ['getEntryHead', 412, request('HEAD', '/cache/k', { 'If-Match': '"x"' })],
  ['getEntry', 414, request('GET', `/cache/${LONG}`)],
  ['getEntry', 416, request('GET', '/cache/k', { Range: 'bytes=9-' })],
  ['deleteEntry', 412, request('DELETE', '/cache/k', { 'If-Match': '"x"' })],
  ['deleteEntry', 400, request('DELETE', '/cache/k', { 'If-Match': 'x' })],
  ['incr', 409, request('POST', '/cache/k/incr')],
  ['decr', 409, request('POST', '/cache/k/decr')],
  ['deleteEntry', 204, request('DELETE', '/cache/k')],
  ['deleteEntry', 404, request('DELETE', '/cache/k')],
  ['deleteEntry', 414, request('DELETE', `/cache/${LONG}`)],
  ['incr', 404, request('POST', '/cache/n/incr')],
  ['incr', 201, request('POST', '/cache/n/incr?initial=1')],
  ['incr', 200, request('POST', '/cache/n/incr?by=2')],
  ['incr', 400, request('POST', '/cache/n/incr?by=-2')],
  ['incr', 412, request('POST', '/cache/n/incr', { 'If-Match': '"x"' })],
  ['incr', 414, request('POST', `/cache/${LONG}/incr`)],
  ['incr', 507, request('POST', '/cache/n/incr?initial=1&space=nine')],
  ['decr', 404, request('POST', '/cache/m/decr')],
  ['decr', 201, request('POST', '/cache/m/decr?initial=1')],
  ['decr', 200, request('POST', '/cache/m/decr?by=2')],
  ['decr', 400, request('POST', '/cache/m/decr?by=x')],
  ['decr', 412, request('POST', '/cache/m/decr', { 'If-Match': '"x"' })],
  ['decr', 414, request('POST', `/cache/${LONG}/decr`)],
  ['decr', 507, request('POST', '/cache/n/decr?initial=1&space=nine')],
  ['getEntries', 200, request('POST', '/mget', JSON_TYPE, '{"keys":["n"]}')],
  ['getEntries', 400, request('POST', '/mget', JSON_TYPE, '{}')],
  ['getEntries', 414, request('POST', '/mget', JSON_TYPE, JSON.stringify({ keys: [LONG] }))],
  ['getEntries', 415, request('POST', '/mget', {}, '{}')],
  ['previewKey', 200, request('GET', '/keys/n')],
  ['previewKeyHead', 200, request('HEAD', '/keys/n')],
  ['flush', 204, request('DELETE', '/cache')],
  ['flush', 400, request('DELETE', '/cache?space=')],
  ['stats', 200, request('GET', '/stats')],
  ['statsHead', 200, request('HEAD', '/stats')],
  ['metrics', 200, request('GET', '/metrics')],
  ['metricsHead', 200, request('HEAD', '/metrics')],
  ['hotKeys', 200, request('GET', '/hotkeys')],
  ['hotKeys', 400, request('GET', '/hotkeys?most=x')],
  ['hotKeysHead', 200, request('HEAD', '/hotkeys')],
  ['healthz', 200, request('GET', '/healthz')],
  ['healthzHead', 200, request('HEAD', '/healthz')],
  ['readyz', 200, request('GET', '/readyz')],
  ['readyzHead', 200, request('HEAD', '/readyz')],
  ['dashboard', 200, request('GET', '/')],
  ['dashboardHead', 200, request('HEAD', '/')],
  ['session', 200, request('GET', '/session')],
  ['sessionHead', 200, request('HEAD', '/session')],
  ['eventsHead', 200, request('HEAD', '/events')],
  ['listKeys', 200, request('GET', '/keys?prefix=n&count=5')],
  ['listKeys', 400, request('GET', '/keys?cursor=-1')],
  ['listKeysHead', 200, request('HEAD', '/keys')],
  ['previewKey', 404, request('GET', '/keys/none')],
  ['openapi', 200, request('GET', '/openapi.json')],
  ['openapiHead', 200, request('HEAD', '/openapi.json')],
  // These end the connection.
  ['putEntry', 413, request('PUT', '/cache/k', { 'Content-Length': '9999999' })],
  ['getEntries', 413, request('POST', '/mget', { ...JSON_TYPE, 'Content-Length': '9999999' })],
]
/** Declared, and met elsewhere or under other circumstances. */
const ELSEWHERE = [501, 503]

test('the document is valid, and has what the table has', async () => {
  const http = await openHttp()
  const document = (await (await http.fetch('/openapi.json')).json()) as Document
  const { valid, errors } = await new Validator().validate({ ...document })
  expect([valid, errors]).toEqual([true, undefined])
  expect(document.openapi).toBe('3.1.0')
  const { routes } = open({} as never, { version: '1' } as never).routes
  const inTable = routes.flatMap(({ method, path }) => {
    return method === 'GET' ? [`get ${path}`, `head ${path}`] : [`${method.toLowerCase()} ${path}`]
  })
  const inDocument = Object.entries(document.paths).flatMap(([path, methods]) => {
    return Object.keys(methods).map((method) => `${method} ${path}`)
  })
  expect(inDocument.sort()).toEqual(inTable.sort())
  const broken = openApiDocument([{ ...routes[0]!, operation: { wrong: 1 } as never }], '1')
  expect((await new Validator().validate({ ...broken })).valid).toBe(false)
})

function check(
  { operationId, responses }: Operation,
  { status, headers, body }: RawResponse,
): void {
  const declared = responses[status]
  expect([operationId, status, declared !== undefined]).toEqual([operationId, status, true])
  const [type] = (headers['content-type'] ?? '').split(';')
  if (status >= 400) expect(type).toBe('application/problem+json')
  else if (body.length > 0) {
    const types = Object.keys(declared!.content ?? {})
    expect([operationId, status, types.includes(type!) || types.includes('*/*')]).toEqual([
      operationId,
      status,
      true,
    ])
  }
  for (const name of Object.keys(declared!.headers ?? {})) {
    if (name === 'ETag') expect([operationId, headers]).toMatchObject([operationId, { etag: /^"/ }])
  }
}

test('each operation answers with what it declares, and declares nothing else', async () => {
  const http = await openHttp({}, { memory: '4mb', maxNamespaces: 1, hotKeys: true })
  http.engine.namespace('one')
  const { paths } = (await (await http.fetch('/openapi.json')).json()) as Document
  const operations = new Map(
    Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .map((operation) => [operation.operationId, operation]),
  )
  const met = new Set<string>()
  let client = await http.connect()
  for (const [operationId, status, bytes] of ASKED) {
    const response = await client.ask(bytes, operationId.endsWith('Head'))
    const line = bytes.toString('latin1', 0, 60)
    expect([line, response.status]).toEqual([line, status])
    // The end of a stream is not waited for.
    const isStream = response.headers['transfer-encoding'] === 'chunked'
    if (isStream || response.headers['connection'] === 'close') client = await http.connect()
    const operation = operations.get(operationId)!
    if (operation.responses[status]?.headers !== undefined) {
      expect([operationId, response.headers['etag']?.[0]]).toEqual([operationId, '"'])
    }
    check({ ...operation, responses: withoutHeaders(operation.responses) }, response)
    met.add(`${operationId} ${status}`)
  }
  const unmet = [...operations.values()].flatMap(({ operationId, responses }) => {
    return (
      Object.keys(responses)
        .filter((status) => status !== 'default' && !ELSEWHERE.includes(Number(status)))
        // An answer without an end: test/dashboard/feed.test.ts.
        .filter(() => operationId !== 'events')
        .filter((status) => !operationId.endsWith('Head') && !met.has(`${operationId} ${status}`))
        .map((status) => `${operationId} ${status}`)
    )
  })
  expect(unmet).toEqual([])
})

function withoutHeaders(responses: Operation['responses']): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { headers: _, ...rest }]) => [status, rest]),
  )
}
