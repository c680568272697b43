/** MEMORY STATS and INFO errorstats: what is told has Redis' names and forms. */
import { expect, test } from 'vitest'
import { hasRedis, RedisServer } from './redis-server.ts'
import { encode, parse } from './resp.ts'
import { RedisBench } from './support.ts'

test('MEMORY STATS tells numbers of the engine, under names of Redis', async () => {
  const bench = new RedisBench()
  const client = bench.connect()
  client.ask('MSET a 1 b 2')
  client.ask('SELECT 3')
  client.ask(['SET', 'c', 'v'.repeat(1000)])
  const pairs = parse(client.ask('MEMORY STATS')) as unknown[]
  const fields = new Map(
    pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1]]] : [])) as [],
  )
  expect(fields.get('keys.count')).toBe(3)
  expect(fields.get('dataset.bytes')).toBeGreaterThan(1000)
  expect(fields.get('total.allocated')).toBeGreaterThan(Number(fields.get('dataset.bytes')))
  expect([...fields.keys()].filter((name) => String(name).startsWith('db.'))).toEqual([
    'db.0',
    'db.3',
  ])
  expect(client.ask('MEMORY MALLOC-STATS')).toContain('not supported for the current allocator')
  if (!hasRedis()) return
  const server = await RedisServer.start()
  const rival = await server.connect()
  await rival.ask(Buffer.concat([encode('SET a 1'), encode('SELECT 3'), encode('SET c 1')]), 3)
  for (const version of [2, 3]) {
    const [ours, theirs] = await both(version)
    const inOrder = theirs.filter((name) => ours.includes(name))
    expect(ours.slice(0, inOrder.length)).toEqual(inOrder)
    expect(ours).toEqual(inOrder)
  }
  rival.close()
  await server.stop()

  /** Names of the fields, with the sign of what follows each. */
  async function both(version: number): Promise<[string[], string[]]> {
    const requests = Buffer.concat([encode(`HELLO ${version}`), encode('MEMORY STATS')])
    return [namesIn(client.feed(requests)), namesIn(await rival.ask(requests, 2))]
  }
})

function namesIn(reply: string): string[] {
  const names = reply.matchAll(/([a-z]+[.-][a-z0-9.-]+|fragmentation)\r\n([:,%*$])/g)
  return [...names].map(([, name, sign]) => `${name} ${sign}`)
}

test('errors are counted by their codes', () => {
  const bench = new RedisBench()
  const client = bench.connect()
  client.ask('CONFIG RESETSTAT')
  for (const request of ['NOSUCH', 'GET', 'SETRANGE a x y', 'HELLO 9', 'MULTI', 'GET', 'EXEC']) {
    client.ask(request)
  }
  const text = client.ask('INFO errorstats')
  expect(text).toContain('# Errorstats\r\n')
  expect(text).toContain('errorstat_ERR:count=4\r\n')
  expect(text).toContain('errorstat_NOPROTO:count=1\r\n')
  expect(text).toContain('errorstat_EXECABORT:count=1\r\n')
  expect(client.ask('INFO stats')).toContain('total_error_replies:6\r\n')
  client.ask('CONFIG RESETSTAT')
  expect(client.ask('INFO errorstats')).not.toContain('errorstat_')
})
