/**
 * What clients may know of each command: its line says name, arity, flags, first key, last key,
 * step, categories beyond those that follow from the flags, tips as letters, key specifications.
 * Words and letters are those of Redis 7.0, so that COMMAND answers as it does; a test compares
 * them.
 *
 *   get 2 readonly,fast 1 1 1 string - RO+access@1/0/1/0
 *
 * A subcommand is a line of its own, `client|id`. A key specification is its flags, then the
 * argument at which it begins, and last key, step and limit from there.
 */
export const STRING_FACTS = `
get 2 readonly,fast 1 1 1 string - RO+access@1/0/1/0
set -3 write,denyoom 1 1 1 string - RW+access+update+variable_flags@1/0/1/0
setnx 3 write,denyoom,fast 1 1 1 string - OW+insert@1/0/1/0
setex 4 write,denyoom 1 1 1 string - OW+update@1/0/1/0
psetex 4 write,denyoom 1 1 1 string - OW+update@1/0/1/0
getset 3 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
getdel 2 write,fast 1 1 1 string - RW+access+delete@1/0/1/0
getex -2 write,fast 1 1 1 string - RW+access+update@1/0/1/0
mget -2 readonly,fast 1 -1 1 string m RO+access@1/-1/1/0
mset -3 write,denyoom 1 -1 2 string mS OW+update@1/-1/2/0
msetnx -3 write,denyoom 1 -1 2 string mi OW+insert@1/-1/2/0
append 3 write,denyoom,fast 1 1 1 string - RW+insert@1/0/1/0
strlen 2 readonly,fast 1 1 1 string - RO@1/0/1/0
setrange 4 write,denyoom 1 1 1 string - RW+update@1/0/1/0
getrange 4 readonly 1 1 1 string - RO+access@1/0/1/0
substr 4 readonly 1 1 1 string - RO+access@1/0/1/0
incr 2 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
decr 2 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
incrby 3 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
decrby 3 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
incrbyfloat 3 write,denyoom,fast 1 1 1 string - RW+access+update@1/0/1/0
lcs -3 readonly 1 2 1 string - RO+access@1/1/1/0
setbit 4 write,denyoom 1 1 1 bitmap - RW+access+update@1/0/1/0
getbit 3 readonly,fast 1 1 1 bitmap - RO+access@1/0/1/0
bitcount -2 readonly 1 1 1 bitmap - RO+access@1/0/1/0
bitpos -3 readonly 1 1 1 bitmap - RO+access@1/0/1/0
bitop -4 write,denyoom 2 -1 1 bitmap - OW+update@2/0/1/0 RO+access@3/-1/1/0
bitfield -2 write,denyoom 1 1 1 bitmap - RW+access+update+variable_flags@1/0/1/0
bitfield_ro -2 readonly,fast 1 1 1 bitmap - RO+access@1/0/1/0
pfadd -2 write,denyoom,fast 1 1 1 hyperloglog - RW+insert@1/0/1/0
pfcount -2 readonly 1 -1 1 hyperloglog - RW+access@1/-1/1/0
pfmerge -2 write,denyoom 1 -1 1 hyperloglog - RW+access+insert@1/0/1/0 RO+access@2/-1/1/0
`

