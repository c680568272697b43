/** GET and its kin, and what reads parts of a string. */
import { table, withRedis } from './table.ts'

const BOTH_RANGES =
  '$7\nmatches\n*2\n*3\n*2\n:4\n:7\n*2\n:5\n:8\n:4\n' +
  '*3\n*2\n:2\n:3\n*2\n:0\n:1\n:2\n$3\nlen\n:6'

withRedis()

table('GET MGET', [
  ['GET k', '$-1', '_'],
  ['GET', "-ERR wrong number of arguments for 'get' command"],
  ['GET a b', "-ERR wrong number of arguments for 'get' command"],
  ['SET k v', '+OK'],
  ['GET k', '$1\nv'],
  ['MGET k none k', '*3\n$1\nv\n$-1\n$1\nv', '*3\n$1\nv\n_\n$1\nv'],
  ['MGET', "-ERR wrong number of arguments for 'mget' command"],
  ['MGET none', '*1\n$-1', '*1\n_'],
])

table('GETSET GETDEL', [
  ['SET s old EX 1000', '+OK'],
  ['GETSET s new', '$3\nold'],
  ['TTL s', ':-1'],
  ['GETSET gs new', '$-1', '_'],
  ['GETSET gs', "-ERR wrong number of arguments for 'getset' command"],
  ['GET gs', '$3\nnew'],
  ['GETDEL gs', '$3\nnew'],
  ['GETDEL gs', '$-1', '_'],
  ['EXISTS gs', ':0'],
  ['GETDEL', "-ERR wrong number of arguments for 'getdel' command"],
])

table('GETEX', [
  ['SET ex v', '+OK'],
  ['GETEX ex', '$1\nv'],
  ['GETEX ex EX 1000', '$1\nv'],
  ['TTL ex', /^:(999|1000)$/],
  ['GETEX ex', '$1\nv'],
  ['TTL ex', /^:(999|1000)$/],
  ['GETEX ex PERSIST', '$1\nv'],
  ['TTL ex', ':-1'],
  ['GETEX ex PX 1000000', '$1\nv'],
  ['PTTL ex', /^:\d{6,7}$/],
  ['GETEX ex PERSIST EX 1', '-ERR syntax error'],
  ['GETEX ex EX 1 PERSIST', '-ERR syntax error'],
  ['GETEX ex EX 1 PX 1', '-ERR syntax error'],
  ['GETEX ex EX 0', "-ERR invalid expire time in 'getex' command"],
  ['GETEX ex EX abc', '-ERR value is not an integer or out of range'],
  ['GETEX ex EX', '-ERR syntax error'],
  ['GETEX none EX 0', '$-1', '_'],
  ['GETEX none EX abc', '$-1', '_'],
  ['GETEX none FOO', '-ERR syntax error'],
  ['GETEX ex KEEPTTL', '-ERR syntax error'],
  ['GETEX ex NX', '-ERR syntax error'],
  ['GETEX ex GET', '-ERR syntax error'],
  ['GETEX ex PERSIST PERSIST', '$1\nv'],
  ['GETEX ex PXAT 99999999999123', '$1\nv'],
  ['PEXPIRETIME ex', ':99999999999123'],
  ['GETEX ex EXAT 1', '$1\nv'],
  ['GET ex', '$-1', '_'],
])

table('APPEND STRLEN', [
  ['APPEND a 1', ':1'],
  ['APPEND a 23', ':3'],
  ['GET a', '$3\n123'],
  ['APPEND new ""', ':0'],
  ['GET new', '$0\n'],
  ['EXISTS new', ':1'],
  ['STRLEN a', ':3'],
  ['STRLEN none', ':0'],
  ['STRLEN', "-ERR wrong number of arguments for 'strlen' command"],
  ['SET t v EX 1000', '+OK'],
  ['APPEND t w', ':2'],
  ['TTL t', /^:(999|1000)$/],
])

table('SETRANGE', [
  ['SET a 123', '+OK'],
  ['SETRANGE a 5 xy', ':7'],
  ['GET a', '$7\n123\x00\x00xy'],
  ['SETRANGE a 0 X', ':7'],
  ['GET a', '$7\nX23\x00\x00xy'],
  ['SETRANGE a -1 x', '-ERR offset is out of range'],
  ['SETRANGE a abc x', '-ERR value is not an integer or out of range'],
  ['SETRANGE none 3 ""', ':0'],
  ['EXISTS none', ':0'],
  ['SETRANGE a 100 ""', ':7'],
  ['SETRANGE new 3 abc', ':6'],
  ['GET new', '$6\n\x00\x00\x00abc'],
  ['SETRANGE new 99999999999 x', '-ERR string exceeds maximum allowed size (proto-max-bulk-len)'],
  [
    'SETRANGE new 9223372036854775807 x',
    '-ERR string exceeds maximum allowed size (proto-max-bulk-len)',
  ],
  ['SET t v EX 1000', '+OK'],
  ['SETRANGE t 1 w', ':2'],
  ['TTL t', /^:(999|1000)$/],
])

