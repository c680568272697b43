/**
 * HTTP in a test: a server with its engine, for either hand-off, and two clients: Node's own fetch,
 * which is undici, and a socket that says what it is told (raw-client.ts).
 */
import { afterEach, expect } from 'vitest'
import { createEngine, type Engine, type EngineOptions } from '../../../src/index.ts'
import { serve, type ServeOptions, type Server } from '../../../src/server/serve.ts'
import { portOf, RawClient, type RawResponse } from './raw-client.ts'

export { portOf, RawClient, request } from './raw-client.ts'
export type { RawResponse }

export const HAND_OFFS = ['frames', 'sockets'] as const

export interface HttpServer {
  readonly engine: Engine
  readonly server: Server
  readonly port: number
  /** Undici: a path, or what fetch takes. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  connect(): Promise<RawClient>
}

const closers: (() => Promise<void>)[] = []
let engines = 0

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export async function openHttp(
  options: ServeOptions = {},
  engineOptions: EngineOptions = {},
): Promise<HttpServer> {
  const engine = createEngine({ name: `http-${++engines}`, memory: '16mb', ...engineOptions })
  const server = await serve(engine, { httpPort: 0, workers: 1, ...options })
  const port = portOf(server.httpAddresses[0]!)
  const clients: RawClient[] = []
  closers.push(async () => {
    for (const client of clients) client.socket.destroy()
    await server.close()
    engine.close()
  })
  return {
    ...{ engine, server, port },
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    connect: async () => {
      const client = await RawClient.to(port)
      clients.push(client)
      return client
    },
  }
}

/** What a refusal says: a problem of RFC 9457, with the status of its response. */
export function problemOf({ status, headers, body }: RawResponse): {
  status: number
  detail: string
} {
  expect(headers['content-type']).toBe('application/problem+json')
  const problem = JSON.parse(body.toString())
  expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
  return problem
}
