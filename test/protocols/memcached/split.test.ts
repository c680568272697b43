/**
 * How a stream is cut into pieces changes no reply: every cut into two, every byte alone, random
 * cuts into more, and reply buffers so small that answers are resumed again and again.
 *
 * Each request is asked of an empty cache, so that its replies may be compared byte by byte, but
 * for CAS numbers: they grow with every write that the cache saw.
 */
import { expect, test } from 'vitest'
import { CORPUS } from './corpus.ts'
import { Bench, EmptyCache, generator } from './support.ts'

const REQUESTS: Buffer[] = Object.values(CORPUS)
  .flat()
  .map(([request]) => Buffer.from(request, 'latin1'))
const LARGE = Buffer.concat([
  Buffer.from('set large 1 0 9000\r\n'),
  Buffer.alloc(9000, 'large value\r\n'),
  Buffer.from('\r\nset b 0 0 5\r\nhello\r\nget large b large c large\r\nmg large v k\r\nmn\r\n'),
])

/** CAS numbers are compared by their places only. */
function shape(reply: Buffer): string {
  return reply
    .toString('latin1')
    .replace(/^(VALUE \S+ \d+ \d+) \d+\r/gm, '$1 N\r')
    .replace(/ c\d+/g, ' cN')
}

test('every cut of every request into two gives the replies of the whole', () => {
  const cache = new EmptyCache()
  for (const request of REQUESTS.filter(({ length }) => length < 400)) {
    const whole = shape(cache.connect().feed(request, undefined))
    for (let cut = 1; cut < request.length; cut++) {
      const cutInTwo = shape(cache.connect().feed(request, [cut]))
      if (cutInTwo !== whole) {
        expect([request.toString('latin1'), cut, cutInTwo]).toEqual([
          request.toString('latin1'),
          cut,
          whole,
        ])
      }
    }
  }
})

test('long requests, cut around every line end and at random', () => {
  const cache = new EmptyCache()
  const random = generator(11)
  for (const request of [LARGE, ...REQUESTS.filter(({ length }) => length >= 400)]) {
    const whole = shape(cache.connect().feed(request, undefined))
    const cuts = new Set<number>([2047, 2048, 2049, 2050, 2051])
    for (let at = request.indexOf(10); at >= 0; at = request.indexOf(10, at + 1)) {
      for (let cut = at - 2; cut <= at + 2; cut++) cuts.add(cut)
    }
    for (let n = 0; n < 50; n++) cuts.add(1 + random(request.length - 1))
    for (const cut of cuts) {
      if (cut < 1 || cut >= request.length) continue
      const cutInTwo = shape(cache.connect().feed(request, [cut]))
      expect(cutInTwo === whole ? 'as whole' : [request.toString('latin1'), cut]).toBe('as whole')
    }
  }
})

test('byte by byte, and by random cuts into many', () => {
  const cache = new EmptyCache()
  const random = generator(12)
  for (const request of [...REQUESTS, LARGE]) {
    const whole = shape(cache.connect().feed(request, undefined))
    const single = Array.from({ length: request.length - 1 }, (_, at) => at + 1)
    const ways = [single]
    for (let n = 0; n < 20; n++) {
      const cuts = Array.from({ length: 2 + random(4) }, () => 1 + random(request.length))
      ways.push([...new Set(cuts)].sort((a, b) => a - b).filter((cut) => cut < request.length))
    }
    for (const cuts of ways) {
      const pieces = shape(cache.connect().feed(request, cuts))
      expect(pieces === whole ? 'as whole' : [request.toString('latin1'), cuts]).toBe('as whole')
    }
  }
})

test('reply buffers that are full after every reply are resumed without loss', () => {
  const cache = new EmptyCache()
  const random = generator(13)
  for (const request of [...REQUESTS, LARGE]) {
    const whole = shape(cache.connect().feed(request, undefined))
    for (const softLimit of [1, 20, 100]) {
      const cut = 1 + random(request.length - 1)
      const resumed = shape(cache.connect().feed(request, [cut], softLimit))
      expect(resumed === whole ? 'as whole' : [request.toString('latin1'), softLimit]).toBe(
        'as whole',
      )
    }
  }
})

test('all requests in one stream are answered as one by one', () => {
  const cache = new EmptyCache()
  const stays = REQUESTS.filter((request) => {
    const client = cache.connect()
    client.feed(request, undefined)
    const { isClosing, isWatcher, pendingBytes } = client.connection
    return !isClosing && !isWatcher && pendingBytes === 0 && !request.includes('9999999999')
  })
  const stream = Buffer.concat(
    stays.flatMap((request) => [request, Buffer.from('flush_all noreply\r\nmn\r\n')]),
  )
  const bench = new Bench()
  const whole = shape(bench.connect().feed(stream, undefined))
  const random = generator(14)
  for (let n = 0; n < 10; n++) {
    const cuts = Array.from({ length: 40 }, () => 1 + random(stream.length - 1))
    const sorted = [...new Set(cuts)].sort((a, b) => a - b)
    const pieces = shape(new Bench().connect().feed(stream, sorted, 64))
    expect(pieces).toBe(whole)
  }
  expect(whole.match(/^MN\r$/gm)!.length).toBeGreaterThan(stays.length)
})

test('a stop in the middle of many keys continues with the next key', () => {
  const bench = new Bench()
  const client = bench.connect()
  for (let n = 0; n < 300; n++) client.ask(`set key${n} 0 0 4\r\n${1000 + n}\r\n`)
  const names = Array.from({ length: 300 }, (_, n) => `key${n}`).join(' ')
  for (const command of ['get', 'gats 0']) {
    const request = Buffer.from(`${command} ${names}\r\nmn\r\n`)
    const replies = client.feed(request, undefined, 10).toString()
    expect(replies.match(/^VALUE key\d+ /gm)).toEqual(
      Array.from({ length: 300 }, (_, n) => `VALUE key${n} `),
    )
    expect(replies.endsWith('\r\nEND\r\nMN\r\n')).toBe(true)
  }
  const dump = client.feed(Buffer.from('lru_crawler metadump all\r\nmn\r\n'), undefined, 10)
  const keys = dump.toString().match(/^key=\S+/gm)!
  expect(new Set(keys).size).toBe(300)
  expect(keys.length).toBe(300)
  expect(dump.toString().endsWith('\nEND\r\nMN\r\n')).toBe(true)
})
