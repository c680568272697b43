/**
 * The flags of `heddle serve`: one table, from which parsing, environment, file and help are made.
 *
 * Short names are memcached's own and mean what they mean there: `-m 64` is 64 megabytes, while
 * `--memory 64` would be 64 bytes.
 */
export type Setting = string | number | boolean

export interface Flag {
  /** Without the dashes; `HEDDLE_MAX_ITEM_SIZE` and the file's `max-item-size` follow from it. */
  readonly name: string
  readonly short?: string
  /** What stands for the value in the help; undefined: a switch. */
  readonly value?: string
  readonly help: string
  /** What text means, from a flag or the environment. */
  readonly read: (text: string) => Setting
  /** The same for the short name, where memcached counts in another unit. */
  readonly readShort?: (text: string) => Setting
}

const MIB = 1024 * 1024
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: MIB, g: 1024 * MIB }

/** Plain digits are a number; everything else is judged by who uses the value. */
function numberOrText(text: string): Setting {
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : text
}

/** memcached's -m counts megabytes; a unit may be given all the same. */
function megabytes(text: string): Setting {
  return /^[0-9]+$/.test(text) ? Number(text) * MIB : unitOrText(text)
}

/** memcached's -I takes 512k and 2m. */
function unitOrText(text: string): Setting {
  const [, amount = '', unit = ''] = /^([0-9]+)([kmg])$/i.exec(text) ?? []
  return amount === '' ? numberOrText(text) : Number(amount) * UNITS[unit.toLowerCase()]!
}

function plain(text: string): Setting {
  return text
}

/** A switch in the environment. */
function yesOrNo(text: string): Setting {
  const word = text.trim().toLowerCase()
  if (['1', 'true', 'yes', 'on'].includes(word)) return true
  if (['', '0', 'false', 'no', 'off'].includes(word)) return false
  return text
}

export const FLAGS: readonly Flag[] = [
  {
    name: 'memcached-port',
    short: 'p',
    value: 'PORT',
    help: 'TCP port for memcached clients, 0 for any free one (11211)',
    read: numberOrText,
  },
  {
    name: 'redis-port',
    value: 'PORT',
    help: 'TCP port for Redis clients; alone there is none for memcached',
    read: numberOrText,
  },
  {
    name: 'redis-socket',
    value: 'PATH',
    help: 'unix socket for Redis clients; without a port flag nothing else',
    read: plain,
  },
  {
    name: 'host',
    short: 'l',
    value: 'ADDRESS',
    help: 'address to listen on, or several with commas (127.0.0.1)',
    read: plain,
  },
  {
    name: 'unix-socket',
    short: 's',
    value: 'PATH',
    help: 'unix socket for memcached clients; without a port flag nothing else',
    read: plain,
  },
  {
    name: 'memory',
    short: 'm',
    value: 'SIZE',
    help: 'all memory of the cache, from 2mb (64mb); -m 64 is 64 megabytes',
    read: numberOrText,
    readShort: megabytes,
  },
  {
    name: 'max-item-size',
    short: 'I',
    value: 'SIZE',
    help: 'the largest value, at most half of the memory (1mb)',
    read: numberOrText,
    readShort: unitOrText,
  },
  {
    name: 'max-connections',
    short: 'c',
    value: 'N',
    help: 'clients at one time; more are refused with an error (1024)',
    read: numberOrText,
  },
  {
    name: 'workers',
    short: 't',
    value: 'N|auto',
    help: 'threads that execute commands (auto: by the number of processors)',
    read: numberOrText,
  },
  {
    name: 'handoff',
    value: 'auto|frames|sockets',
    help: 'how connections get to workers (auto: sockets where Node can)',
    read: plain,
  },
  {
    name: 'eviction',
    value: 'clock|none',
    help: 'what makes room: entries not read lately, or nothing (clock)',
    read: plain,
  },
  { name: 'no-flush', short: 'F', help: 'refuse flush_all, FLUSHALL and FLUSHDB', read: yesOrNo },
  {
    name: 'enable-shutdown',
    short: 'A',
    help: "allow memcached clients the command 'shutdown'",
    read: yesOrNo,
  },
  {
    name: 'enable-debug-command',
    help: "allow Redis clients 'DEBUG SLEEP', which stops a worker",
    read: yesOrNo,
  },
  {
    name: 'idle-timeout',
    value: 'SECONDS',
    help: 'disconnect clients that were idle for so long (0: never)',
    read: numberOrText,
  },
  {
    name: 'verbose',
    short: 'v',
    help: 'tell more; twice: still more (elsewhere: 0 to 3)',
    read: (text) => (/^[0-9]+$/.test(text) ? Number(text) : yesOrNo(text)),
  },
  {
    name: 'config',
    value: 'FILE.json',
    help: 'settings from a file: {"memory": "256mb", "workers": 2}',
    read: plain,
  },
  { name: 'help', short: 'h', help: 'this text', read: yesOrNo },
]

/** What other servers call the same thing. */
export const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  port: 'memcached-port',
  listen: 'host',
  bind: 'host',
  'memory-limit': 'memory',
  maxmemory: 'memory',
  'conn-limit': 'max-connections',
  maxclients: 'max-connections',
  threads: 'workers',
  unixsocket: 'unix-socket',
  'disable-flush-all': 'no-flush',
  timeout: 'idle-timeout',
}

export function environmentName(flag: Flag): string {
  return `HEDDLE_${flag.name.replaceAll('-', '_').toUpperCase()}`
}

const HELP_COLUMN = 38

export function serveHelp(): string {
  const lines = FLAGS.map(({ name, short, value, help }) => {
    const left = `  ${short === undefined ? '   ' : `-${short},`} --${name} ${value ?? ''}`
    return `${left.padEnd(HELP_COLUMN)}${help}`
  })
  return [
    'heddle serve: a cache that speaks the protocols of memcached and Redis',
    '',
    'Usage: heddle serve [flags]',
    '',
    ...lines,
    '',
    'Sizes are bytes, or take b, kb, mb, gb. Each flag is also an environment variable',
    '(--max-item-size: HEDDLE_MAX_ITEM_SIZE) and a name in the file ("max-item-size");',
    'a flag overrides the environment, which overrides the file.',
    '',
  ].join('\n')
}
