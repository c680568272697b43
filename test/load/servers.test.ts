/**
 * The load generator against heddle, memcached and Redis in all that it speaks: text, meta, binary
 * and RESP, small and large values, what expires, two thousand connections, unix sockets, TLS; and
 * the floor, which has to answer as they do. Not one byte of a reply may be wrong.
 */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificate } from '../../bench/clients/secure-server.ts'
import type { Certificate } from '../../bench/clients/secure-server.ts'
import { startServer } from '../../bench/load/servers.ts'
import type { Placement, RunningServer, ServerName } from '../../bench/load/servers.ts'
import { LoadPool } from '../../src/load/pool.ts'
import type { RunOrder, SessionOrder } from '../../src/load/pool.ts'
import { startFloor } from '../../src/load/floor-server.ts'
import type { ProtocolName } from '../../src/load/wire-protocol.ts'

const MEMORY_MB = 128
const LARGE = 262_144
let pool: LoadPool
let certificate: Certificate | undefined

beforeAll(() => {
  pool = new LoadPool(1)
  certificate = makeCertificate()
})
afterAll(async () => {
  certificate?.remove()
  await pool.close()
})

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** heddle always; the others where they are installed. */
const SERVERS: readonly ServerName[] = [
  ...(['heddle sockets 1', 'heddle RESP sockets 1'] as const),
  ...(isInstalled('memcached') ? (['memcached -t 1'] as const) : []),
  ...(isInstalled('redis-server') ? (['redis'] as const) : []),
]

async function withServer(
  name: ServerName,
  placement: Placement,
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(name, MEMORY_MB, placement)
  if (typeof server === 'string') throw new Error(server)
  try {
    await use(server)
  } finally {
    await server.stop()
  }
}

async function load(
  server: Pick<RunningServer, 'target'>,
  run: Partial<RunOrder>,
  session: Partial<SessionOrder> = {},
) {
  const shape = { connections: 6, mostDepth: 64, keys: 200, values: { low: 32, high: 32 } }
  const open = await pool.open({ ...shape, ...session, target: server.target })
  try {
    const stored = await open.preload()
    expect(stored.errors, stored.errorText).toBe(0)
    const found = await open.run({
      ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed: 7, depth: 4 },
      ...{ seconds: 0.1, rate: undefined, allowMisses: false },
      ...run,
    })
    expect(found.errors, `${found.errorText} ${found.samples.join(' ')}`).toBe(0)
    expect(found.operations).toBeGreaterThan(20)
    return found
  } finally {
    await open.close()
  }
}

describe.each(SERVERS)('%s', (name) => {
  const isRedis = name === 'redis' || name.includes('RESP')
  const protocols: readonly ProtocolName[] = isRedis ? ['redis'] : ['memcached', 'meta', 'binary']

  test('every protocol, large values, what expires', async () => {
    await withServer(name, {}, async ({ target }) => {
      for (const protocol of protocols) {
        const server = { target: { ...target, protocol } }
        await load(server, { mix: '50/50', depth: 16 })
        const values = { low: LARGE, high: LARGE }
        const large = await load(server, { mix: '50/50' }, { values, keys: 20 })
        expect(large.hitRatio).toBe(1)
        const expiring = await load(server, { mix: 'expiring', choice: 'hot' }, { keys: 1 })
        // The one key is set again all the time, so gets are hits.
        expect(expiring.hitRatio, protocol).toBeGreaterThan(0.5)
      }
    })
  })

  test('a unix socket', async () => {
    await withServer(name, { door: 'unix' }, async (server) => {
      expect(server.target.path).toMatch(/server\.sock$/)
      await load(server, { depth: 16 })
    })
  })

  test('TLS', async () => {
    if (certificate === undefined) throw new Error('openssl made no certificate')
    await withServer(name, { door: certificate }, async (server) => {
      expect(server.target.tls?.ca).toBe(certificate?.pem)
      await load(server, { depth: 16 })
    })
  })
})

test('a crowd of two thousand connections', async () => {
  await withServer('heddle sockets 1', {}, async (server) => {
    const crowd = await load(server, { depth: 1 }, { connections: 2000 })
    expect(crowd.operations).toBeGreaterThan(200)
  })
})

test('what expires is gone after its second, and a get of it is a miss, not an error', async () => {
  await withServer('heddle sockets 1', {}, async ({ target }) => {
    const shape = { connections: 1, mostDepth: 1, keys: 5, values: { low: 32, high: 32 } }
    const open = await pool.open({ ...shape, target })
    const base = { choice: 'uniform', trace: undefined, seed: 1, depth: 1 } as const
    const run = { ...base, rate: undefined, allowMisses: false }
    await open.run({ ...run, mix: 'expiring', seconds: 0.2 })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const after = await open.run({ ...run, mix: 'hit-only', seconds: 0.1, allowMisses: true })
    expect(after.hitRatio).toBe(0)
    await open.close()
  })
})

test.each([
  ['memcached', 16_384],
  ['redis', LARGE],
] as const)('the floor answers %s with values of %i bytes', async (protocol, valueBytes) => {
  const floor = await startFloor({ protocol, valueBytes })
  if (typeof floor === 'string') {
    expect(floor).toMatch(/no C compiler|needs Linux/)
    return
  }
  try {
    const values = { low: valueBytes, high: valueBytes }
    const found = await load(floor, { mix: '50/50', depth: 16 }, { values })
    expect(found.hitRatio).toBe(1)
    await load(floor, { mix: 'expiring', depth: 16 }, { values })
    const absent = await load(floor, { mix: 'miss-heavy', depth: 16 }, { values })
    expect(absent.hitRatio).toBeLessThan(0.2)
  } finally {
    floor.stop()
  }
})
