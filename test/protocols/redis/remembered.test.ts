/**
 * What outlives a command is a copy: frames are read where they lie in the ring, and soon hold
 * another client's bytes.
 */
import { expect, test } from 'vitest'
import { Args } from '../../../src/protocols/redis/args.ts'
import { encode, type Request } from './resp.ts'
import { RedisBench } from './support.ts'

/** As a worker's frames: shared memory, used again once it was read. */
function askFrame(client: ReturnType<RedisBench['connect']>, request: Request): string {
  const bytes = encode(request)
  const frame = Buffer.from(new SharedArrayBuffer(bytes.length))
  bytes.copy(frame)
  const reply = client.feed(frame)
  frame.fill('z')
  return reply
}

test('watched keys', () => {
  const bench = new RedisBench()
  const client = bench.connect()
  askFrame(client, 'WATCH a')
  bench.ask('SET a 1')
  askFrame(client, 'MULTI')
  askFrame(client, 'GET a')
  expect(askFrame(client, 'EXEC')).toBe('*-1\r\n')
})

test('queued commands', () => {
  const client = new RedisBench().connect()
  askFrame(client, 'MULTI')
  askFrame(client, 'SET a queued')
  askFrame(client, 'GET a')
  expect(askFrame(client, 'EXEC')).toBe('*2\r\n+OK\r\n$6\r\nqueued\r\n')
})

test('a slice of an argument, taken of a Buffer, is no Buffer: to slice it again copies', () => {
  const args = new Args()
  args.bytes = Buffer.from(new SharedArrayBuffer(8)).fill('a')
  args.add(2, 5)
  const kept = args.slice(0).slice()
  args.bytes.fill(0)
  expect([...kept]).toEqual([97, 97, 97])
})
