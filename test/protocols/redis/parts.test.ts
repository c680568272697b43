/**
 * Parts of large strings, as redis-server answers, and that no more than the part is read: a value
 * of many chunks, whose bytes are counted as they are copied out of the shared memory.
 */
import { expect, test, vi } from 'vitest'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

/** Bytes of values that were copied, in whatever way. */
const copied = vi.hoisted(() => ({ bytes: 0 }))

vi.mock(import('../../../src/memory/atomics.ts'), async (original) => {
  const seam = await original()
  const copyOut: typeof seam.copyOut = (shared, at, target, to, bytes) => {
    copied.bytes += bytes
    seam.copyOut(shared, at, target, to, bytes)
  }
  const copyWordsOut: typeof seam.copyWordsOut = (words, at, target, to, bytes) => {
    copied.bytes += bytes
    seam.copyWordsOut(words, at, target, to, bytes)
  }
  const peekBuffer: typeof seam.peekBuffer = (buffer, from, to) => {
    copied.bytes += to - from
    return seam.peekBuffer(buffer, from, to)
  }
  return { ...seam, copyOut, copyWordsOut, peekBuffer }
})

const LARGE = { memory: '16mb' }
const BYTES = 1_000_000
const VALUE = Buffer.from(Uint8Array.from({ length: BYTES }, (_, n) => (n * 7 + (n >>> 8)) & 0xff))

withRedis()

function bits(from: number, to: number): number {
  let count = 0
  for (let bit = from; bit <= to; bit++) count += (VALUE[bit >>> 3]! >>> (7 - (bit & 7))) & 1
  return count
}

table(
  'parts of a large string',
  [
    [['SET', 'k', VALUE], '+OK'],
    ['STRLEN k', `:${BYTES}`],
    ['GETBIT k 7999999', `:${VALUE.at(-1)! & 1}`],
    ['GETBIT k 8000000', ':0'],
    ['GETBIT k 4294967295', ':0'],
    ['GETBIT k 4000007', `:${VALUE[500_000]! & 1}`],
    ['BITCOUNT k', `:${bits(0, 8 * BYTES - 1)}`],
    ['BITCOUNT k 65530 65545', `:${bits(8 * 65_530, 8 * 65_545 + 7)}`],
    ['BITCOUNT k 100003 900011 BIT', `:${bits(100_003, 900_011)}`],
    ['BITCOUNT k -9 -3 BIT', `:${bits(8 * BYTES - 9, 8 * BYTES - 3)}`],
    ['BITCOUNT k 1000000 2000000', ':0'],
    ['BITPOS k 1 1000000', ':-1'],
    ['BITPOS k 0 -1 -1', /^:79999\d\d$/],
    ['BITPOS k 1 700000 700003', /^:56000\d\d$/],
    ['SETRANGE z 999999 "\\x01"', ':1000000'],
    ['BITPOS z 1', ':7999999'],
    ['BITPOS z 1 65537 -2', ':-1'],
    ['BITPOS z 1 7999993 -1 BIT', ':7999999'],
    ['BITPOS z 0 7999999 -1 BIT', ':-1'],
    ['BITPOS z 0 999999', ':7999992'],
  ],
  LARGE,
)

table(
  'GETRANGE of a large string',
  [
    [['SET', 'k', Buffer.from('0123456789'.repeat(100_000))], '+OK'],
    ['GETRANGE k 0 3', '$4\n0123'],
    ['GETRANGE k 65533 65540', '$8\n34567890'],
    ['GETRANGE k -3 -1', '$3\n789'],
    ['GETRANGE k 999999 2000000', '$1\n9'],
    ['GETRANGE k 1000000 1000001', '$0\n'],
    ['GETRANGE k 499998 500001', '$4\n8901'],
    ['MULTI', '+OK'],
    ['GETRANGE k 499998 500001', '+QUEUED'],
    ['GETBIT k 15', '+QUEUED'],
    ['BITCOUNT k 999999 -1', '+QUEUED'],
    ['EXEC', '*3\n$4\n8901\n:1\n:4'],
  ],
  LARGE,
)

test.each([
  ['GETBIT k 7999999', 1],
  ['GETRANGE k 500000 500009', 10],
  ['BITCOUNT k -20 -1', 20],
  ['BITPOS k 1 0 0', 1],
  ['STRLEN k', 0],
  ['GETRANGE k 0 -1', BYTES],
])('%s copies %i bytes', (request, bytes) => {
  const client = new RedisBench(LARGE).connect()
  client.ask(['SET', 'k', VALUE])
  copied.bytes = 0
  expect(client.ask(request)).not.toMatch(/^-/)
  expect(copied.bytes).toBe(bytes)
})
