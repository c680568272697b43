/** Numbers within strings. */
import { table, withRedis } from './table.ts'

const BAD_TYPE =
  '-ERR Invalid bitfield type. Use something like i16 u8. ' +
  'Note that u64 is not supported but i64 is.'

withRedis()

table('BITFIELD', [
  ['BITFIELD f INCRBY i5 100 1 GET u4 0', '*2\n:1\n:0'],
  ['BITFIELD f SET u8 0 255 GET i8 0', '*2\n:0\n:-1'],
  ['BITFIELD f SET i8 0 -100 GET u8 0', '*2\n:-1\n:156'],
  ['BITFIELD f GET u4 #1', '*1\n:12'],
  ['BITFIELD f SET u8 #2 65', '*1\n:0'],
  ['BITFIELD f GET u8 16 GET u8 #2', '*2\n:65\n:65'],
  ['BITFIELD f', '*0'],
  ['BITFIELD none', '*0'],
  ['EXISTS none', ':0'],
  ['BITFIELD none GET u8 0', '*1\n:0'],
  ['EXISTS none', ':0'],
  ['SET t v EX 1000', '+OK'],
  ['BITFIELD t SET u1 0 1', '*1\n:0'],
  ['TTL t', /^:(999|1000)$/],
  ['BITFIELD g GET u63 0 GET i64 1000', '*2\n:0\n:0'],
  [
    'BITFIELD g SET i64 3 -81985529216486896 GET i64 3 GET u63 3 GET i13 7',
    '*4\n:0\n:-81985529216486896\n:9182379272246532360\n:-583',
  ],
])

table('BITFIELD OVERFLOW', [
  ['BITFIELD f INCRBY u2 102 1 OVERFLOW SAT INCRBY u2 102 1', '*2\n:1\n:2'],
  ['BITFIELD f INCRBY u2 102 1 OVERFLOW SAT INCRBY u2 102 3', '*2\n:3\n:3'],
  ['BITFIELD f OVERFLOW FAIL INCRBY u2 102 1', '*1\n$-1', '*1\n_'],
  ['BITFIELD f OVERFLOW FAIL INCRBY u2 102 3 GET u2 102', '*2\n$-1\n:3', '*2\n_\n:3'],
  ['BITFIELD f OVERFLOW WRAP INCRBY u2 102 3', '*1\n:2'],
  ['BITFIELD f OVERFLOW SAT INCRBY i8 0 -1000', '*1\n:-128'],
  ['BITFIELD f OVERFLOW SAT INCRBY i8 0 1000', '*1\n:127'],
  ['BITFIELD f OVERFLOW sat SET u4 0 100', '*1\n:7'],
  ['BITFIELD f OVERFLOW sat SET u4 0 -1', '*1\n:15'],
  ['BITFIELD f OVERFLOW fail SET u4 0 -1', '*1\n$-1', '*1\n_'],
  ['BITFIELD f OVERFLOW fail SET i4 0 8', '*1\n$-1', '*1\n_'],
  ['BITFIELD f SET i4 0 8', '*1\n:-1'],
  ['BITFIELD f GET i4 0', '*1\n:-8'],
  ['BITFIELD f INCRBY u8 0 -300', '*1\n:99'],
  ['BITFIELD f OVERFLOW SAT INCRBY u8 0 -300', '*1\n:0'],
  ['BITFIELD new OVERFLOW FAIL SET u4 20 100', '*1\n$-1', '*1\n_'],
  ['GET new', '$3\n\x00\x00\x00'],
])

table('BITFIELD at the ends', [
  ['BITFIELD f SET u63 0 9223372036854775807', '*1\n:0'],
  ['BITFIELD f INCRBY u63 0 1', '*1\n:0'],
  ['BITFIELD f INCRBY u63 0 -1', '*1\n:9223372036854775807'],
  ['BITFIELD f SET i64 0 9223372036854775807', '*1\n:-2'],
  ['BITFIELD f INCRBY i64 0 1', '*1\n:-9223372036854775808'],
  [
    'BITFIELD f OVERFLOW SAT INCRBY i64 0 -1 GET i64 0',
    '*2\n:-9223372036854775808\n:-9223372036854775808',
  ],
  [
    'BITFIELD f OVERFLOW FAIL INCRBY i64 0 -1 GET i64 0',
    '*2\n$-1\n:-9223372036854775808',
    '*2\n_\n:-9223372036854775808',
  ],
  ['BITFIELD f INCRBY i64 0 -1', '*1\n:9223372036854775807'],
  ['BITFIELD f OVERFLOW SAT INCRBY i64 0 9223372036854775807', '*1\n:9223372036854775807'],
])

table('BITFIELD refused', [
  ['BITFIELD f SET u64 0 1', BAD_TYPE],
  ['BITFIELD f SET i65 0 1', BAD_TYPE],
  ['BITFIELD f SET u0 0 1', BAD_TYPE],
  ['BITFIELD f SET x8 0 1', BAD_TYPE],
  ['BITFIELD f SET u 0 1', BAD_TYPE],
  ['BITFIELD f SET U8 0 1', BAD_TYPE],
  ['BITFIELD f SET u8 x 1', '-ERR bit offset is not an integer or out of range'],
  ['BITFIELD f SET u8 -1 1', '-ERR bit offset is not an integer or out of range'],
  ['BITFIELD f SET u8 #-1 1', '-ERR bit offset is not an integer or out of range'],
  ['BITFIELD f SET u8 # 1', '-ERR bit offset is not an integer or out of range'],
  ['BITFIELD f SET u8 4294967296 1', '-ERR bit offset is not an integer or out of range'],
  ['BITFIELD f SET u8 0 x', '-ERR value is not an integer or out of range'],
  ['BITFIELD f SET u8 0', '-ERR syntax error'],
  ['BITFIELD f GET u8', '-ERR syntax error'],
  ['BITFIELD f FOO u8 0', '-ERR syntax error'],
  ['BITFIELD f OVERFLOW', '-ERR syntax error'],
  ['BITFIELD f OVERFLOW foo', '-ERR Invalid OVERFLOW type specified'],
  ['BITFIELD f SET u8 0 1 SET u99 0 1', BAD_TYPE],
  ['EXISTS f', ':0'],
  ['BITFIELD', "-ERR wrong number of arguments for 'bitfield' command"],
])

table('BITFIELD_RO', [
  ['BITFIELD f SET u8 0 200', '*1\n:0'],
  ['BITFIELD_RO f GET u8 0 GET i3 5', '*2\n:200\n:0'],
  ['BITFIELD_RO f SET u8 0 1', '-ERR BITFIELD_RO only supports the GET subcommand'],
  ['BITFIELD_RO f INCRBY u8 0 1', '-ERR BITFIELD_RO only supports the GET subcommand'],
  ['BITFIELD_RO f OVERFLOW SAT GET u8 0', '*1\n:200'],
  ['BITFIELD_RO none GET u8 100', '*1\n:0'],
  ['BITFIELD_RO f', '*0'],
])
