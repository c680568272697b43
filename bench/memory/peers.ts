/** The same keys and values into memcached and Redis: growth of the server's RSS, all counted. */
import { setTimeout } from 'node:timers/promises'
import { residentBytesOf } from '../../src/load/server-process.ts'
import { type ServerName, startServer } from '../load/servers.ts'
import { BulkClient } from './bulk-client.ts'
import { type Contents, keyFor, payloadOf, prefixOf, valueFor } from './contents.ts'

export const PEERS = ['memcached -t 1', 'redis'] as const satisfies readonly ServerName[]

export interface PeerFindings {
  readonly rssGrowth: number
  readonly payload: number
}

/** After the fill, for buffers of the connection to be let go. */
const SETTLE_MS = 500

/** What the server took, or a sentence that says why it was not measured. */
export async function measurePeer(
  name: (typeof PEERS)[number],
  contents: Contents,
  memoryMb: number,
): Promise<PeerFindings | string> {
  const server = await startServer(name, memoryMb)
  if (typeof server === 'string') return `${name}: not measured, ${server}.`
  try {
    const client = await BulkClient.open(server.target)
    const before = residentBytesOf(server.pid) ?? 0
    const prefix = prefixOf(contents.keyBytes)
    for (let id = 0; id < contents.entries; id++) {
      await client.set(keyFor(prefix, id), valueFor(contents, id))
    }
    await client.flush()
    await setTimeout(SETTLE_MS)
    const rssGrowth = (residentBytesOf(server.pid) ?? 0) - before
    const found = await client.present(contents.entries, (id) => keyFor(prefix, id))
    client.close()
    if (found !== contents.entries) throw new Error(`${name} has ${found} of ${contents.entries}`)
    return { rssGrowth, payload: payloadOf(contents) }
  } finally {
    await server.stop()
  }
}
