/** HELLO within MULTI: each reply of EXEC has the form of the protocol at its command. */
import { table, withRedis } from './table.ts'

withRedis()

table('HELLO in a transaction: what comes after it is in the protocol that it chose', [
  ['SET a 1', '+OK'],
  ['MULTI', '+OK'],
  ['HELLO 2', '+QUEUED'],
  ['GET none', '+QUEUED'],
  ['CONFIG GET databases', '+QUEUED'],
  ['HELLO 3 SETNAME me', '+QUEUED'],
  ['GET none', '+QUEUED'],
  ['CONFIG GET databases', '+QUEUED'],
  ['CLIENT GETNAME', '+QUEUED'],
  ['HELLO 4', '+QUEUED'],
  ['HELLO 2 SETNAME "a b"', '+QUEUED'],
  ['HELLO', '+QUEUED'],
  ['MGET a none', '+QUEUED'],
  [
    'EXEC',
    new RegExp(
      String.raw`^\*11\n\*14\n[^_%]*\n\*0\n\$-1\n\*2\n\$9\ndatabases\n\$2\n16\n%7\n[^%]*\n\*0\n` +
        String.raw`_\n%1\n\$9\ndatabases\n\$2\n16\n\$2\nme\n-NOPROTO .*\n-ERR Client names .*\n` +
        String.raw`%7\n[^%]*\n\*0\n\*2\n\$1\n1\n_$`,
    ),
  ],
  ['GET none', '_'],
  ['MULTI', '+OK'],
  ['HELLO 2', '+QUEUED'],
  ['GET none', '+QUEUED'],
  ['DISCARD', '+OK'],
  ['GET none', '_'],
  ['WATCH a', '+OK'],
  ['SET a 2', '+OK'],
  ['MULTI', '+OK'],
  ['HELLO 2', '+QUEUED'],
  ['GET none', '+QUEUED'],
  ['EXEC', '_'],
  ['GET none', '_'],
  ['MULTI', '+OK'],
  ['HELLO 2', '+QUEUED'],
  ['MGET none', '+QUEUED'],
  ['EXEC', /^\*2\n\*14\n[^_%]*\n\*0\n\*1\n\$-1$/],
  ['GET none', '$-1'],
])
