/** What COMMAND DOCS tells of all other commands: see command-docs.ts for the form. */
export const SERVER_DOCS = `
dbsize 1.0.0 server | O(1) | Return the number of keys in the selected database
flushdb 1.0.0 server | O(N) where N is the number of keys in the selected database | Remove all
  keys from the current database
flushall 1.0.0 server | O(N) where N is the total number of keys in all databases | Remove all
  keys from all databases
ping 1.0.0 connection | O(1) | Ping the server
echo 1.0.0 connection | O(1) | Echo the given string
auth 1.0.0 connection | O(N) where N is the number of passwords defined for the user |
  Authenticate to the server
hello 6.0.0 connection | O(1) | Handshake with Redis
quit 1.0.0 connection | O(1) | Close the connection
reset 6.2.0 connection | O(1) | Reset the connection
select 1.0.0 connection | O(1) | Change the selected database for the current connection
acl 6.0.0 server | Depends on subcommand. | A container for Access List Control commands 
acl|cat 6.0.0 server | O(1) since the categories and commands are a fixed set. | List the ACL
  categories or the commands inside a category
acl|deluser 6.0.0 server | O(1) amortized time considering the typical user. | Remove the specified
  ACL users and the associated rules
acl|getuser 6.0.0 server | O(N). Where N is the number of password, command and pattern rules that
  the user has. | Get the rules for a specific ACL user
acl|help 6.0.0 server | O(1) | Show helpful text about the different subcommands
acl|list 6.0.0 server | O(N). Where N is the number of configured users. | List the current ACL
  rules in ACL config file format
acl|load 6.0.0 server | O(N). Where N is the number of configured users. | Reload the ACLs from the
  configured ACL file
acl|save 6.0.0 server | O(N). Where N is the number of configured users. | Save the current ACL
  rules in the configured ACL file
acl|setuser 6.0.0 server | O(N). Where N is the number of rules provided. | Modify or create the
  rules for a specific ACL user
acl|users 6.0.0 server | O(N). Where N is the number of configured users. | List the username of
  all the configured ACL rules
acl|whoami 6.0.0 server | O(1) | Return the name of the user associated to the current connection
client 2.4.0 connection | Depends on subcommand. | A container for client connection commands
client|caching 6.0.0 connection | O(1) | Instruct the server about tracking or not keys in the
  next request
client|getname 2.6.9 connection | O(1) | Get the current connection name
client|getredir 6.0.0 connection | O(1) | Get tracking notifications redirection client ID if any
client|help 5.0.0 connection | O(1) | Show helpful text about the different subcommands
client|id 5.0.0 connection | O(1) | Returns the client ID for the current connection
client|info 6.2.0 connection | O(1) | Returns information about the current client connection.
client|kill 2.4.0 connection | O(N) where N is the number of client connections | Kill the
  connection of a client
client|list 2.4.0 connection | O(N) where N is the number of client connections | Get the list of
  client connections
client|no-evict 7.0.0 connection | O(1) | Set client eviction mode for the current connection
client|pause 2.9.50 connection | O(1) | Stop processing commands from clients for some time
client|reply 3.2.0 connection | O(1) | Instruct the server whether to reply to commands
client|setname 2.6.9 connection | O(1) | Set the current connection name
client|tracking 6.0.0 connection | O(1). Some options may introduce additional complexity. |
  Enable or disable server assisted client side caching support
client|trackinginfo 6.2.0 connection | O(1) | Return information about server assisted client side
  caching for the current connection
client|unblock 5.0.0 connection | O(log N) where N is the number of client connections | Unblock a
  client blocked in a blocking command from a different connection
client|unpause 6.2.0 connection | O(N) Where N is the number of paused clients | Resume processing
  of clients that were paused
client|no-touch 7.2.0 connection | O(1) | Controls whether commands sent by the client affect the
  LRU/LFU of accessed keys.
client|setinfo 7.2.0 connection | O(1) | Sets information specific to the client or connection.
command 2.8.13 server | O(N) where N is the total number of Redis commands | Get array of Redis
  command details
command|count 2.8.13 server | O(1) | Get total number of Redis commands
command|docs 7.0.0 server | O(N) where N is the number of commands to look up | Get array of
  specific Redis command documentation
command|getkeys 2.8.13 server | O(N) where N is the number of arguments to the command | Extract
  keys given a full Redis command
command|getkeysandflags 7.0.0 server | O(N) where N is the number of arguments to the command |
  Extract keys and access flags given a full Redis command
command|help 5.0.0 server | O(1) | Show helpful text about the different subcommands
command|info 2.8.13 server | O(N) where N is the number of commands to look up | Get array of
  specific Redis command details, or all when no argument is given.
command|list 7.0.0 server | O(N) where N is the total number of Redis commands | Get an array of
  Redis command names
info 1.0.0 server | O(1) | Get information and statistics about the server
config 2.0.0 server | Depends on subcommand. | A container for server configuration commands
config|get 2.0.0 server | O(N) when N is the number of configuration parameters provided | Get the
  values of configuration parameters
config|help 5.0.0 server | O(1) | Show helpful text about the different subcommands
config|resetstat 2.0.0 server | O(1) | Reset the stats returned by INFO
config|rewrite 2.8.0 server | O(1) | Rewrite the configuration file with the in memory
  configuration
config|set 2.0.0 server | O(N) when N is the number of configuration parameters provided | Set
  configuration parameters to the given values
memory 4.0.0 server | Depends on subcommand. | A container for memory diagnostics commands
memory|doctor 4.0.0 server | O(1) | Outputs memory problems report
memory|help 4.0.0 server | O(1) | Show helpful text about the different subcommands
memory|malloc-stats 4.0.0 server | Depends on how much memory is allocated, could be slow | Show
  allocator internal stats
memory|purge 4.0.0 server | Depends on how much memory is allocated, could be slow | Ask the
  allocator to release memory
memory|stats 4.0.0 server | O(1) | Show memory usage details
memory|usage 4.0.0 server | O(N) where N is the number of samples. | Estimate the memory usage of
  a key
slowlog 2.2.12 server | Depends on subcommand. | A container for slow log commands
slowlog|get 2.2.12 server | O(N) where N is the number of entries returned | Get the slow log's
  entries
slowlog|help 6.2.0 server | O(1) | Show helpful text about the different subcommands
slowlog|len 2.2.12 server | O(1) | Get the slow log's length
slowlog|reset 2.2.12 server | O(N) where N is the number of entries in the slowlog | Clear all
  entries from the slow log
latency 2.8.13 server | Depends on subcommand. | A container for latency diagnostics commands
latency|doctor 2.8.13 server | O(1) | Return a human readable latency analysis report.
latency|graph 2.8.13 server | O(1) | Return a latency graph for the event.
latency|help 2.8.13 server | O(1) | Show helpful text about the different subcommands.
latency|histogram 7.0.0 server | O(N) where N is the number of commands with latency information
  being retrieved. | Return the cumulative distribution of latencies of a subset of commands or
  all.
latency|history 2.8.13 server | O(1) | Return timestamp-latency samples for the event.
latency|latest 2.8.13 server | O(1) | Return the latest latency samples for all events.
latency|reset 2.8.13 server | O(1) | Reset latency data for one or more events.
monitor 1.0.0 server |  | Listen for all requests received by the server in real time
time 2.6.0 server | O(1) | Return the current server time
debug 1.0.0 server | Depends on subcommand. | A container for debugging commands
cluster 3.0.0 cluster | Depends on subcommand. | A container for cluster commands
cluster|addslots 3.0.0 cluster | O(N) where N is the total number of hash slot arguments | Assign
  new hash slots to receiving node
cluster|addslotsrange 7.0.0 cluster | O(N) where N is the total number of the slots between the
  start slot and end slot arguments. | Assign new hash slots to receiving node
cluster|bumpepoch 3.0.0 cluster | O(1) | Advance the cluster config epoch
cluster|count-failure-reports 3.0.0 cluster | O(N) where N is the number of failure reports |
  Return the number of failure reports active for a given node
cluster|countkeysinslot 3.0.0 cluster | O(1) | Return the number of local keys in the specified
  hash slot
cluster|delslots 3.0.0 cluster | O(N) where N is the total number of hash slot arguments | Set
  hash slots as unbound in receiving node
cluster|delslotsrange 7.0.0 cluster | O(N) where N is the total number of the slots between the
  start slot and end slot arguments. | Set hash slots as unbound in receiving node
cluster|failover 3.0.0 cluster | O(1) | Forces a replica to perform a manual failover of its
  master.
cluster|flushslots 3.0.0 cluster | O(1) | Delete a node's own slots information
cluster|forget 3.0.0 cluster | O(1) | Remove a node from the nodes table
cluster|getkeysinslot 3.0.0 cluster | O(log(N)) where N is the number of requested keys | Return
  local key names in the specified hash slot
cluster|help 5.0.0 cluster | O(1) | Show helpful text about the different subcommands
cluster|info 3.0.0 cluster | O(1) | Provides info about Redis Cluster node state
cluster|keyslot 3.0.0 cluster | O(N) where N is the number of bytes in the key | Returns the hash
  slot of the specified key
cluster|links 7.0.0 cluster | O(N) where N is the total number of Cluster nodes | Returns a list
  of all TCP links to and from peer nodes in cluster
cluster|meet 3.0.0 cluster | O(1) | Force a node cluster to handshake with another node
cluster|myid 3.0.0 cluster | O(1) | Return the node id
cluster|nodes 3.0.0 cluster | O(N) where N is the total number of Cluster nodes | Get Cluster
  config for the node
cluster|replicas 5.0.0 cluster | O(1) | List replica nodes of the specified master node
cluster|replicate 3.0.0 cluster | O(1) | Reconfigure a node as a replica of the specified master
  node
cluster|reset 3.0.0 cluster | O(N) where N is the number of known nodes. The command may execute a
  FLUSHALL as a side effect. | Reset a Redis Cluster node
cluster|saveconfig 3.0.0 cluster | O(1) | Forces the node to save cluster state on disk
cluster|set-config-epoch 3.0.0 cluster | O(1) | Set the configuration epoch in a new node
cluster|setslot 3.0.0 cluster | O(1) | Bind a hash slot to a specific node
cluster|shards 7.0.0 cluster | O(N) where N is the total number of cluster nodes | Get array of
  cluster slots to node mappings
cluster|slaves 3.0.0 cluster | O(1) | List replica nodes of the specified master node | 5.0.0
  \`CLUSTER REPLICAS\`
cluster|slots 3.0.0 cluster | O(N) where N is the total number of Cluster nodes | Get array of
  Cluster slot to node mappings | 7.0.0 \`CLUSTER SHARDS\`
swapdb 4.0.0 server | O(N) where N is the count of clients watching or blocking on keys from both
  databases. | Swaps two Redis databases
readonly 3.0.0 cluster | O(1) | Enables read queries for a connection to a cluster replica node
readwrite 3.0.0 cluster | O(1) | Disables read queries for a connection to a cluster replica node
role 2.8.12 server | O(1) | Return the role of the instance in the context of replication
lastsave 1.0.0 server | O(1) | Get the UNIX time stamp of the last successful save to disk
`
