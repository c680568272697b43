/** The binary protocol, reply by reply: its corpus against heddle and a real memcached alike. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BINARY_CORPUS } from './binary-corpus.ts'
import { BenchLine, BinaryPeer, SocketLine } from './binary-peer.ts'
import { ask, OP } from './frames.ts'
import { HAS_MEMCACHED, RealMemcached } from './memcached-server.ts'
import { Bench } from './support.ts'

const AREAS = Object.entries(BINARY_CORPUS)

test.each(AREAS)('%s: every request gets its reply', async (_area, rows) => {
  for (const [name, requests, replies] of rows) {
    const peer = new BinaryPeer(new BenchLine(new Bench().connect()))
    expect([name, await peer.ask(requests)]).toEqual([name, replies])
  }
})

describe.skipIf(!HAS_MEMCACHED)('a real memcached (where it is installed)', () => {
  let server: RealMemcached
  beforeAll(async () => {
    server = await RealMemcached.start()
  })
  afterAll(() => server.stop())

  test.each(AREAS)('%s: is asked the same and answers the same', async (_area, rows) => {
    for (const [name, requests, replies] of rows) {
      const line = new SocketLine(await server.connect())
      const peer = new BinaryPeer(line)
      await peer.ask([ask(OP.flush)])
      expect([name, await peer.ask(requests)]).toEqual([name, replies])
      line.close()
    }
  })
})
