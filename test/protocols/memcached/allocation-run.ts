/**
 * Runs one kind of command so many times, in a process of its own: see scavenges.ts. Used by
 * allocation.test.ts.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { createEngine } from '../../../src/index.ts'
import { MemcachedConnection } from '../../../src/protocols/memcached/connection.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { measure } from '../scavenges.ts'
import { FakeHost } from './client.ts'
import { ask, OP, store, stream } from './frames.ts'

const [kind] = process.argv.slice(2)
const KEYS = 200
const VALUE = 'v'.repeat(32)
const REQUESTS: Readonly<Record<string, (key: string) => string | Buffer>> = {
  get: (key) => `get ${key}\r\n`,
  gets: (key) => `gets ${key} ${key}\r\n`,
  miss: (key) => `get not-${key}\r\n`,
  set: (key) => `set ${key} 7 0 32\r\n${VALUE}\r\n`,
  mg: (key) => `mg ${key} v f k c t\r\n`,
  ms: (key) => `ms ${key} 32 T0 F7\r\n${VALUE}\r\n`,
  delete: (key) => `delete not-${key} noreply\r\n`,
  // This one allocates: it shows that the others would be noticed.
  append: (key) => `append ${key} 0 0 0\r\n\r\n`,
  binary: (key) =>
    stream([
      store(OP.set, key, VALUE),
      store(OP.setq, key, VALUE),
      ask(OP.get, key),
      ask(OP.getkq, key),
      ask(OP.getq, 'none'),
      ask(OP.delete, 'none'),
    ]),
  'meta pipeline': (key) => {
    const set = `ms ${key} 32 T0 F7\r\n${VALUE}\r\n`
    return `mg ${key} v k\r\n${set}mg ${key} v f s c Oab\r\nmg none v q\r\n`.repeat(4)
  },
  pipeline: (key) => `get ${key}\r\nset ${key} 0 0 32\r\n${VALUE}\r\nmn\r\n`.repeat(4),
}

const engine = createEngine({ memory: '8mb' })
const host = new FakeHost(Date.now())
// A host that computes nothing, as a server's.
host.watchedKinds = () => 0
const connection = new MemcachedConnection(new RawAccess(engine), host, 1)
const out = new ReplyBuffer()
const frames = Array.from({ length: KEYS }, (_, n) => Buffer.from(REQUESTS[kind!]!(`key-${n}`)))

// As a server's, which reads into the same bytes again and again.
const source = Buffer.alloc(4096)

function run(turns: number): void {
  for (let n = 0; n < turns; n++) {
    const frame = frames[n % KEYS]!
    frame.copy(source)
    connection.feed(source, 0, frame.length, out)
    out.length = 0
  }
}

// The first byte says that a connection is binary, so the entries are made by another one.
const writer = new MemcachedConnection(new RawAccess(engine), host, 2)
for (let n = 0; n < KEYS; n++) {
  const set = Buffer.from(REQUESTS['set']!(`key-${n}`))
  writer.feed(set, 0, set.length, out)
}
await measure(run)
engine.close()
