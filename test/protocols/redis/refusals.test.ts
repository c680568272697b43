/** What errors show of a request, numbers at their bounds, and requests that are HTTP. */
import { expect, test } from 'vitest'
import { encode } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

table('an error shows bytes as they came, up to a zero byte', [
  [['no\0such', 'a\0b', 'c'], "-ERR unknown command 'no', with args beginning with: 'a' 'c' "],
  [['NOSUCH', Buffer.from([0xff, 0xc3])], /with args beginning with: '\xff\xc3' $/],
  [['CLIENT', Buffer.from([0xfe])], /^-ERR unknown subcommand '\xfe'\. Try CLIENT HELP\.$/],
])

table('the number of a database', [
  ['SELECT x', '-ERR value is not an integer or out of range'],
  ['SELECT ""', '-ERR value is not an integer or out of range'],
  ['SELECT 1.0', '-ERR value is not an integer or out of range'],
  ['SELECT 99999999999999999999', '-ERR value is not an integer or out of range'],
  [
    'SELECT 4294967296',
    '-ERR value is out of range, value must between -2147483648 and 2147483647',
  ],
  ['SELECT 16', '-ERR DB index is out of range'],
  ['SELECT -1', '-ERR DB index is out of range'],
])

table('bits of the longest string', [
  ['SETBIT a 0 1', ':0'],
  ['GETBIT a 4294967295', ':0'],
  ['GETBIT none 4294967295', ':0'],
  ['SETBIT a 4294967295 2', '-ERR bit is not an integer or out of range'],
  ['BITFIELD a GET u8 4294967288 GET u8 #0', '*2\n:0\n:128'],
  ['GET a', /^\$1\n\x80$/],
])

test('bits that an item has no room for are refused, and cost nothing', () => {
  const client = new RedisBench().connect()
  const refusal = /^-ERR string exceeds maximum allowed size \(maxItemSize/
  expect(client.feed(encode('SETBIT a 4294967295 1'))).toMatch(refusal)
  expect(client.feed(encode('BITFIELD a SET u8 4294967280 1'))).toMatch(refusal)
  expect(client.feed(encode('EXISTS a'))).toBe(':0\r\n')
})

test('an HTTP request ends the connection before its body is executed', () => {
  const bench = new RedisBench()
  const requests = ['POST / HTTP/1.1\r\nX: y\r\n', 'GET / HTTP/1.1\r\nHost: localhost\r\n']
  for (const request of [...requests, 'post\r\n', 'host: x\r\n']) {
    const client = bench.connect()
    client.feed(Buffer.from(`${request}\r\nSET evil 1\r\n`))
    expect(client.connection.isClosing).toBe(true)
  }
  expect(bench.connect().feed(encode('EXISTS evil'))).toBe(':0\r\n')
})