export const KEY_FACTS = `
del -2 write 1 -1 1 keyspace mu RM+delete@1/-1/1/0
unlink -2 write,fast 1 -1 1 keyspace mu RM+delete@1/-1/1/0
exists -2 readonly,fast 1 -1 1 keyspace mu RO@1/-1/1/0
touch -2 readonly,fast 1 -1 1 keyspace mu RO@1/-1/1/0
expire -3 write,fast 1 1 1 keyspace - RW+update@1/0/1/0
pexpire -3 write,fast 1 1 1 keyspace - RW+update@1/0/1/0
expireat -3 write,fast 1 1 1 keyspace - RW+update@1/0/1/0
pexpireat -3 write,fast 1 1 1 keyspace - RW+update@1/0/1/0
expiretime 2 readonly,fast 1 1 1 keyspace - RO+access@1/0/1/0
pexpiretime 2 readonly,fast 1 1 1 keyspace - RO+access@1/0/1/0
ttl 2 readonly,fast 1 1 1 keyspace n RO+access@1/0/1/0
pttl 2 readonly,fast 1 1 1 keyspace n RO+access@1/0/1/0
persist 2 write,fast 1 1 1 keyspace - RW+update@1/0/1/0
type 2 readonly,fast 1 1 1 keyspace - RO@1/0/1/0
rename 3 write 1 2 1 keyspace - RW+access+delete@1/0/1/0 OW+update@2/0/1/0
renamenx 3 write,fast 1 2 1 keyspace - RW+access+delete@1/0/1/0 OW+insert@2/0/1/0
copy -3 write,denyoom 1 2 1 keyspace - RO+access@1/0/1/0 OW+update@2/0/1/0
keys 2 readonly 0 0 0 dangerous,keyspace ao
scan -2 readonly 0 0 0 keyspace np
randomkey 1 readonly 0 0 0 keyspace an
dump 2 readonly 1 1 1 keyspace n RO+access@1/0/1/0
restore -4 write,denyoom 1 1 1 dangerous,keyspace - OW+update@1/0/1/0
object -2 - 0 0 0 - -
object|encoding 3 readonly 2 2 1 keyspace n RO@2/0/1/0
object|freq 3 readonly 2 2 1 keyspace n RO@2/0/1/0
object|help 2 loading,stale 0 0 0 keyspace -
object|idletime 3 readonly 2 2 1 keyspace n RO@2/0/1/0
object|refcount 3 readonly 2 2 1 keyspace n RO@2/0/1/0
dbsize 1 readonly,fast 0 0 0 keyspace au
flushdb -1 write 0 0 0 dangerous,keyspace aS
flushall -1 write 0 0 0 dangerous,keyspace aS
`