table('GETRANGE SUBSTR', [
  ['SET a "This is a string"', '+OK'],
  ['GETRANGE a 0 3', '$4\nThis'],
  ['GETRANGE a -3 -1', '$3\ning'],
  ['GETRANGE a 0 -1', '$16\nThis is a string'],
  ['GETRANGE a 10 100', '$6\nstring'],
  ['GETRANGE a -1 -3', '$0\n'],
  ['GETRANGE a 5 2', '$0\n'],
  ['GETRANGE a -100 1', '$2\nTh'],
  ['GETRANGE a 16 17', '$0\n'],
  ['GETRANGE a 0 0', '$1\nT'],
  ['GETRANGE none 0 1', '$0\n'],
  ['GETRANGE none x 1', '-ERR value is not an integer or out of range'],
  ['GETRANGE a x 1', '-ERR value is not an integer or out of range'],
  ['GETRANGE a 1 x', '-ERR value is not an integer or out of range'],
  ['GETRANGE a 1', "-ERR wrong number of arguments for 'getrange' command"],
  ['GETRANGE a 9223372036854775807 9223372036854775807', '$0\n'],
  ['GETRANGE a -9223372036854775808 9223372036854775807', '$16\nThis is a string'],
  ['GETRANGE a 9223372036854775808 1', '-ERR value is not an integer or out of range'],
  ['SUBSTR a 0 2', '$3\nThi'],
])

table('LCS', [
  ['MSET a ohmytext b mynewtext', '+OK'],
  ['LCS a b', '$6\nmytext'],
  ['LCS a b LEN', ':6'],
  [
    'LCS a b IDX',
    '*4\n$7\nmatches\n*2\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n*2\n*2\n:2\n:3\n*2\n:0\n:1\n$3\nlen\n:6',
    '%2\n$7\nmatches\n*2\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n*2\n*2\n:2\n:3\n*2\n:0\n:1\n$3\nlen\n:6',
  ],
  [
    'LCS a b IDX MINMATCHLEN 4',
    '*4\n$7\nmatches\n*1\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n$3\nlen\n:6',
    '%2\n$7\nmatches\n*1\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n$3\nlen\n:6',
  ],
  [
    'LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN',
    '*4\n$7\nmatches\n*1\n*3\n*2\n:4\n:7\n*2\n:5\n:8\n:4\n$3\nlen\n:6',
    '%2\n$7\nmatches\n*1\n*3\n*2\n:4\n:7\n*2\n:5\n:8\n:4\n$3\nlen\n:6',
  ],
  ['LCS a b IDX WITHMATCHLEN', `*4\n${BOTH_RANGES}`, `%2\n${BOTH_RANGES}`],
  [
    'LCS a b IDX MINMATCHLEN -4',
    '*4\n$7\nmatches\n*2\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n*2\n*2\n:2\n:3\n*2\n:0\n:1\n$3\nlen\n:6',
    '%2\n$7\nmatches\n*2\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n*2\n*2\n:2\n:3\n*2\n:0\n:1\n$3\nlen\n:6',
  ],
  [
    'LCS a b idx minmatchlen 100',
    '*4\n$7\nmatches\n*0\n$3\nlen\n:6',
    '%2\n$7\nmatches\n*0\n$3\nlen\n:6',
  ],
  ['LCS a b LEN WITHMATCHLEN', ':6'],
  ['LCS a b IDX LEN', '-ERR If you want both the length and indexes, please just use IDX.'],
  ['LCS a b FOO', '-ERR syntax error'],
  ['LCS a b MINMATCHLEN', '-ERR syntax error'],
  ['LCS a b MINMATCHLEN x', '-ERR value is not an integer or out of range'],
  ['LCS a none', '$0\n'],
  ['LCS a none LEN', ':0'],
  ['LCS none a IDX', '*4\n$7\nmatches\n*0\n$3\nlen\n:0', '%2\n$7\nmatches\n*0\n$3\nlen\n:0'],
  ['LCS none none', '$0\n'],
  [
    'LCS a a IDX',
    '*4\n$7\nmatches\n*1\n*2\n*2\n:0\n:7\n*2\n:0\n:7\n$3\nlen\n:8',
    '%2\n$7\nmatches\n*1\n*2\n*2\n:0\n:7\n*2\n:0\n:7\n$3\nlen\n:8',
  ],
  ['LCS a', "-ERR wrong number of arguments for 'lcs' command"],
])
