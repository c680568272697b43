/** memcached's protocol with one word of one reply wrong: what a differential run must find. */
import { RawAccess } from '../../src/engine/raw-access.ts'
import type { Engine } from '../../src/index.ts'
import { MemcachedConnection } from '../../src/protocols/memcached/connection.ts'
import type { ServerFacts } from '../../src/protocols/memcached/host.ts'
import type { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'

class LiarConnection extends MemcachedConnection {
  override feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    const begun = out.length
    const next = super.feed(source, from, to, out)
    for (let at = begun; ; at++) {
      at = out.bytes.indexOf('TOUCHED\r\n', at)
      if (at < 0 || at >= out.length) return next
      out.bytes[at] = 't'.charCodeAt(0)
    }
  }
}

export function createProtocol(
  engine: Engine,
  facts: ServerFacts,
): (slot: number) => MemcachedConnection {
  const raw = new RawAccess(engine)
  return (slot) => new LiarConnection(raw, facts, slot)
}
