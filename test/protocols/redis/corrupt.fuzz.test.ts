/**
 * Values that a client made up: HyperLogLogs whose registers make no sense, and payloads of RESTORE
 * with a right checksum and a wrong inside. They are answered, one reply each, and break nothing.
 */
import { expect, test } from 'vitest'
import { putCrc64 } from '../../../src/protocols/redis/values/crc64.ts'
import type { InProcessClient } from './client.ts'
import { replyEnd } from './resp.ts'
import { RedisBench } from './support.ts'

const ROUNDS = 1500
const SEED = 20_261_121
const SPARSE_OPCODES = [0x40, 0x7f, 0x80, 0xff, 0, 0x3f, 0xfc]

let state = SEED
function below(bound: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return Math.floor(((state >>> 7) / 0x1000000) * bound)
}

function oneReply(client: InProcessClient, request: readonly (string | Buffer)[]): string {
  const reply = client.ask(request)
  expect(replyEnd(Buffer.from(reply, 'latin1'), 0), String(request[0])).toBe(reply.length)
  return reply.slice(0, 5)
}

/** The bytes behind the head of a bulk string. */
function bytesOf(reply: string): Buffer {
  return Buffer.from(reply.slice(reply.indexOf('\r\n') + 2, -2), 'latin1')
}

/** A HyperLogLog: sparse or dense and at random, or a good one with some bytes changed or cut. */
function sketch(client: InProcessClient): Buffer {
  const kind = below(4)
  let bytes: Buffer = Buffer.alloc(kind === 0 ? 16 + below(40) : 12_304, below(256))
  if (kind >= 2) {
    client.ask('DEL good')
    const elements = Array.from({ length: below(kind === 2 ? 30 : 900) }, () => String(below(1e6)))
    client.ask(['PFADD', 'good', ...elements])
    bytes = bytesOf(client.ask('GET good'))
    for (let i = below(4); i > 0; i--) bytes[16 + below(bytes.length - 16)] = below(256)
    if (below(5) === 0) bytes = bytes.subarray(0, 16 + below(bytes.length - 16))
  } else {
    bytes.fill(0, 4, 16)
    bytes[4] = kind === 0 ? 1 : 0
    for (let i = 16; i < Math.min(bytes.length, 60); i++) {
      bytes[i] = below(3) === 0 ? SPARSE_OPCODES[below(SPARSE_OPCODES.length)]! : below(256)
    }
  }
  bytes.write('HYLL', 'latin1')
  if (below(3) > 0) bytes[15]! |= 0x80
  return bytes
}

test('HyperLogLogs that make no sense', () => {
  const client = new RedisBench().connect()
  const replies = new Set<string>()
  for (let n = 0; n < ROUNDS; n++) {
    client.ask(['SET', `h${below(3)}`, sketch(client)])
    for (const request of [
      ['PFADD', 'h0', String(below(1e6)), String(below(1e6))],
      ['PFCOUNT', 'h0'],
      ['PFCOUNT', 'h0', 'h1', 'h2'],
      ['PFMERGE', 'merged', 'h0', 'h1'],
      ['PFMERGE', 'h2', 'h0'],
    ]) {
      replies.add(oneReply(client, request))
    }
  }
  // Some were good enough, others were not.
  for (const kind of [':1\r\n', '+OK\r\n', '-INVA']) expect([...replies]).toContain(kind)
})

test('payloads with a right checksum and a wrong inside', () => {
  const client = new RedisBench().connect()
  const replies = new Set<string>()
  const heads = [0, 5, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc1, 0xc2, 0xc3, 0xc3, 0xc3, 0xff]
  for (let n = 0; n < ROUNDS; n++) {
    const body = Buffer.from(Array.from({ length: 2 + below(40) }, () => below(256)))
    body[0] = below(10) === 0 ? below(256) : 0
    body[1] = heads[below(heads.length)]!
    if (body[1] === 0xc3 && body.length > 4) {
      body[2] = body.length - 4
      body[3] = below(64)
      for (let i = 4; i < body.length; i += 1 + below(4)) body[i] = below(40)
    }
    const payload = Buffer.concat([body, Buffer.of(10, 0), Buffer.alloc(8)])
    putCrc64(payload, payload.length - 8, payload, payload.length - 8)
    replies.add(oneReply(client, ['RESTORE', 'k', '0', payload, 'REPLACE']))
  }
  expect([...replies].sort()).toEqual(['+OK\r\n', '-ERR '])
})
