/** Connections: PING ECHO, what is unknown, and what has the wrong number of arguments. */
import { table, withRedis } from './table.ts'

withRedis()

table('a first look', [
  ['PING', '+PONG'],
  ['ping hello', '$5\nhello'],
  ['PING a b', "-ERR wrong number of arguments for 'ping' command"],
  ['ECHO "a\\r\\nb"', '$4\na\nb'],
  ['ECHO', "-ERR wrong number of arguments for 'echo' command"],
  ['SET a 1', '+OK'],
  ['GET a', '$1\n1'],
  ['GET none', '$-1', '_'],
  ['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: "],
  ['nosuch a "b c"', "-ERR unknown command 'nosuch', with args beginning with: 'a' 'b c' "],
])