export const SERVER_FACTS = `
ping -1 fast 0 0 0 connection aS
echo 2 loading,stale,fast 0 0 0 connection -
auth -2 noscript,loading,stale,fast,no_auth,allow_busy 0 0 0 connection -
hello -1 noscript,loading,stale,fast,no_auth,allow_busy 0 0 0 connection -
quit -1 noscript,loading,stale,fast,no_auth,allow_busy 0 0 0 connection -
reset 1 noscript,loading,stale,fast,no_auth,allow_busy 0 0 0 connection -
select 2 loading,stale,fast 0 0 0 connection -
acl -2 - 0 0 0 - -
acl|cat -2 noscript,loading,stale 0 0 0 - -
acl|deluser -3 admin,noscript,loading,stale 0 0 0 - -
acl|getuser 3 admin,noscript,loading,stale 0 0 0 - -
acl|help 2 loading,stale 0 0 0 - -
acl|list 2 admin,noscript,loading,stale 0 0 0 - -
acl|load 2 admin,noscript,loading,stale 0 0 0 - -
acl|save 2 admin,noscript,loading,stale 0 0 0 - -
acl|setuser -3 admin,noscript,loading,stale 0 0 0 - -
acl|users 2 admin,noscript,loading,stale 0 0 0 - -
acl|whoami 2 noscript,loading,stale 0 0 0 - -
client -2 - 0 0 0 - -
client|caching 3 noscript,loading,stale 0 0 0 connection -
client|getname 2 noscript,loading,stale 0 0 0 connection -
client|getredir 2 noscript,loading,stale 0 0 0 connection -
client|help 2 loading,stale 0 0 0 connection -
client|id 2 noscript,loading,stale 0 0 0 connection -
client|info 2 noscript,loading,stale 0 0 0 connection n
client|kill -3 admin,noscript,loading,stale 0 0 0 connection -
client|list -2 admin,noscript,loading,stale 0 0 0 connection n
client|no-evict 3 admin,noscript,loading,stale 0 0 0 connection -
client|pause -3 admin,noscript,loading,stale 0 0 0 connection -
client|reply 3 noscript,loading,stale 0 0 0 connection -
client|setname 3 noscript,loading,stale 0 0 0 connection -
client|tracking -3 noscript,loading,stale 0 0 0 connection -
client|trackinginfo 2 noscript,loading,stale 0 0 0 connection -
client|unblock -3 admin,noscript,loading,stale 0 0 0 connection -
client|unpause 2 admin,noscript,loading,stale 0 0 0 connection -
client|no-touch 3 noscript,loading,stale 0 0 0 connection -
client|setinfo 4 noscript,loading,stale 0 0 0 connection -
command -1 loading,stale 0 0 0 connection o
command|count 2 loading,stale 0 0 0 connection -
command|docs -2 loading,stale 0 0 0 connection o
command|getkeys -4 loading,stale 0 0 0 connection -
command|getkeysandflags -4 loading,stale 0 0 0 connection -
command|help 2 loading,stale 0 0 0 connection -
command|info -2 loading,stale 0 0 0 connection o
command|list -2 loading,stale 0 0 0 connection o
info -1 loading,stale 0 0 0 dangerous nax
config -2 - 0 0 0 - -
config|get -3 admin,noscript,loading,stale 0 0 0 - -
config|help 2 loading,stale 0 0 0 - -
config|resetstat 2 admin,noscript,loading,stale 0 0 0 - -
config|rewrite 2 admin,noscript,loading,stale 0 0 0 - -
config|set -4 admin,noscript,loading,stale 0 0 0 - NS
memory -2 - 0 0 0 - -
memory|doctor 2 - 0 0 0 - nax
memory|help 2 loading,stale 0 0 0 - -
memory|malloc-stats 2 - 0 0 0 - nax
memory|purge 2 - 0 0 0 - aS
memory|stats 2 - 0 0 0 - nax
memory|usage -3 readonly 2 2 1 - - RO@2/0/1/0
slowlog -2 - 0 0 0 - -
slowlog|get -2 admin,loading,stale 0 0 0 - Nn
slowlog|help 2 loading,stale 0 0 0 - -
slowlog|len 2 admin,loading,stale 0 0 0 - Nun
slowlog|reset 2 admin,loading,stale 0 0 0 - NS
latency -2 - 0 0 0 - -
latency|doctor 2 admin,noscript,loading,stale 0 0 0 - nNx
latency|graph 3 admin,noscript,loading,stale 0 0 0 - nNx
latency|help 2 loading,stale 0 0 0 - -
latency|histogram -2 admin,noscript,loading,stale 0 0 0 - nNx
latency|history 3 admin,noscript,loading,stale 0 0 0 - nNx
latency|latest 2 admin,noscript,loading,stale 0 0 0 - nNx
latency|reset -2 admin,noscript,loading,stale 0 0 0 - NS
monitor 1 admin,noscript,loading,stale 0 0 0 - -
time 1 loading,stale,fast 0 0 0 - n
wait 3 noscript 0 0 0 connection ai
debug -2 admin,noscript,loading,stale 0 0 0 - -
cluster -2 - 0 0 0 - -
cluster|addslots -3 admin,stale,no_async_loading 0 0 0 - -
cluster|addslotsrange -4 admin,stale,no_async_loading 0 0 0 - -
cluster|bumpepoch 2 admin,stale,no_async_loading 0 0 0 - n
cluster|count-failure-reports 3 admin,stale 0 0 0 - n
cluster|countkeysinslot 3 stale 0 0 0 - -
cluster|delslots -3 admin,stale,no_async_loading 0 0 0 - -
cluster|delslotsrange -4 admin,stale,no_async_loading 0 0 0 - -
cluster|failover -2 admin,stale,no_async_loading 0 0 0 - -
cluster|flushslots 2 admin,stale,no_async_loading 0 0 0 - -
cluster|forget 3 admin,stale,no_async_loading 0 0 0 - -
cluster|getkeysinslot 4 stale 0 0 0 - n
cluster|help 2 loading,stale 0 0 0 - -
cluster|info 2 stale 0 0 0 - n
cluster|keyslot 3 stale 0 0 0 - -
cluster|links 2 stale 0 0 0 - n
cluster|meet -4 admin,stale,no_async_loading 0 0 0 - -
cluster|myid 2 stale 0 0 0 - -
cluster|nodes 2 stale 0 0 0 - n
cluster|replicas 3 admin,stale 0 0 0 - n
cluster|replicate 3 admin,stale,no_async_loading 0 0 0 - -
cluster|reset -2 admin,noscript,stale 0 0 0 - -
cluster|saveconfig 2 admin,stale,no_async_loading 0 0 0 - -
cluster|set-config-epoch 3 admin,stale,no_async_loading 0 0 0 - -
cluster|setslot -4 admin,stale,no_async_loading 0 0 0 - -
cluster|shards 2 stale 0 0 0 - n
cluster|slaves 3 admin,stale 0 0 0 - n
cluster|slots 2 stale 0 0 0 - n
swapdb 3 write,fast 0 0 0 dangerous,keyspace -
multi 1 noscript,loading,stale,fast,allow_busy 0 0 0 transaction -
exec 1 noscript,loading,stale,skip_slowlog 0 0 0 transaction -
discard 1 noscript,loading,stale,fast,allow_busy 0 0 0 transaction -
watch -2 noscript,loading,stale,fast,allow_busy 1 -1 1 transaction - RO@1/-1/1/0
unwatch 1 noscript,loading,stale,fast,allow_busy 0 0 0 transaction -
publish 3 pubsub,loading,stale,fast 0 0 0 - -
subscribe -2 pubsub,noscript,loading,stale 0 0 0 - -
unsubscribe -1 pubsub,noscript,loading,stale 0 0 0 - -
psubscribe -2 pubsub,noscript,loading,stale 0 0 0 - -
punsubscribe -1 pubsub,noscript,loading,stale 0 0 0 - -
spublish 3 pubsub,loading,stale,fast 1 1 1 - - not_key@1/0/1/0
ssubscribe -2 pubsub,noscript,loading,stale 1 -1 1 - - not_key@1/-1/1/0
sunsubscribe -1 pubsub,noscript,loading,stale 1 -1 1 - - not_key@1/-1/1/0
pubsub -2 - 0 0 0 - -
pubsub|channels -2 pubsub,loading,stale 0 0 0 - -
pubsub|help 2 loading,stale 0 0 0 - -
pubsub|numpat 2 pubsub,loading,stale 0 0 0 - -
pubsub|numsub -2 pubsub,loading,stale 0 0 0 - -
pubsub|shardchannels -2 pubsub,loading,stale 0 0 0 - -
pubsub|shardnumsub -2 pubsub,loading,stale 0 0 0 - -
move 3 write,fast 1 1 1 keyspace - RW+access+update@1/0/1/0
readonly 1 loading,stale,fast 0 0 0 connection -
readwrite 1 loading,stale,fast 0 0 0 connection -
role 1 noscript,loading,stale,fast 0 0 0 admin,dangerous -
lastsave 1 loading,stale,fast 0 0 0 admin,dangerous n
`

/** What the letters stand for. */
export const TIPS: Readonly<Record<string, string>> = {
  n: 'nondeterministic_output',
  o: 'nondeterministic_output_order',
  a: 'request_policy:all_shards',
  m: 'request_policy:multi_shard',
  N: 'request_policy:all_nodes',
  p: 'request_policy:special',
  S: 'response_policy:all_succeeded',
  u: 'response_policy:agg_sum',
  i: 'response_policy:agg_min',
  x: 'response_policy:special',
}
