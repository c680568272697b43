/**
 * What COMMAND DOCS tells of commands on data, in the words of Redis: name, version since which it
 * is there, group | complexity | summary | version since which something else is better, and what.
 * Lines that begin with spaces go on with the one before.
 */
export const DATA_DOCS = `
get 1.0.0 string | O(1) | Get the value of a key
set 1.0.0 string | O(1) | Set the string value of a key
setnx 1.0.0 string | O(1) | Set the value of a key, only if the key does not exist
setex 2.0.0 string | O(1) | Set the value and expiration of a key
psetex 2.6.0 string | O(1) | Set the value and expiration in milliseconds of a key
getset 1.0.0 string | O(1) | Set the string value of a key and return its old value | 6.2.0
  \`SET\` with the \`!GET\` argument
getdel 6.2.0 string | O(1) | Get the value of a key and delete the key
getex 6.2.0 string | O(1) | Get the value of a key and optionally set its expiration
mget 1.0.0 string | O(N) where N is the number of keys to retrieve. | Get the values of all the
  given keys
mset 1.0.1 string | O(N) where N is the number of keys to set. | Set multiple keys to multiple
  values
msetnx 1.0.1 string | O(N) where N is the number of keys to set. | Set multiple keys to multiple
  values, only if none of the keys exist
append 2.0.0 string | O(1). The amortized time complexity is O(1) assuming the appended value is
  small and the already present value is of any size, since the dynamic string library used by
  Redis will double the free space available on every reallocation. | Append a value to a key
strlen 2.2.0 string | O(1) | Get the length of the value stored in a key
setrange 2.2.0 string | O(1), not counting the time taken to copy the new string in place.
  Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is
  O(M) with M being the length of the value argument. | Overwrite part of a string at key starting
  at the specified offset
getrange 2.4.0 string | O(N) where N is the length of the returned string. The complexity is
  ultimately determined by the returned length, but because creating a substring from an existing
  string is very cheap, it can be considered O(1) for small strings. | Get a substring of the
  string stored at a key
substr 1.0.0 string | O(N) where N is the length of the returned string. The complexity is
  ultimately determined by the returned length, but because creating a substring from an existing
  string is very cheap, it can be considered O(1) for small strings. | Get a substring of the
  string stored at a key | 2.0.0 \`GETRANGE\`
incr 1.0.0 string | O(1) | Increment the integer value of a key by one
decr 1.0.0 string | O(1) | Decrement the integer value of a key by one
incrby 1.0.0 string | O(1) | Increment the integer value of a key by the given amount
decrby 1.0.0 string | O(1) | Decrement the integer value of a key by the given number
incrbyfloat 2.6.0 string | O(1) | Increment the float value of a key by the given amount
lcs 7.0.0 string | O(N*M) where N and M are the lengths of s1 and s2, respectively | Find longest
  common substring
setbit 2.2.0 bitmap | O(1) | Sets or clears the bit at offset in the string value stored at key
getbit 2.2.0 bitmap | O(1) | Returns the bit value at offset in the string value stored at key
bitcount 2.6.0 bitmap | O(N) | Count set bits in a string
bitpos 2.8.7 bitmap | O(N) | Find first bit set or clear in a string
bitop 2.6.0 bitmap | O(N) | Perform bitwise operations between strings
bitfield 3.2.0 bitmap | O(1) for each subcommand specified | Perform arbitrary bitfield integer
  operations on strings
bitfield_ro 6.0.0 bitmap | O(1) for each subcommand specified | Perform arbitrary bitfield integer
  operations on strings. Read-only variant of BITFIELD
pfadd 2.8.9 hyperloglog | O(1) to add every element. | Adds the specified elements to the
  specified HyperLogLog.
pfcount 2.8.9 hyperloglog | O(1) with a very small average constant time when called with a single
  key. O(N) with N being the number of keys, and much bigger constant times, when called with
  multiple keys. | Return the approximated cardinality of the set(s) observed by the HyperLogLog
  at key(s).
pfmerge 2.8.9 hyperloglog | O(N) to merge N HyperLogLogs, but with high constant times. | Merge N
  different HyperLogLogs into a single one.
del 1.0.0 generic | O(N) where N is the number of keys that will be removed. When a key to remove
  holds a value other than a string, the individual complexity for this key is O(M) where M is the
  number of elements in the list, set, sorted set or hash. Removing a single key that holds a
  string value is O(1). | Delete a key
unlink 4.0.0 generic | O(1) for each key removed regardless of its size. Then the command does
  O(N) work in a different thread in order to reclaim memory, where N is the number of allocations
  the deleted objects where composed of. | Delete a key asynchronously in another thread.
  Otherwise it is just as DEL, but non blocking.
exists 1.0.0 generic | O(N) where N is the number of keys to check. | Determine if a key exists
touch 3.2.1 generic | O(N) where N is the number of keys that will be touched. | Alters the last
  access time of a key(s). Returns the number of existing keys specified.
expire 1.0.0 generic | O(1) | Set a key's time to live in seconds
pexpire 2.6.0 generic | O(1) | Set a key's time to live in milliseconds
expireat 1.2.0 generic | O(1) | Set the expiration for a key as a UNIX timestamp
pexpireat 2.6.0 generic | O(1) | Set the expiration for a key as a UNIX timestamp specified in
  milliseconds
expiretime 7.0.0 generic | O(1) | Get the expiration Unix timestamp for a key
pexpiretime 7.0.0 generic | O(1) | Get the expiration Unix timestamp for a key in milliseconds
ttl 1.0.0 generic | O(1) | Get the time to live for a key in seconds
pttl 2.6.0 generic | O(1) | Get the time to live for a key in milliseconds
persist 2.2.0 generic | O(1) | Remove the expiration from a key
type 1.0.0 generic | O(1) | Determine the type stored at key
rename 1.0.0 generic | O(1) | Rename a key
renamenx 1.0.0 generic | O(1) | Rename a key, only if the new key does not exist
copy 6.2.0 generic | O(N) worst case for collections, where N is the number of nested items. O(1)
  for string values. | Copy a key
keys 1.0.0 generic | O(N) with N being the number of keys in the database, under the assumption
  that the key names in the database and the given pattern have limited length. | Find all keys
  matching the given pattern
scan 2.8.0 generic | O(1) for every call. O(N) for a complete iteration, including enough command
  calls for the cursor to return back to 0. N is the number of elements inside the collection. |
  Incrementally iterate the keys space
randomkey 1.0.0 generic | O(1) | Return a random key from the keyspace
dump 2.6.0 generic | O(1) to access the key and additional O(N*M) to serialize it, where N is the
  number of Redis objects composing the value and M their average size. For small string values
  the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). | Return a serialized
  version of the value stored at the specified key.
restore 2.6.0 generic | O(1) to create the new key and additional O(N*M) to reconstruct the
  serialized value, where N is the number of Redis objects composing the value and M their average
  size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so
  simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting
  values into sorted sets is O(log(N)). | Create a key using the provided serialized value,
  previously obtained using DUMP.
object 2.2.3 generic | Depends on subcommand. | A container for object introspection commands
object|encoding 2.2.3 generic | O(1) | Inspect the internal encoding of a Redis object
object|freq 4.0.0 generic | O(1) | Get the logarithmic access frequency counter of a Redis object
object|help 6.2.0 generic | O(1) | Show helpful text about the different subcommands
object|idletime 2.2.3 generic | O(1) | Get the time since a Redis object was last accessed
object|refcount 2.2.3 generic | O(1) | Get the number of references to the value of the key
wait 3.0.0 generic | O(1) | Wait for the synchronous replication of all the write commands sent in
  the context of the current connection
multi 1.2.0 transactions | O(1) | Mark the start of a transaction block
exec 1.2.0 transactions | Depends on commands in the transaction | Execute all commands issued
  after MULTI
discard 2.0.0 transactions | O(N), when N is the number of queued commands | Discard all commands
  issued after MULTI
watch 2.2.0 transactions | O(1) for every key. | Watch the given keys to determine execution of
  the MULTI/EXEC block
unwatch 2.2.0 transactions | O(1) | Forget about all watched keys
publish 2.0.0 pubsub | O(N+M) where N is the number of clients subscribed to the receiving channel
  and M is the total number of subscribed patterns (by any client). | Post a message to a channel
subscribe 2.0.0 pubsub | O(N) where N is the number of channels to subscribe to. | Listen for
  messages published to the given channels
unsubscribe 2.0.0 pubsub | O(N) where N is the number of clients already subscribed to a channel.
  | Stop listening for messages posted to the given channels
psubscribe 2.0.0 pubsub | O(N) where N is the number of patterns the client is already subscribed
  to. | Listen for messages published to channels matching the given patterns
punsubscribe 2.0.0 pubsub | O(N+M) where N is the number of patterns the client is already
  subscribed and M is the number of total patterns subscribed in the system (by any client). |
  Stop listening for messages posted to channels matching the given patterns
spublish 7.0.0 pubsub | O(N) where N is the number of clients subscribed to the receiving shard
  channel. | Post a message to a shard channel
ssubscribe 7.0.0 pubsub | O(N) where N is the number of shard channels to subscribe to. | Listen
  for messages published to the given shard channels
sunsubscribe 7.0.0 pubsub | O(N) where N is the number of clients already subscribed to a shard
  channel. | Stop listening for messages posted to the given shard channels
pubsub 2.8.0 pubsub | Depends on subcommand. | A container for Pub/Sub commands
pubsub|channels 2.8.0 pubsub | O(N) where N is the number of active channels, and assuming
  constant time pattern matching (relatively short channels and patterns) | List active channels
pubsub|help 6.2.0 pubsub | O(1) | Show helpful text about the different subcommands
pubsub|numpat 2.8.0 pubsub | O(1) | Get the count of unique patterns pattern subscriptions
pubsub|numsub 2.8.0 pubsub | O(N) for the NUMSUB subcommand, where N is the number of requested
  channels | Get the count of subscribers for channels
pubsub|shardchannels 7.0.0 pubsub | O(N) where N is the number of active shard channels, and
  assuming constant time pattern matching (relatively short shard channels). | List active shard
  channels
pubsub|shardnumsub 7.0.0 pubsub | O(N) for the SHARDNUMSUB subcommand, where N is the number of
  requested shard channels | Get the count of subscribers for shard channels
move 1.0.0 generic | O(1) | Move a key to another database
`
