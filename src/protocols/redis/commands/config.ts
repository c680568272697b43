/** CONFIG GET SET RESETSTAT REWRITE: what can change while the server runs, and what is shown. */
import { readStats } from '../../../engine/statistics.ts'
import type { Args } from '../args.ts'
import { SETTING } from '../board.ts'
import { DATABASES, type RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
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
  /** Where its value is kept, for those that can be set: whole numbers from `least` on. */
  readonly setting?: number
  readonly least?: number
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
    read: ({ raw }) => (raw.session.facts.eviction === 'none' ? 'noeviction' : 'allkeys-lru'),
  },
  'notify-keyspace-events': { read: () => '' },
  port: { read: ({ host }) => host.settings.port },
  'proto-max-bulk-len': { read: () => MOST_BULK },
  save: { read: () => '' },
  'slowlog-log-slower-than': fromBoard(SETTING.slowlogSlowerThan, -1),
  'slowlog-max-len': fromBoard(SETTING.slowlogMaxLen, 0),
  timeout: { read: ({ host }) => host.settings.idleTimeout },
}

function fromBoard(setting: number, least: number): Parameter {
  return { read: ({ host }) => host.board.setting(setting), setting, least }
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
function set({ host, reply }: RedisClient, args: Args): void {
  if (args.count % 2 === 1) {
    reply.error("ERR wrong number of arguments for 'config|set' command")
    return
  }
  const changes: { setting: number; value: number }[] = []
  const names = new Set<string>()
  for (let i = 2; i < args.count; i += 2) {
    const name = args.latin(i).toLowerCase()
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined
    if (parameter === undefined) {
      reply.error(`ERR Unknown option or number of arguments for CONFIG SET - '${args.latin(i)}'`)
      return
    }
    const why = names.has(name) ? 'duplicate parameter' : refusalOf(parameter, args.integer(i + 1))
    if (why !== '') {
      reply.error(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`)
      return
    }
    names.add(name)
    changes.push({ setting: parameter.setting!, value: args.integer(i + 1) })
  }
  for (const { setting, value } of changes) host.board.set(setting, value)
  reply.ok()
}

function refusalOf({ setting, least = 0 }: Parameter, value: number): string {
  if (setting === undefined) return "can't set immutable config"
  if (Number.isNaN(value)) return "argument couldn't be parsed into an integer"
  if (value >= least && value <= MOST) return ''
  return `argument must be between ${least} and ${MOST} inclusive`
}
