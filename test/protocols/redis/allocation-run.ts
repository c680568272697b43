/**
 * Runs one kind of command so many times, in a process of its own: see scavenges.ts. Used by
 * allocation.test.ts.
 */
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { createEngine } from '../../../src/index.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import { RedisWorker } from '../../../src/protocols/redis/worker.ts'
import { ReplyBuffer } from '../../../src/protocols/reply-buffer.ts'
import { measure } from '../scavenges.ts'
import { FakeHost } from './client.ts'
import { encode } from './resp.ts'

const [kind] = process.argv.slice(2)
const KEYS = 200
const VALUE = 'v'.repeat(32)
const REQUESTS: Readonly<Record<string, (key: string) => readonly string[]>> = {
  GET: (key) => [`GET ${key}`],
  miss: (key) => [`GET not-${key}`],
  SET: (key) => [`SET ${key} ${VALUE}`],
  SETNX: (key) => [`SETNX ${key} ${VALUE}`],
  MGET: (key) => [`MGET ${key} none ${key}`],
  MSET: (key) => [`MSET ${key} ${VALUE} ${key}2 ${VALUE}`],
  EXISTS: (key) => [`EXISTS ${key} none`],
  DEL: (key) => [`DEL not-${key}`, `UNLINK ${key}`],
  GETRANGE: (key) => [`GETRANGE ${key} 1 -2`],
  GETBIT: (key) => [`GETBIT ${key} 77`],
  // This one allocates: it shows that the others would be noticed.
  DUMP: (key) => [`DUMP ${key}`],
}

const engine = createEngine({ memory: '8mb' })
const worker = new RedisWorker(new RawAccess(engine), new FakeHost(Date.now()))
const connection = new RedisConnection(worker, 1)
const out = new ReplyBuffer()
const requests = Array.from({ length: KEYS }, (_, n) => REQUESTS[kind!]!(`key-${n}`))
const frames = requests.map((each) => Buffer.concat(each.map(encode)))

// As a server's, which reads into the same bytes again and again.
const source = Buffer.alloc(4096)

function feed(frame: Buffer): void {
  frame.copy(source)
  connection.feed(source, 0, frame.length, out)
  out.length = 0
}

function run(turns: number): void {
  for (let n = 0; n < turns; n++) feed(frames[n % KEYS]!)
}

for (let n = 0; n < KEYS; n++) feed(encode(`SET key-${n} ${VALUE}`))
await measure(run)
engine.close()
