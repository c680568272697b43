/** INFO DBSIZE TIME WAIT ROLE LASTSAVE DEBUG CLUSTER READONLY READWRITE. */
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Command, Handler, Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import { infoText } from '../info.ts'
import { keySlot } from '../values/key-slot.ts'

const NO_CLUSTER = 'ERR This instance has cluster support disabled'
const NO_DEBUG =
  'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can ' +
  'run it from a local connection, otherwise you need to set this option in the configuration ' +
  'file, and then restart the server.'
const MOST_SLEEP_MS = 60_000

/** @param commands the table in its order, for the section `commandstats` */
export function serverHandlers(commands: () => readonly Command[]): Handlers {
  return {
    info: (client, args) => {
      const wanted = Array.from({ length: args.count - 1 }, (_, i) => args.text(i + 1))
      const names = wanted.map((name) => name.toLowerCase())
      client.reply.verbatim(infoText(client, names, commands()))
    },
    dbsize: ({ raw, space, reply }) => reply.integer(raw.entriesIn(space)),
    time,
    wait,
    role: ({ reply }) => {
      reply.array(3)
      reply.bulkText('master')
      reply.integer(0)
      reply.array(0)
    },
    lastsave: ({ host, reply }) => reply.integer(Math.floor(host.startedAt / 1000)),
    debug,
    readonly: ({ reply }) => reply.error(NO_CLUSTER),
    readwrite: ({ reply }) => reply.error(NO_CLUSTER),
    'cluster|keyslot': ({ reply }, args) => {
      reply.integer(keySlot(args.bytes, args.from(2), args.to(2)))
    },
    ...clusterRefusals(),
  }
}

function time({ raw, reply }: RedisClient): void {
  const now = raw.now()
  const second = Math.floor(now / 1000)
  reply.array(2)
  reply.bulkText(String(second))
  reply.bulkText(String(Math.floor((now - second * 1000) * 1000)))
}

/** There are no replicas to wait for. */
function wait({ reply }: RedisClient, args: Args): void {
  const replicas = args.long(1)
  const timeout = args.long(2)
  if (replicas === undefined) reply.error(NOT_AN_INTEGER)
  else if (timeout === undefined) reply.error('ERR timeout is not an integer or out of range')
  else if (timeout < 0n) reply.error('ERR timeout is negative')
  else reply.integer(0)
}

/** DEBUG SLEEP seconds, where it is enabled. */
function debug({ host, reply }: RedisClient, args: Args): void {
  if (!host.settings.isDebugEnabled) {
    reply.error(NO_DEBUG)
    return
  }
  const seconds = args.count === 3 ? Number(args.text(2)) : Number.NaN
  if (!args.is(1, 'sleep')) {
    const name = args.latin(1)
    reply.error(
      `ERR unknown subcommand or wrong number of arguments for '${name}'. Try DEBUG HELP.`,
    )
  } else if (!(seconds >= 0)) reply.error(SYNTAX)
  else {
    host.block(Math.min(seconds * 1000, MOST_SLEEP_MS))
    reply.ok()
  }
}

const OF_A_CLUSTER =
  'addslots addslotsrange bumpepoch count-failure-reports countkeysinslot delslots delslotsrange ' +
  'failover flushslots forget getkeysinslot help info links meet myid nodes replicas replicate ' +
  'reset saveconfig set-config-epoch setslot shards slaves slots'

function clusterRefusals(): Handlers {
  const refuse: Handler = ({ reply }) => reply.error(NO_CLUSTER)
  return Object.fromEntries(OF_A_CLUSTER.split(' ').map((name) => [`cluster|${name}`, refuse]))
}
