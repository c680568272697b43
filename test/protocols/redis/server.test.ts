/** CONFIG INFO TIME WAIT DEBUG CLUSTER MEMORY OBJECT SLOWLOG LATENCY, and HELP of all. */
import { expect, test } from 'vitest'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

const FAILED = '-ERR CONFIG SET failed (possibly related to argument'

withRedis(['--enable-debug-command', 'yes'])

table('CONFIG', [
  [
    'CONFIG GET slowlog-max-len',
    '*2\n$15\nslowlog-max-len\n$3\n128',
    '%1\n$15\nslowlog-max-len\n$3\n128',
  ],
  ['CONFIG GET SLOWLOG-*', /slowlog-log-slower-than\n\$5\n10000/],
  ['CONFIG GET nosuch', '*0', '%0'],
  ['CONFIG GET', "-ERR wrong number of arguments for 'config|get' command"],
  ['CONFIG GET save databases', /\$9\ndatabases\n\$2\n16/],
  ['CONFIG SET slowlog-max-len 100', '+OK'],
  ['CONFIG GET slowlog-max-len', /\$3\n100$/],
  ['CONFIG SET slowlog-max-len 128 slowlog-log-slower-than 10000', '+OK'],
  ['CONFIG SET slowlog-max-len', "-ERR wrong number of arguments for 'config|set' command"],
  ['CONFIG SET nosuch 1', "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"],
  [
    'CONFIG SET slowlog-max-len x',
    `${FAILED} 'slowlog-max-len') - argument couldn't be parsed into an integer`,
  ],
  ['CONFIG SET databases 3', `${FAILED} 'databases') - can't set immutable config`],
  [
    'CONFIG SET slowlog-max-len 1 slowlog-max-len 2',
    "-ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') - duplicate parameter",
  ],
  ['CONFIG RESETSTAT', '+OK'],
  ['CONFIG REWRITE', '-ERR The server is running without a config file'],
  ['CONFIG NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP."],
])

table('INFO', [
  [
    'INFO server',
    /^[$=]\d+\n(txt:)?# Server\nredis_version:7\.0\.15\n[\s\S]*\nuptime_in_days:\d+\n/,
  ],
  ['info CLUSTER keyspace', /^[$=]\d+\n(txt:)?# Cluster\ncluster_enabled:0\n\n# Keyspace\n/],
  ['SET a 1', '+OK'],
  ['INFO keyspace', /# Keyspace\ndb0:keys=1,expires=0,avg_ttl=0\n/],
  ['SET b 1 PX 1000000', '+OK'],
  ['SET c 1 EX 1000', '+OK'],
  ['INFO keyspace', /# Keyspace\ndb0:keys=3,expires=2,avg_ttl=\d+\n/],
  ['PERSIST b', ':1'],
  ['INFO keyspace', /# Keyspace\ndb0:keys=3,expires=1,avg_ttl=\d+\n/],
  ['DEL b c', ':2'],
  ['INFO', /# Server\n[\s\S]*# Clients\n[\s\S]*# Memory\n[\s\S]*# Stats\n[\s\S]*# CPU\n/],
  [
    'INFO commandstats',
    /cmdstat_set:calls=\d+,usec=\d+,usec_per_call=[\d.]+,rejected_calls=0,failed_calls=0\n/,
  ],
  ['INFO nosuch', '$0\n', '=4\ntxt:'],
])

table('TIME WAIT ROLE DEBUG CLUSTER', [
  ['TIME', /^\*2\n\$10\n\d{10}\n\$\d\n\d{1,6}$/],
  ['WAIT 0 10', ':0'],
  ['WAIT x 10', '-ERR value is not an integer or out of range'],
  ['WAIT 0 x', '-ERR timeout is not an integer or out of range'],
  ['WAIT 0 -1', '-ERR timeout is negative'],
  ['ROLE', '*3\n$6\nmaster\n:0\n*0'],
  ['LASTSAVE', /^:\d+$/],
  ['DEBUG SLEEP 0', '+OK'],
  ['CLUSTER INFO', '-ERR This instance has cluster support disabled'],
  ['CLUSTER SLOTS', '-ERR This instance has cluster support disabled'],
  ['CLUSTER NOSUCH', "-ERR unknown subcommand 'NOSUCH'. Try CLUSTER HELP."],
  ['CLUSTER KEYSLOT', "-ERR wrong number of arguments for 'cluster|keyslot' command"],
  ['READONLY', '-ERR This instance has cluster support disabled'],
])

table('MEMORY OBJECT', [
  ['SET a 12345', '+OK'],
  ['MEMORY USAGE a', /^:\d+$/],
  ['MEMORY USAGE a SAMPLES 0', /^:\d+$/],
  ['MEMORY USAGE a SAMPLES x', '-ERR value is not an integer or out of range'],
  ['MEMORY USAGE a SAMPLES -1', '-ERR syntax error'],
  ['MEMORY USAGE a NOSUCH', '-ERR syntax error'],
  ['MEMORY USAGE none', '$-1', '_'],
  ['OBJECT ENCODING a', '$3\nint'],
  ['SET a 012', '+OK'],
  ['OBJECT ENCODING a', '$6\nembstr'],
  ['SET a 9223372036854775808', '+OK'],
  ['OBJECT ENCODING a', '$6\nembstr'],
  ['SET a -9223372036854775808', '+OK'],
  ['OBJECT ENCODING a', '$3\nint'],
  [['SET', 'a', 'x'.repeat(44)], '+OK'],
  ['OBJECT ENCODING a', '$6\nembstr'],
  [['SET', 'a', 'x'.repeat(45)], '+OK'],
  ['OBJECT ENCODING a', '$3\nraw'],
  ['OBJECT REFCOUNT a', ':1'],
  ['OBJECT IDLETIME a', ':0'],
  ['OBJECT FREQ a', /^-ERR An LFU maxmemory policy is not selected/],
  ['OBJECT ENCODING none', '$-1', '_'],
  ['OBJECT FREQ none', '$-1', '_'],
  ['OBJECT NOSUCH a', "-ERR unknown subcommand 'NOSUCH'. Try OBJECT HELP."],
])

table('SLOWLOG LATENCY', [
  ['SLOWLOG RESET', '+OK'],
  ['SLOWLOG LEN', ':0'],
  ['CONFIG SET slowlog-log-slower-than 0', '+OK'],
  ['SLOWLOG RESET', '+OK'],
  ['GETRANGE a 0 1', '$0\n'],
  ['CONFIG SET slowlog-log-slower-than 10000', '+OK'],
  [
    'SLOWLOG GET -1',
    /\*6\n:\d+\n:\d+\n:\d+\n\*4\n\$8\nGETRANGE\n\$1\na\n\$1\n0\n\$1\n1\n\$\d+\n\S+\n\$0\n/,
  ],
  ['SLOWLOG GET 0', '*0'],
  ['SLOWLOG GET -2', '-ERR count should be greater than or equal to -1'],
  ['SLOWLOG GET x', '-ERR count should be greater than or equal to -1'],
  ['SLOWLOG RESET', '+OK'],
  ['LATENCY LATEST', '*0'],
  ['LATENCY RESET', ':0'],
  ['LATENCY HISTORY command', '*0'],
  ['LATENCY GRAPH command', "-ERR No samples available for event 'command'"],
])

table('HELP', [
  [
    'CONFIG HELP',
    /^\*\d+\n\+CONFIG <subcommand> \[<arg> \[value\] \[opt\] \.\.\.\]\. Subcommands are:\n/,
  ],
  ['MEMORY HELP', /^\*\d+\n\+MEMORY <subcommand>[\s\S]*\n\+HELP\n\+ {4}Prints this help\.$/],
  ['OBJECT HELP', /^\*\d+\n\+OBJECT [\s\S]*\n\+ {4}Prints this help\.$/],
  ['PUBSUB HELP', /^\*\d+\n\+PUBSUB [\s\S]*\n\+ {4}Prints this help\.$/],
])

test('CLUSTER KEYSLOT works, scripts are refused with a reason', () => {
  const client = new RedisBench().connect()
  expect(client.ask('CLUSTER KEYSLOT foo')).toBe(':12182\r\n')
  expect(client.ask('CLUSTER KEYSLOT a{foo}b')).toBe(':12182\r\n')
  for (const name of ['EVAL', 'evalsha', 'FCALL', 'FUNCTION', 'SCRIPT']) {
    expect(client.ask(`${name} x 0`)).toMatch(/^-ERR scripts are not supported: use MULTI/)
  }
})

test('DEBUG SLEEP is refused where it is not enabled', () => {
  const bench = new RedisBench()
  bench.host.settings.isDebugEnabled = false
  expect(bench.ask('DEBUG SLEEP 1')).toMatch(/^-ERR DEBUG command not allowed/)
})

test('OBJECT IDLETIME counts seconds since the last use, in idle steps', () => {
  const bench = new RedisBench()
  const client = bench.connect()
  client.ask('SET a 1')
  bench.clock.ms += 5000
  expect(client.ask('OBJECT IDLETIME a')).toBe(':5\r\n')
})

test.each([
  ['clock', 'allkeys-lru'],
  ['s3-fifo', 'allkeys-lru'],
  ['sieve', 'allkeys-lru'],
  ['lfu', 'allkeys-lfu'],
  ['random', 'allkeys-random'],
  ['fifo', 'allkeys-random'],
  ['none', 'noeviction'],
] as const)("the policy %s has the name of Redis' nearest, %s", (eviction, name) => {
  const bench = new RedisBench({ eviction })
  expect(bench.ask('INFO memory')).toContain(`\nmaxmemory_policy:${name}\r\n`)
  expect(bench.ask('CONFIG GET maxmemory-policy')).toContain(`\r\n${name}\r\n`)
})
