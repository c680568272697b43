/** CONFIG GET SET RESETSTAT REWRITE: what can change while the server runs, and what is shown. */
import { readStats } from '../../../engine/statistics.ts'
import type { Args } from '../args.ts'
import { SETTING } from '../board.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { DATABASES } from '../databases.ts'
import { MAXMEMORY_POLICIES } from '../maxmemory-policy.ts'
import { needChanges } from '../need-changes.ts'
import { eventFlags, eventLetters, INVALID_CLASS } from '../notifications.ts'
import { matchesGlob } from '../values/glob.ts'

export const CONFIG_HANDLERS: Handlers = {
  'config|get': get,
  'config|set': set,
  'config|resetstat': ({ host, reply }) => {
    host.board.reset()
    reply.ok()
  },
  'config|rewrite': ({ reply }) => reply.error('ERR The server is running without a config file'),
}

interface Parameter {
  readonly read: (client: RedisClient) => string | number
  /** Where its value is kept, for those that can be set. */
  readonly setting?: number
  /** @returns the number to be kept, or what is wrong */
  readonly parse?: (args: Args, index: number) => number | string
}

const MOST = 2 ** 31 - 1
/** Redis' proto-max-bulk-len. */
const MOST_BULK = 512 * 1024 * 1024

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  appendonly: { read: () => 'no' },
  bind: { read: ({ host }) => host.settings.host.split(',').join(' ') },
  'cluster-enabled': { read: () => 'no' },
  databases: { read: () => DATABASES },
  'enable-debug-command': { read: ({ host }) => (host.settings.isDebugEnabled ? 'yes' : 'no') },
  'latency-monitor-threshold': { read: () => 0 },
  maxclients: { read: ({ host }) => host.settings.maxConnections },
  maxmemory: { read: ({ raw }) => readStats(raw.session).memory.budget },
  'maxmemory-policy': {
    read: ({ raw }) => MAXMEMORY_POLICIES[raw.session.facts.eviction],
  },
  'notify-keyspace-events': {
    read: ({ host }) => eventLetters(host.board.setting(SETTING.keyspaceEvents)),
    setting: SETTING.keyspaceEvents,
    parse: (args, index) => eventFlags(args.latin(index)) ?? INVALID_CLASS,
  },
  port: { read: ({ host }) => host.settings.port },
  'proto-max-bulk-len': { read: () => MOST_BULK },
  save: { read: () => '' },
  'slowlog-log-slower-than': fromBoard(SETTING.slowlogSlowerThan, -1),
  'slowlog-max-len': fromBoard(SETTING.slowlogMaxLen, 0),
  'tracking-table-max-keys': fromBoard(SETTING.trackingTableMax, 0, Number.MAX_SAFE_INTEGER),
  timeout: { read: ({ host }) => host.settings.idleTimeout },
}

/** A whole number from `least` on. */
function fromBoard(setting: number, least: number, most: number = MOST): Parameter {
  const parse = (args: Args, index: number): number | string => {
    const value = args.integer(index)
    if (Number.isNaN(value)) return "argument couldn't be parsed into an integer"
    if (value >= least && value <= most) return value
    return `argument must be between ${least} and ${most} inclusive`
  }
  return { read: ({ host }) => host.board.setting(setting), setting, parse }
}

function get(client: RedisClient, args: Args): void {
  const { reply } = client
  const names = Object.keys(PARAMETERS).filter((name) => {
    const bytes = Buffer.from(name)
    for (let i = 2; i < args.count; i++) if (matchesGlob(args.slice(i), bytes, true)) return true
    return false
  })
  reply.map(names.length)
  for (const name of names) {
    reply.bulkText(name)
    reply.bulkText(String(PARAMETERS[name]!.read(client)))
  }
}

/** All of them, or none. */
function set(client: RedisClient, args: Args): void {
  const { reply, host } = client
  if (args.count % 2 === 1) {
    reply.error("ERR wrong number of arguments for 'config|set' command")
    return
  }
  const changes = new Map<number, number>()
  const names = new Set<string>()
  for (let i = 2; i < args.count; i += 2) {
    const name = args.latin(i).toLowerCase()
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined
    if (parameter === undefined) {
      reply.error(`ERR Unknown option or number of arguments for CONFIG SET - '${args.latin(i)}'`)
      return
    }
    const isTwice = names.has(name)
    const value = isTwice ? 'duplicate parameter' : numberFor(parameter, args, i + 1)
    if (typeof value === 'string') {
      reply.error(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${value}`)
      return
    }
    names.add(name)
    changes.set(parameter.setting!, value)
  }
  const keep = (refusal: string | undefined) => {
    if (refusal !== undefined) {
      reply.error(refusal)
      return
    }
    for (const [setting, value] of changes) host.board.set(setting, value)
    reply.ok()
  }
  // Events of keys are told by a thread that may be missing.
  if ((changes.get(SETTING.keyspaceEvents) ?? 0) === 0) keep(undefined)
  else needChanges(client, keep)
}

function numberFor({ setting, parse }: Parameter, args: Args, index: number): number | string {
  if (setting === undefined || parse === undefined) return "can't set immutable config"
  return parse(args, index)
}
