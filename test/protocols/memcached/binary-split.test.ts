/**
 * The binary protocol in pieces, and what a client cannot do with it: every cut of every request of
 * the corpus into two, every byte alone, full reply buffers; lengths that never come, mutilated
 * frames. Text and binary requests differ in nothing but how a command is found, so what the
 * connection does with pieces is also tested in split.test.ts and bounds.test.ts.
 */
import { expect, test } from 'vitest'
import { BINARY_CORPUS } from './binary-corpus.ts'
import { ask, decode, encode, OP, show, store, stream } from './frames.ts'
import { Bench, type Client, EmptyCache, generator } from './support.ts'

const ROWS: Buffer[] = Object.values(BINARY_CORPUS)
  .flat()
  .map(([, requests]) => stream(requests))
const SHORT = ROWS.filter(({ length }) => length < 1000)
const LONG = ROWS.filter(({ length }) => length >= 1000)

/** Replies as text, CAS numbers by their places only, and whether the connection ended. */
function replies(
  client: Client,
  request: Buffer,
  cuts: readonly number[],
  softLimit?: number,
): string {
  const bytes = client.feed(request, cuts, softLimit)
  const { isClosing, pendingBytes } = client.connection
  const shown = decode(bytes).map((reply) => `${reply.opaque} ${reply.op} ${show(reply)}`)
  return `${shown.join('\n')} ${isClosing ? 'closed' : pendingBytes}`
}

test('every cut of every request into two gives the replies of the whole', () => {
  const cache = new EmptyCache()
  for (const request of SHORT) {
    const whole = replies(cache.connect(), request, [])
    for (let cut = 1; cut < request.length; cut++) {
      const inTwo = replies(cache.connect(), request, [cut])
      if (inTwo !== whole) expect([request.toString('hex'), cut, inTwo]).toEqual(whole)
    }
  }
})

test('long requests, cut around every frame and at random', () => {
  const cache = new EmptyCache()
  const random = generator(31)
  for (const request of LONG) {
    const whole = replies(cache.connect(), request, [])
    const cuts = new Set<number>()
    for (let at = 0; at + 24 <= request.length; at += 24 + request.readUInt32BE(at + 8)) {
      // Around its header, its extras, its key.
      for (const near of [-1, 0, 1, 23, 24, 25, 31, 32, 33, 34]) cuts.add(at + near)
    }
    for (let n = 0; n < 3; n++) cuts.add(1 + random(request.length - 1))
    for (const cut of cuts) {
      if (cut < 1 || cut >= request.length) continue
      const inTwo = replies(cache.connect(), request, [cut])
      expect(inTwo === whole ? 'as whole' : [cut, inTwo]).toBe('as whole')
    }
  }
})

test('byte by byte, by random cuts, and into reply buffers that are full at once', () => {
  const cache = new EmptyCache()
  const random = generator(32)
  for (const request of SHORT) {
    const whole = replies(cache.connect(), request, [])
    const single = Array.from({ length: request.length - 1 }, (_, at) => at + 1)
    const ways = [single, ...[2, 3, 5, 8].map((count) => someCuts(random, request.length, count))]
    for (const cuts of ways) {
      for (const softLimit of [undefined, 1, 30]) {
        const pieces = replies(cache.connect(), request, cuts, softLimit)
        expect(pieces === whole ? 'as whole' : [request.toString('hex'), cuts]).toBe('as whole')
      }
    }
  }
})

function someCuts(random: (below: number) => number, length: number, count: number): number[] {
  const cuts = Array.from({ length: count }, () => 1 + random(length))
  return [...new Set(cuts)].sort((a, b) => a - b).filter((cut) => cut < length)
}

test('a frame that cannot be is refused by its header, before the rest arrives', () => {
  const lies = [{ keyBytes: 60_000 }, { keyBytes: 251, bodyBytes: 1000 }, { extraBytes: 255 }]
  for (const lie of lies) {
    const client = new Bench().connect()
    const header = encode(ask(OP.get, 'a', { lies: lie }), 0, 0n).subarray(0, 24)
    const reply = client.feed(header, undefined)
    expect(decode(reply)[0]!.status).toBe('bodyBytes' in lie ? 4 : 0x81)
    expect(client.connection.isClosing).toBe(true)
    expect(client.connection.pendingBytes).toBe(0)
  }
})

test('announced lengths that never come cost what was sent', () => {
  const bench = new Bench()
  const promised = encode(store(OP.set, 'a', '', {}), 0, 0n)
  promised.writeUInt32BE(1_000_000, 8)
  const client = bench.connect()
  client.feed(promised, undefined)
  expect(client.connection.pendingBytes).toBe(33)
  client.feed(Buffer.alloc(1000), undefined)
  expect(client.connection.pendingBytes).toBe(1033)
  client.connection.dispose()
  expect(client.connection.pendingBytes).toBe(0)
})

test('a value of 4 GiB is refused at once and not kept', () => {
  for (const [op, status] of [
    [OP.set, 3],
    [OP.append, 3],
    [OP.saslAuth, 0x81],
    [0x55, 0x81],
  ] as const) {
    const bench = new Bench()
    const client = bench.connect()
    const extraBytes = op === OP.set ? 8 : 0
    const frame = encode(ask(op, 'a', { extras: Buffer.alloc(extraBytes) }), 0, 0n)
    frame.writeUInt32BE(2 ** 32 - 1, 8)
    expect(decode(client.feed(frame, undefined)).map((reply) => reply.status)).toEqual([status])
    expect(client.feed(Buffer.alloc(100_000), undefined)).toHaveLength(0)
    expect(client.connection.pendingBytes).toBe(2 ** 32 - 1 - 1 - extraBytes - 100_000)
    expect(client.connection.isClosing).toBe(false)
  }
})

test('mutilated frames never throw, and the connection answers afterwards or is closed', () => {
  const bench = new Bench()
  const random = generator(33)
  let [answered, closed] = [0, 0]
  for (let round = 0; round < 4_000; round++) {
    const request = Buffer.from(SHORT[random(SHORT.length)]!)
    // The first byte stays: it says that the rest is binary.
    for (let n = random(4); n >= 0; n--) request[1 + random(request.length - 1)] = random(256)
    const client = bench.connect()
    const cut = 1 + random(request.length)
    for (const reply of decode(client.feed(request, [cut], 1 + random(200)))) {
      expect(reply.status).toBeLessThanOrEqual(0x82)
    }
    if (client.connection.isClosing) closed++
    else if (client.connection.pendingBytes === 0) {
      const after = decode(client.feed(encode(ask(OP.noop), 77, 0n), undefined))
      expect(after.map(({ opaque, status }) => [opaque, status])).toEqual([[77, 0]])
      answered++
    }
  }
  expect(answered).toBeGreaterThan(500)
  expect(closed).toBeGreaterThan(500)
  expect(bench.engine.verify().problems).toEqual([])
})

test('the first byte decides, and only the first', () => {
  const bench = new Bench()
  const text = bench.connect()
  expect(text.ask('mn\r\n\x80\r\nmn\r\n')).toBe('MN\r\nERROR\r\nMN\r\n')
  const binary = bench.connect()
  binary.feed(encode(ask(OP.noop), 0, 0n), undefined)
  expect(binary.ask('mn\r\n')).toBe('')
  expect(binary.connection.isClosing).toBe(true)
})
