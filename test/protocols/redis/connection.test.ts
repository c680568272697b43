/** Connections: what is said on connecting, what is unknown, and what is no request at all. */
import { expect, test } from 'vitest'
import { encode } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

const GREETING = new RegExp(
  String.raw`^%7\n\$6\nserver\n\$5\nredis\n\$7\nversion\n\$6\n7\.0\.15\n\$5\nproto\n:3\n` +
    String.raw`\$2\nid\n:\d+` +
    String.raw`\n\$4\nmode\n\$10\nstandalone\n\$4\nrole\n\$6\nmaster\n\$7\nmodules\n\*0$`,
)
const CLIENT_LINE = new RegExp(
  String.raw`^[$=]\d+\n(txt:)?id=\d+ addr=\S+ laddr=\S+ fd=\d+ name= age=\d+ idle=\d+ flags=\S+ ` +
    String.raw`db=0 sub=0 psub=0 .*cmd=client\|info user=default redir=-1 resp=[23]`,
)

table('PING ECHO and what is unknown', [
  ['PING', '+PONG'],
  ['ping hello', '$5\nhello'],
  ['PING a b', "-ERR wrong number of arguments for 'ping' command"],
  ['ECHO "a\\r\\nb"', '$4\na\nb'],
  ['ECHO', "-ERR wrong number of arguments for 'echo' command"],
  ['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['nosuch a "b c"', "-ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' "],
  [['no\r\nsuch'], "-ERR unknown command 'no  such', with args beginning with: "],
  [
    ['x'.repeat(200), 'y'.repeat(100), 'z'.repeat(100)],
    `-ERR unknown command '${'x'.repeat(128)}', with args beginning with: ` +
      `'${'y'.repeat(100)}' '${'z'.repeat(25)}' `,
  ],
  ['CLIENT', "-ERR wrong number of arguments for 'client' command"],
  ['client nosuch a', "-ERR unknown subcommand 'nosuch'. Try CLIENT HELP."],
  ['client getname a', "-ERR wrong number of arguments for 'client|getname' command"],
  ['COMMAND NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP."],
])

table('HELLO AUTH', [
  ['HELLO 4', '-NOPROTO unsupported protocol version'],
  ['HELLO 1', '-NOPROTO unsupported protocol version'],
  ['HELLO x', '-ERR Protocol version is not an integer or out of range'],
  ['HELLO 2 NOSUCH', "-ERR Syntax error in HELLO option 'NOSUCH'"],
  ['HELLO 2 SETNAME', "-ERR Syntax error in HELLO option 'SETNAME'"],
  [
    'HELLO 2 SETNAME "a b"',
    '-ERR Client names cannot contain spaces, newlines or special characters.',
  ],
  ['HELLO 2 AUTH nobody x', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['HELLO 3 AUTH default any SETNAME me', GREETING],
  ['CLIENT GETNAME', '$2\nme'],
  ['GET none', '_'],
  ['HELLO', /^%7\n[\s\S]*\n\$5\nproto\n:3\n/],
  ['HELLO 2', /^\*14\n[\s\S]*\n\$5\nproto\n:2\n/],
  ['GET none', '$-1'],
  ['AUTH x', /^-ERR AUTH <password> called without any password configured for the default user\./],
  ['AUTH default x', '+OK'],
  ['AUTH nobody x', '-WRONGPASS invalid username-password pair or user is disabled.'],
  ['AUTH a b c', '-ERR syntax error'],
])

table('SELECT RESET', [
  ['SET a 0', '+OK'],
  ['SELECT 15', '+OK'],
  ['GET a', '$-1', '_'],
  ['SET a 15', '+OK'],
  ['DBSIZE', ':1'],
  ['SELECT 16', '-ERR DB index is out of range'],
  ['SELECT -1', '-ERR DB index is out of range'],
  ['SELECT x', '-ERR value is not an integer or out of range'],
  ['GET a', '$2\n15'],
  ['CLIENT SETNAME me', '+OK'],
  ['RESET', '+RESET'],
  ['GET a', '$1\n0'],
  ['CLIENT GETNAME', '$-1'],
])

table('CLIENT', [
  ['CLIENT ID', /^:\d+$/],
  ['CLIENT GETNAME', '$-1', '_'],
  ['CLIENT SETNAME me', '+OK'],
  ['CLIENT GETNAME', '$2\nme'],
  [
    'CLIENT SETNAME "a b"',
    '-ERR Client names cannot contain spaces, newlines or special characters.',
  ],
  ['CLIENT SETNAME ""', '+OK'],
  ['CLIENT GETNAME', '$-1', '_'],
  ['CLIENT INFO', CLIENT_LINE],
  ['CLIENT LIST TYPE nosuch', "-ERR Unknown client type 'nosuch'"],
  ['CLIENT LIST TYPE replica', '$0\n', '=4\ntxt:'],
  ['CLIENT LIST NOSUCH', '-ERR syntax error'],
  ['CLIENT LIST ID x', '-ERR Invalid client ID'],
  ['CLIENT KILL 1.2.3.4:5', '-ERR No such client'],
  ['CLIENT KILL ID 0', '-ERR client-id should be greater than 0'],
  ['CLIENT KILL ID x', '-ERR client-id should be greater than 0'],
  ['CLIENT KILL ID 123456789', ':0'],
  ['CLIENT KILL TYPE nosuch', "-ERR Unknown client type 'nosuch'"],
  ['CLIENT KILL USER nobody', "-ERR No such user 'nobody'"],
  ['CLIENT KILL SKIPME maybe', '-ERR syntax error'],
  ['CLIENT KILL ID 1 TYPE', '-ERR syntax error'],
  ['CLIENT NO-EVICT on', '+OK'],
  ['CLIENT NO-EVICT maybe', '-ERR syntax error'],
  ['CLIENT REPLY maybe', '-ERR syntax error'],
  ['CLIENT REPLY ON', '+OK'],
  ['CLIENT UNBLOCK 123', ':0'],
  ['CLIENT UNBLOCK x', '-ERR value is not an integer or out of range'],
  ['CLIENT UNBLOCK 1 NOSUCH', '-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR'],
  ['CLIENT PAUSE x', '-ERR timeout is not an integer or out of range'],
  ['CLIENT PAUSE -1', '-ERR timeout is negative'],
  ['CLIENT PAUSE 1 NOSUCH', '-ERR CLIENT PAUSE mode must be WRITE or ALL'],
  ['CLIENT PAUSE 1 WRITE', '+OK'],
  ['CLIENT UNPAUSE', '+OK'],
  ['CLIENT GETREDIR', ':-1'],
  [
    'CLIENT TRACKINGINFO',
    '*6\n$5\nflags\n*1\n$3\noff\n$8\nredirect\n:-1\n$8\nprefixes\n*0',
    '%3\n$5\nflags\n~1\n$3\noff\n$8\nredirect\n:-1\n$8\nprefixes\n*0',
  ],
])

table('CLIENT REPLY', [
  [['CLIENT', 'REPLY', 'SKIP'], ''],
  ['PING', ''],
  ['PING', '+PONG'],
  ['CLIENT REPLY OFF', ''],
  ['PING', ''],
  ['CLIENT REPLY SKIP', ''],
  ['CLIENT REPLY ON', '+OK'],
  ['PING', '+PONG'],
])

test('inline commands', () => {
  const client = new RedisBench().connect()
  const ask = (text: string) => client.feed(Buffer.from(text, 'latin1'))
  expect(ask('PING\r\n')).toBe('+PONG\r\n')
  expect(ask('PING\n\r\n\n  \r\nECHO  "a\\x41\\n\\""\r\n')).toBe('+PONG\r\n$4\r\naA\n"\r\n')
  expect(ask("ECHO 'a\\n\\''\r\n")).toBe("$4\r\na\\n'\r\n")
  expect(ask('ECHO a"b c"\r\n')).toBe('$4\r\nab c\r\n')
  expect(ask('ECHO ""\r\n')).toBe('$0\r\n\r\n')
  expect(ask('ECHO "a"b\r\n')).toBe('-ERR Protocol error: unbalanced quotes in request\r\n')
  expect(client.connection.isClosing).toBe(true)
})

test.each([
  ['*x\r\n', 'invalid multibulk length'],
  ['*2147483648\r\n', 'invalid multibulk length'],
  ['*1\r\nPING\r\n', "expected '$', got 'P'"],
  ['*1\r\n$x\r\n', 'invalid bulk length'],
  ['*1\r\n$-1\r\n', 'invalid bulk length'],
  ['*1\r\n$536870913\r\n', 'invalid bulk length'],
  ['*1\r\n$01\r\nx\r\n', 'invalid bulk length'],
  [`*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
  [`*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
  ['x'.repeat(70_000), 'too big inline request'],
])('%o ends the connection', (text, why) => {
  const client = new RedisBench().connect()
  expect(client.feed(Buffer.from(text))).toBe(`-ERR Protocol error: ${why}\r\n`)
  expect(client.connection.isClosing).toBe(true)
})

test('requests of no arguments are passed over', () => {
  const client = new RedisBench().connect()
  expect(client.feed(Buffer.from('*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n'))).toBe('+PONG\r\n')
})

test('what is too large is refused, and the connection lives on', () => {
  const client = new RedisBench({ maxItemSize: '128kb' }).connect()
  const large = encode(['SET', 'a', Buffer.alloc(140_000), 'EX', '10'])
  const ping = encode('PING')
  const refusal =
    '-ERR string exceeds maximum allowed size (maxItemSize is 131072 bytes)\r\n+PONG\r\n'
  expect(client.feed(Buffer.concat([large, ping]))).toBe(refusal)
  for (const step of [61, 65_536]) {
    let replies = ''
    const bytes = Buffer.concat([large, ping])
    for (let at = 0; at < bytes.length; at += step) {
      replies += client.feed(bytes.subarray(at, at + step))
      // A worker that dies now takes the connection with it: a request is under way.
      if (at + step < large.length) expect(client.connection.pendingBytes).toBeGreaterThan(0)
      expect(client.connection.pendingBytes).toBeLessThan(100)
    }
    expect(replies).toBe(refusal)
    expect(client.connection.pendingBytes).toBe(0)
  }
  expect(client.ask('EXISTS a')).toBe(':0\r\n')
})

test('a key over the limit is refused', () => {
  const client = new RedisBench().connect()
  const key = 'k'.repeat(65_536)
  expect(client.ask(['SET', key, '1'])).toBe('-ERR key is too long for this cache\r\n')
  expect(client.ask(['GET', key])).toBe('-ERR key is too long for this cache\r\n')
})

test('however the bytes are split, the replies are the same', () => {
  const requests = Buffer.concat([
    encode(['SET', 'a', 'one\r\ntwo']),
    Buffer.from('*0\r\nGET a\r\n'),
    encode(['MSET', 'b', '1', '', 'empty key', 'c', '']),
    encode('MGET a b c nosuch ""'),
    encode('NOSUCH a'),
    encode('DEL a b c ""'),
  ])
  const whole = new RedisBench().connect().feed(requests)
  expect(whole).toContain('$9\r\nempty key\r\n')
  for (let cut = 1; cut < requests.length; cut++) {
    const client = new RedisBench().connect()
    const replies = client.feed(requests.subarray(0, cut)) + client.feed(requests.subarray(cut))
    expect(replies, `cut at ${cut}`).toBe(whole)
  }
  const client = new RedisBench().connect()
  let replies = ''
  for (const byte of requests) replies += client.feed(Buffer.of(byte))
  expect(replies).toBe(whole)
})
