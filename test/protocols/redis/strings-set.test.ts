/** SET and its kin, with every option, as redis-server answers. */
import { table, withRedis } from './table.ts'

withRedis()

table('SET', [
  ['SET k', "-ERR wrong number of arguments for 'set' command"],
  ['SET k hello', '+OK'],
  ['GET k', '$5\nhello'],
  ['SET k v x', '-ERR syntax error'],
  ['SET k v EX', '-ERR syntax error'],
  ['SET k v EX 1000', '+OK'],
  ['TTL k', /^:(999|1000)$/],
  ['SET k v EX 0', "-ERR invalid expire time in 'set' command"],
  ['SET k v EX -1', "-ERR invalid expire time in 'set' command"],
  ['SET k v EX abc', '-ERR value is not an integer or out of range'],
  ['SET k v EX 9223372036854775807', "-ERR invalid expire time in 'set' command"],
  ['SET k v PX 9223372036854775807', "-ERR invalid expire time in 'set' command"],
  ['SET k v EXAT 9223372036854775', '+OK'],
  ['SET k v EX 1 EX 2000', '+OK'],
  ['TTL k', /^:(1999|2000)$/],
  ['SET k v EX 1 PX 2', '-ERR syntax error'],
  ['SET k v EX 1 EXAT 2', '-ERR syntax error'],
  ['SET k v PX 1 PXAT 2', '-ERR syntax error'],
  ['SET k v ex 1000', '+OK'],
  ['SET k v', '+OK'],
  ['TTL k', ':-1'],
])

table('SET KEEPTTL', [
  ['SET k v EX 1000', '+OK'],
  ['SET k v EX 1 KEEPTTL', '-ERR syntax error'],
  ['SET k v KEEPTTL EX 1', '-ERR syntax error'],
  ['SET k w KEEPTTL', '+OK'],
  ['TTL k', /^:(999|1000)$/],
  ['GET k', '$1\nw'],
  ['SET new w KEEPTTL', '+OK'],
  ['TTL new', ':-1'],
  ['SET k x KEEPTTL KEEPTTL XX', '+OK'],
  ['TTL k', /^:(999|1000)$/],
  ['SET k y KEEPTTL NX', '$-1', '_'],
  ['GET k', '$1\nx'],
  ['SET k y KEEPTTL GET', '$1\nx'],
  ['TTL k', /^:(999|1000)$/],
  ['SET k v PERSIST', '-ERR syntax error'],
  ['SET k v KEEPTTL PERSIST', '-ERR syntax error'],
])

table('SET NX XX', [
  ['SET k v NX', '+OK'],
  ['SET k w NX', '$-1', '_'],
  ['GET k', '$1\nv'],
  ['SET k v NX XX', '-ERR syntax error'],
  ['SET k v XX NX', '-ERR syntax error'],
  ['SET k x EX 1000', '+OK'],
  ['SET k x XX', '+OK'],
  ['TTL k', ':-1'],
  ['SET none v XX', '$-1', '_'],
  ['EXISTS none', ':0'],
  ['SET k v nx nx', '$-1', '_'],
])

table('SET GET', [
  ['SET k v', '+OK'],
  ['SET k y GET', '$1\nv'],
  ['SET new y GET', '$-1', '_'],
  ['GET new', '$1\ny'],
  ['SET none y XX GET', '$-1', '_'],
  ['GET none', '$-1', '_'],
  ['SET k z NX GET', '$1\ny'],
  ['GET k', '$1\ny'],
  ['SET fresh z NX GET', '$-1', '_'],
  ['GET fresh', '$1\nz'],
  ['SET k v GET GET NX NX', '$1\ny'],
  ['SET k v EX 1000 GET', '$1\ny'],
  ['TTL k', /^:(999|1000)$/],
  ['SET k "" GET', '$1\nv'],
  ['SET k v GET', '$0\n'],
])

table('SET with a time that is over', [
  ['SET k v EXAT 1', '+OK'],
  ['GET k', '$-1', '_'],
  ['SET k w', '+OK'],
  ['SET k v PXAT 1 GET', '$1\nw'],
  ['GET k', '$-1', '_'],
  ['SET k v EXAT 99999999999', '+OK'],
  ['EXPIRETIME k', ':99999999999'],
  ['SET k v PXAT 99999999999123', '+OK'],
  ['PEXPIRETIME k', ':99999999999123'],
  ['SET k v PX 500', '+OK'],
  ['GET k', '$1\nv'],
  { after: 600 },
  ['GET k', '$-1', '_'],
  ['SET k v XX', '$-1', '_'],
])

table('SETNX SETEX PSETEX', [
  ['SETNX k 1', ':1'],
  ['SETNX k 2', ':0'],
  ['GET k', '$1\n1'],
  ['SETNX nx', "-ERR wrong number of arguments for 'setnx' command"],
  ['SETEX s 1000 v', '+OK'],
  ['TTL s', /^:(999|1000)$/],
  ['SETEX s 0 v', "-ERR invalid expire time in 'setex' command"],
  ['SETEX s -5 v', "-ERR invalid expire time in 'setex' command"],
  ['SETEX s x v', '-ERR value is not an integer or out of range'],
  ['SETEX s 9223372036854775807 v', "-ERR invalid expire time in 'setex' command"],
  ['SETEX s 1', "-ERR wrong number of arguments for 'setex' command"],
  ['PSETEX s 1000000 v', '+OK'],
  ['PTTL s', /^:\d{6,7}$/],
  ['PSETEX s 0 v', "-ERR invalid expire time in 'psetex' command"],
  ['PSETEX s 9223372036854775807 v', "-ERR invalid expire time in 'psetex' command"],
  ['GET s', '$1\nv'],
])

table('any bytes', [
  ['SET "" "an empty key"', '+OK'],
  ['GET ""', '$12\nan empty key'],
  ['EXISTS ""', ':1'],
  ['SET "a b\\r\\n" "\\r\\n\\x00"', '+OK'],
  ['GET "a b\\r\\n"', '$3\n\n\x00'],
  ['STRLEN "a b\\r\\n"', ':3'],
  ['DEL ""', ':1'],
  ['GET ""', '$-1', '_'],
])
